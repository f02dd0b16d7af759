"""A batch under way: the pipeline in a process of its own, what it told so far, and what can be asked of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.errors import OutpostError
from appliance.findings.json_file import NAME, read_findings
from appliance.pipeline.events import Ending, StudyEnded
from appliance.pipeline.request import Batch
from appliance.workplace.background import Background, Wish
from appliance.workplace.inventory import who_is
from appliance.workplace.progress import UNDER_WAY, EngineTold, Progress, State, StudyRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from appliance.contracts import Kind, Source
    from appliance.settings import Settings
    from appliance.workplace.background import Wishes, Work
    from appliance.workplace.inventory import Inventory
    from appliance.workplace.progress import Told


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be read, and how."""

    folder: Path
    output: Path
    settings: Settings
    told: Mapping[Source, Kind | None]
    """What the operator said of single series; ``None`` leaves one out."""


class Reading:
    """See the module's docstring."""

    def __init__(self, request: Request, inventory: Inventory, work: Work) -> None:
        self.request = request
        self.progress = Progress(rows=_waiting(inventory), total=len(inventory.studies))
        self.paused = False
        self._work = Background(work, request)

    @property
    def is_under_way(self) -> bool:
        """Whether anything is still being done."""
        return self.progress.state in UNDER_WAY

    @property
    def news(self) -> str:
        """How it stands, in a word."""
        progress = self.progress
        if not self.is_under_way:
            return progress.state.value
        return f"{'paused ' if self.paused else ''}{progress.dealt_with}/{progress.total or '…'}"

    def events(self) -> Iterator[Told]:
        """Yield what is told, as it is told; for a thread that may wait."""
        return self._work.events()

    def take(self, event: Told) -> str | None:
        """Take an event in; return the key of the row that changed."""
        return self.progress.take(event, time.monotonic())

    def pause(self) -> None:
        """Finish the study in progress and wait."""
        self.paused = True
        self._work.wish(Wish.PAUSE)

    def go_on(self) -> None:
        """Go on after a pause."""
        self.paused = False
        self._work.wish(Wish.GO_ON)

    def stop(self) -> None:
        """Stop after the step in progress; what is done is kept."""
        self.progress.state = State.STOPPING
        self._work.wish(Wish.STOP)
        self.paused = False

    def end(self) -> None:
        """End it at once, as a pulled plug would."""
        self._work.end()


def read_folder(wishes: Wishes, request: Request) -> Iterator[Told]:
    """Read a folder; runs in the process of its own."""
    from appliance.engine.choice import Device  # noqa: PLC0415 - the same
    from appliance.pipeline import run_batch  # noqa: PLC0415 - the screen's own process never loads the readers
    from appliance.pipeline.opening import open_active  # noqa: PLC0415 - the same

    batch = Batch(request.folder, request.output, request.settings, named=request.told, stop=wishes.stop)
    engine_told = False
    for event in run_batch(batch, lambda: open_active(request.settings, Device.AUTO)):
        yield event
        if not engine_told and isinstance(event, StudyEnded) and (told := _engine(event, request.output)):
            yield told
            engine_told = True
        if isinstance(event, StudyEnded):
            wishes.wait_while_paused()


def _engine(ended: StudyEnded, output: Path) -> EngineTold | None:
    """Look into the first study's findings for the engine that was chosen, and why."""
    if ended.folder is None or ended.ending not in {Ending.READ, Ending.PARTLY}:
        return None
    try:
        models = read_findings(output / ended.folder / NAME).models
    except OutpostError:
        return None
    reason = next((engine.reason for model in models for engine in model.engines), None)
    return EngineTold(reason) if reason else None


def _waiting(inventory: Inventory) -> dict[str, StudyRow]:
    return {study.key: StudyRow(study.key, who_is(study.patient), "") for study in inventory.studies}
