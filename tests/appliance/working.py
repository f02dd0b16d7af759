"""Work for a process of its own: what the app starts there, in small."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from appliance.errors import Misuse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.workplace.background import Wishes
    from appliance.workplace.reading import Request


def counting(wishes: Wishes, end: int, seconds: float = 0.0) -> Iterator[int]:
    for number in range(end):
        if wishes.stop.is_set():
            return
        yield number
        time.sleep(seconds)
        wishes.wait_while_paused()


def waiting_for_a_stop(wishes: Wishes, _request: Request) -> Iterator[object]:
    from appliance.pipeline.events import Ended, Planned  # noqa: PLC0415 - the other works start without it

    yield Planned(1, 0)
    wishes.stop.wait()
    yield Ended((), 0, stopped=True)


def refusing(_wishes: Wishes) -> Iterator[int]:
    raise Misuse("It cannot be.", advice="Try another.")


def dying(_wishes: Wishes) -> Iterator[int]:
    yield 1
    os.abort()


def broken(_wishes: Wishes) -> Iterator[int]:
    yield 1
    raise ZeroDivisionError


def read_quickly(wishes: Wishes, request: Request) -> Iterator[object]:
    from batches import SimulatedReader, opened  # noqa: PLC0415 - the other works start without it

    from appliance.pipeline import run_batch  # noqa: PLC0415 - the same
    from appliance.pipeline.events import StudyEnded  # noqa: PLC0415 - the same
    from appliance.pipeline.request import Batch  # noqa: PLC0415 - the same

    batch = Batch(request.folder, request.output, request.settings, named=request.told, stop=wishes.stop)
    for event in run_batch(batch, lambda: opened(SimulatedReader())):
        yield event
        if isinstance(event, StudyEnded):
            wishes.wait_while_paused()
