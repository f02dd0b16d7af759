"""The door of the pipeline: it tells at once that a batch began, before the libraries are loaded that read scans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import Misuse
from appliance.heap import return_large_blocks
from appliance.pipeline.events import Began
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from appliance.pipeline.events import Event
    from appliance.pipeline.reading import StudyReader
    from appliance.pipeline.request import Batch


def run_batch(batch: Batch, open_reader: Callable[[], AbstractContextManager[StudyReader]]) -> Iterator[Event]:
    """Read every study of a folder, and tell of each step."""
    yield Began(batch.folder, batch.output)
    _check_folders(batch)
    return_large_blocks()
    from appliance.pipeline.story import whole_batch  # noqa: PLC0415 - see the module's docstring

    yield from whole_batch(batch, open_reader)


def _check_folders(batch: Batch) -> None:
    if not batch.folder.exists():
        raise Misuse(
            f"{shown(str(batch.folder))} does not exist.", advice="Check the spelling, or that the disk is plugged in."
        )
    if batch.output.resolve() == batch.folder.resolve():
        raise Misuse(
            "The results cannot go into the very folder that is read.",
            advice="Name another folder with -o; one inside it is fine.",
        )
