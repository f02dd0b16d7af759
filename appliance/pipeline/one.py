"""One study from its files to its results, or to the reason why there are none: the edge where faults become data.

    nothing to do  →  kept
    reading        →  staged, forced to the disk, put in place, then told to the ledger as done
    Refused        →  a page with the reason, told to the ledger, not tried again before something changes
    anything else  →  a page with the reason, told to the ledger, tried again by the next run

Only what spoils every study goes further up: results or ledger that cannot be written, and the wish to stop.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING

from appliance import __version__
from appliance.contracts import Certainty
from appliance.errors import OutputFailed, Refused
from appliance.findings.review import NAME as REVIEW
from appliance.findings.study import Outcome
from appliance.ledger import Run, Standing, StudyInput, Timing, output_of
from appliance.pipeline.events import Ending, StudyBegan, StudyEnded, StudyStep
from appliance.pipeline.loading import vanished
from appliance.pipeline.note import problem_of, write_note
from appliance.pipeline.plan import folder_name
from appliance.pipeline.reading import Place, Stopped
from appliance.pipeline.staging import put_in_place, staged, translated
from appliance.summary.headline import headline

if TYPE_CHECKING:
    from collections.abc import Generator
    from concurrent.futures import Future
    from pathlib import Path

    from appliance.contracts import Study
    from appliance.findings import Findings
    from appliance.ledger import Ledger
    from appliance.pipeline.events import Event
    from appliance.pipeline.loading import Order, Prepared
    from appliance.pipeline.reading import Loaded, StudyReader
    from appliance.pipeline.request import Batch

    Telling = Generator[Event, None, "Result"]

ENDINGS = {
    Outcome.READ: Ending.READ,
    Outcome.PARTLY: Ending.PARTLY,
    Outcome.REFUSED: Ending.REFUSED,
    Outcome.FAILED: Ending.FAILED,
}


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is."""

    number: int
    of: int
    study: Study


@dataclass(frozen=True, slots=True)
class Result:
    """How it went."""

    ending: Ending
    sentence: str
    folder: str | None = None


class OneStudy:
    """Deals with studies, one at a time; the ledger is only touched by the thread that asks for events."""

    def __init__(self, ledger: Ledger, reader: StudyReader, batch: Batch) -> None:
        self._ledger = ledger
        self._reader = reader
        self._batch = batch

    def deal_with(self, turn: Turn, order: Order, ready: Future[Prepared]) -> Telling:
        """Bring one study to its end, whatever happens."""
        try:
            return (yield from self._attempted(turn, order, ready))
        except OutputFailed as failure:
            yield self._broken_off(turn, failure)
            raise

    def _attempted(self, turn: Turn, order: Order, ready: Future[Prepared]) -> Telling:
        given = self._given(order)
        try:
            prepared = ready.result()
            given = prepared.given
            return (yield from self._by_standing(turn, order, prepared))
        except (OutputFailed, Stopped):
            raise
        except Exception as error:  # noqa: BLE001 - the study's edge: the batch goes on
            return self._not_read(given, turn.study, error)

    def _by_standing(self, turn: Turn, order: Order, prepared: Prepared) -> Telling:
        if prepared.vanished is not None:
            return self._not_read(prepared.given, turn.study, prepared.vanished, Outcome.FAILED)
        if prepared.loaded is None:
            return self._left_as_it_is(order, prepared.standing)
        return (yield from self._read(turn, prepared, prepared.loaded))

    def _given(self, order: Order) -> StudyInput:
        """Name a study of which not even the fingerprint is known, so that it is tried again."""
        return StudyInput(order.found.study.key, "", order.patient)

    def _left_as_it_is(self, order: Order, standing: Standing) -> Result:
        last = order.last
        assert last is not None  # there is a standing that needs no reading only where there was a reading
        if standing is Standing.REFUSED:
            return Result(Ending.REFUSED, last.sentence)
        folder = last.outputs[0].path.partition("/")[0] if last.outputs else None
        if standing is Standing.OUTDATED:
            return Result(Ending.KEPT, "Read before, by other models: --redo outdated reads it again.", folder)
        return Result(Ending.KEPT, "Read before, and nothing changed.", folder)

    def _not_read(self, given: StudyInput, study: Study, error: Exception, outcome: Outcome | None = None) -> Result:
        """Write the page that says why, then tell the ledger."""
        problem = problem_of(error)
        sentence = f"{problem.sentence} {problem.advice}".strip()
        became = outcome or (Outcome.REFUSED if isinstance(error, Refused) else Outcome.FAILED)
        folder = write_note(study, problem, became, self._batch)
        tell = self._ledger.refused if became is Outcome.REFUSED else self._ledger.failed
        tell(given, sentence)
        return Result(ENDINGS[became], sentence, folder)

    def _broken_off(self, turn: Turn, failure: OutputFailed) -> StudyEnded:
        return StudyEnded(turn.number, turn.of, turn.study.key, Ending.FAILED, str(failure), None, 0.0, None)

    def _read(self, turn: Turn, prepared: Prepared, loaded: Loaded) -> Telling:
        given, study = prepared.given, turn.study
        kinds = tuple(
            each.recognition.kind
            for each in study.series
            if each.recognition.kind and each.recognition.certainty is not Certainty.ASK
        )
        yield StudyBegan(turn.number, turn.of, study.key, study.patient, study.facts, kinds, prepared.standing)
        run = Run(self._reader.models, self._reader.device, __version__)
        self._ledger.found(given)
        self._ledger.reading(given, run)
        start = time.monotonic()
        output, name = self._batch.output, folder_name(study, self._batch.settings.clinic.folders)
        with staged(output, name) as making:
            place = Place(making, output, self._ledger.earlier(given))
            findings = yield from self._with_steps(loaded, place)
            gone = vanished(study)
            folder = put_in_place(making, output, name) if gone is None else making
        if gone is not None:
            return self._not_read(given, study, gone, Outcome.FAILED)
        timings = (Timing("load", loaded.seconds), Timing("read", time.monotonic() - start))
        return self._told(given, run, findings, folder, timings)

    def _told(
        self, given: StudyInput, run: Run, findings: Findings, folder: Path, timings: tuple[Timing, ...]
    ) -> Result:
        """Tell the ledger how it went, now that all of it is on the disk."""
        ending, sentence = ENDINGS[findings.outcome], headline(findings)
        if ending is Ending.REFUSED:
            self._ledger.refused(given, sentence)
        elif ending is Ending.FAILED:
            self._ledger.failed(given, sentence)
        else:
            written = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != REVIEW)
            self._ledger.done(given, run, tuple(output_of(path, self._batch.output) for path in written), timings)
        return Result(ending, sentence, folder.name)

    def _with_steps(self, loaded: Loaded, place: Place) -> Generator[Event, None, Findings]:
        """Read on a thread of its own, so that each step can be told while it is taken."""
        steps: SimpleQueue[str | None] = SimpleQueue()
        given_up = threading.Event()

        def step(name: str) -> None:
            if self._batch.stop.is_set() or given_up.is_set():
                raise Stopped
            steps.put(name)

        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="reading") as pool:
            reading = pool.submit(self._reader.read, loaded, place, step)
            reading.add_done_callback(lambda _: steps.put(None))
            try:
                while (name := steps.get()) is not None:
                    yield StudyStep(loaded.study.key, name)
            finally:
                given_up.set()
            with translated(f"The results {loaded.study.key}"):
                return reading.result()
