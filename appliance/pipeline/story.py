"""A batch from end to end: lock, ledger, look, plan, read each study, sum up, report on all of them.

What is told as done is on the disk. A fault of one study becomes its ``StudyEnded``; only what spoils every
study (the output cannot be written, another copy is at work) is raised, and what was done until then stays.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

from appliance import __version__
from appliance.contracts import LeftOut, StudyFound
from appliance.errors import OutpostError
from appliance.heap import give_back_free_pages
from appliance.ledger import FolderLock, State, open_ledger
from appliance.pipeline.ahead import prepared_ahead
from appliance.pipeline.estimate import Estimate
from appliance.pipeline.events import Ended, Ending, Notice, Planned, Ready, StudyEnded
from appliance.pipeline.loading import Conditions, Order, prepare
from appliance.pipeline.naming import as_named, is_named
from appliance.pipeline.one import OneStudy, Turn
from appliance.pipeline.plan import in_order, weight_of
from appliance.pipeline.reading import Stopped
from appliance.pipeline.staging import make_folder, tidy
from appliance.studies import find_studies
from appliance.summary.tables import write_summary
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from contextlib import AbstractContextManager

    from appliance.ledger import Ledger
    from appliance.pipeline.events import Event
    from appliance.pipeline.one import Result
    from appliance.pipeline.reading import StudyReader
    from appliance.pipeline.request import Batch


BYTES_A_VOXEL = 2
"""As scanners store them."""


def whole_batch(batch: Batch, open_reader: Callable[[], AbstractContextManager[StudyReader]]) -> Iterator[Event]:
    """Read every study of a folder, and tell of each step."""
    make_folder(batch.output)
    with FolderLock(batch.output):
        opened = open_ledger(batch.output, operator=batch.operator, app_version=__version__, clock=batch.clock)
        with opened.ledger as ledger:
            yield from map(Notice, opened.notices)
            tidy(batch.output)
            found, lost = yield from _look(batch)
            with open_reader() as reader:
                yield from map(Notice, reader.notices)
                yield Ready(reader.models, reader.device)
                run = _Run(batch, ledger, reader)
                yield from run.all(found)
            write_summary(batch.output, ledger)
            yield from _report_of_all(batch, run)
            yield Ended(tuple(sorted(run.endings.items())), lost, batch.stop.is_set())


def _look(batch: Batch) -> Generator[Event, None, tuple[list[StudyFound], int]]:
    """Look through the folder; return its studies and how much of it was lost."""
    found: list[StudyFound] = []
    lost = 0
    for event in find_studies(batch.folder, batch.settings, batch.told, besides=batch.output):
        if batch.stop.is_set():
            break
        if isinstance(event, StudyFound):
            named = as_named(event, batch.named)
            found += [named] if named.study.series else []
            lost += sum(left.reason.is_fault for left in named.left_out)
            yield from named.left_out
        else:
            lost += isinstance(event, LeftOut) and event.reason.is_fault
            yield event
    return in_order(found), lost


def _report_of_all(batch: Batch, run: _Run) -> Iterator[Notice]:
    """Write the batch's report; what prevents it is said, and costs nothing else. Who stops does not wait for it."""
    if batch.stop.is_set() or not run.endings:
        return
    from appliance.report.batch_files import write_batch_report  # noqa: PLC0415 - no study waits for it

    try:
        write_batch_report(batch.output, batch.settings.clinic)
    except OutpostError as error:
        yield Notice(f"The report of the whole batch is missing. {error}")
    except Exception as error:  # noqa: BLE001 - all studies are read and on the disk
        why = f"{type(error).__name__}: {shown(str(error))}"
        yield Notice(f"The report of the whole batch could not be made ({why}). Try “outpost report” on the results.")


class _Run:
    """The reading of all studies, and how it stands."""

    def __init__(self, batch: Batch, ledger: Ledger, reader: StudyReader) -> None:
        self._batch = batch
        self._ledger = ledger
        self._estimate = Estimate()
        self._one = OneStudy(ledger, reader, batch)
        self._conditions = Conditions(batch.folder, batch.output, batch.settings, reader.models, batch.redo)
        self.endings: Counter[Ending] = Counter()

    def all(self, found: list[StudyFound]) -> Iterator[Event]:
        """Read what has to be read; the next study is loaded meanwhile."""
        orders = [self._order(each) for each in found]
        sizes = [0 if _is_done(order) else weight_of(order.found.study) for order in orders]
        yield Planned(len(orders), sum(map(_is_done, orders)))
        with closing(prepared_ahead(orders, lambda order: prepare(order, self._conditions), self._fits)) as ready:
            for number, (order, prepared) in enumerate(ready, start=1):
                if self._batch.stop.is_set():
                    return
                turn = Turn(number, len(orders), order.found.study)
                start = time.monotonic()
                try:
                    result = yield from self._one.deal_with(turn, order, prepared)
                except Stopped:
                    return
                self.endings[result.ending] += 1
                if result.ending is not Ending.KEPT:
                    give_back_free_pages()
                yield self._ended(turn, result, time.monotonic() - start, sizes[number:])

    def _ended(self, turn: Turn, result: Result, seconds: float, left: list[int]) -> StudyEnded:
        if result.ending in {Ending.READ, Ending.PARTLY}:
            self._estimate.learn(weight_of(turn.study), seconds)
        remaining = self._estimate.remaining([size for size in left if size])
        key, place = turn.study.key, result.folder
        return StudyEnded(turn.number, turn.of, key, result.ending, result.sentence, place, seconds, remaining)

    def _order(self, found: StudyFound) -> Order:
        study = found.study
        named = is_named(found, self._batch.named)
        return Order(found, self._ledger.patient_key(study.patient), self._ledger.last(study.key), named)

    def _fits(self, order: Order) -> bool:
        """Say whether a study is small enough to lie in memory beside another."""
        return weight_of(order.found.study) * BYTES_A_VOXEL <= self._batch.settings.computing.read_ahead_bytes


def _is_done(order: Order) -> bool:
    return order.last is not None and order.last.state is State.DONE and not order.named
