"""A batch as the screen sees it: counts, speed, what a row says, and a process of its own that dies aloud."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from batches import SimulatedReader, clinic, opened
from builders import flair_series
from findings_parts import model_used
from working import broken, counting, dying, read_quickly, refusing

from appliance.atomic import write_whole
from appliance.contracts import PatientFacts, StudyFacts
from appliance.findings.json_file import NAME, as_json
from appliance.ledger import Standing
from appliance.pipeline.events import Ended, Ending, Notice, Planned, Ready, StudyBegan, StudyEnded, StudyStep
from appliance.report.files import report_of
from appliance.settings import Settings
from appliance.studies import find_studies
from appliance.workplace.background import Background, Broke, Wish, Wishes
from appliance.workplace.inventory import Inventory
from appliance.workplace.progress import EngineTold, Progress, State
from appliance.workplace.reading import Reading, Request, _engine, read_folder
from appliance.workplace.results_list import results_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.findings.study import Findings
    from appliance.pipeline.reading import Loaded, Place, Step
    from appliance.workplace.progress import Told


def began(key: str, number: int, of: int) -> StudyBegan:
    return StudyBegan(number, of, key, PatientFacts(f"{key}^X"), StudyFacts(), (), Standing.NEW)


def ended(key: str, number: int, of: int, *, left: float | None = None) -> StudyEnded:
    return StudyEnded(number, of, key, Ending.READ, "2 lesions.", key, 1.0, left)


def test_a_batch_goes_from_nothing_to_done_and_says_how_fast() -> None:
    progress = Progress()
    for event in (Ready((), "auto"), Planned(2, 0), Notice("The ledger was damaged.")):
        progress.take(event, 0.0)
    assert (progress.state, progress.batch_share(), progress.a_minute()) == (State.READING, 0.0, None)
    assert progress.take(began("a", 1, 2), 0.0) == "a"
    assert progress.take(StudyStep("a", "lesions"), 1.0) == "a"
    assert 0 < progress.study_share() < 1
    assert progress.rows["a"].step == "lesions"
    progress.take(ended("a", 1, 2, left=30.0), 10.0)
    assert progress.rows["a"].ending is Ending.READ
    assert progress.rows["a"].who == "a X"
    assert (progress.batch_share(), progress.remaining_s) == (0.5, 30.0)
    assert progress.a_minute() == pytest.approx(6.0)
    progress.take(EngineTold("The processor."), 10.0)
    progress.take(Ended(((Ending.READ, 1),), 1, stopped=False), 11.0)
    assert (progress.state, progress.engine, progress.remaining_s) == (State.ENDED, "The processor.", None)
    assert progress.sentence == "1 study read, 1 scan lost"
    assert progress.notices == ["The ledger was damaged."]


def test_a_batch_that_breaks_leaves_no_row_that_seems_to_be_read() -> None:
    progress = Progress()
    progress.take(began("a", 1, 2), 0.0)
    progress.take(Broke("It ended.", "Start again."), 1.0)
    assert progress.state is State.BROKE
    assert progress.rows["a"].step == ""
    assert progress.sentence == "It ended. Start again."


def test_studies_that_were_read_before_do_not_count_for_the_speed() -> None:
    progress = Progress()
    for number in range(1, 50):
        progress.take(StudyEnded(number, 50, f"k{number}", Ending.KEPT, "", None, 0.0, None), number * 0.001)
    assert progress.a_minute() is None
    progress.take(Ended(((Ending.KEPT, 49),), 0, stopped=True), 1.0)
    assert progress.state is State.STOPPED


def test_events_come_from_another_process_in_their_order() -> None:
    assert list(Background(counting, 5).events()) == [0, 1, 2, 3, 4]


def test_an_error_of_ours_comes_as_an_event() -> None:
    (broke,) = Background(refusing).events()
    assert broke == Broke("It cannot be.", "Try another.")


@pytest.mark.parametrize("work", [dying, broken])
def test_a_process_that_dies_is_said_and_not_waited_for(work: object) -> None:
    *_, last = Background(work).events()
    assert isinstance(last, Broke)
    assert "Start it again" in last.advice


def test_a_pause_holds_the_work_and_a_stop_ends_it() -> None:
    work = Background(counting, 1_000_000, 0.01)
    events = work.events()
    next(events)
    work.wish(Wish.PAUSE)
    on_the_way = 0
    while work._events.poll(1.0):
        on_the_way = next(events)
        assert on_the_way < 1_000, "it goes on as if nobody had asked for a pause"
    work.wish(Wish.GO_ON)
    assert next(events) == on_the_way + 1
    work.wish(Wish.STOP)
    assert len(list(events)) < 1_000
    work.wish(Wish.GO_ON)


def test_a_wish_to_stop_frees_work_that_waits() -> None:
    wishes = Wishes()
    wishes.hear(Wish.PAUSE)
    wishes.hear(Wish.STOP)
    wishes.wait_while_paused()
    assert wishes.stop.is_set()


def test_work_that_is_ended_leaves_no_process() -> None:
    work = Background(counting, 1_000_000, 0.01)
    next(work.events())
    process = psutil.Process(work._process.pid)
    work.end()
    assert not process.is_running()


def test_work_ends_when_the_program_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time\nfrom working import counting\nfrom appliance.workplace.background import Background\n"
        "if __name__ == '__main__':\n"
        "    work = Background(counting, 1000000, 0.05)\n    next(work.events())\n"
        "    print(work._process.pid, flush=True)\n    time.sleep(60)\n"
    )
    (tmp_path / "program.py").write_text(script, encoding="utf-8")
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(here.parent.parent)])}
    with subprocess.Popen(
        [sys.executable, "program.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True, env=environment
    ) as program:
        assert program.stdout is not None
        child = psutil.Process(int(program.stdout.readline()))
        program.kill()
    psutil.wait_procs([child], timeout=30)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def request_to_read(tmp_path: Path) -> tuple[Request, Inventory]:
    folder = clinic(tmp_path / "in", 2)
    inventory = Inventory()
    for event in find_studies(folder, Settings()):
        inventory.take(event)
    return Request(folder, tmp_path / "out", Settings(), {}), inventory


def test_a_folder_is_read_in_a_process_of_its_own(request_to_read: tuple[Request, Inventory]) -> None:
    request, inventory = request_to_read
    reading = Reading(request, inventory, read_quickly)
    assert reading.news == "0/2"
    assert len(reading.progress.rows) == 2
    for event in reading.events():
        reading.take(event)
    assert (reading.progress.state, reading.progress.dealt_with) == (State.ENDED, 2)
    assert len(reading.progress.rows) == 2
    assert all((request.output / str(row.folder) / "findings.json").is_file() for row in reading.progress.rows.values())
    assert reading.news == "done"
    results = list(results_in(request.output))
    assert len(results) == 2
    assert results[0].signed_by == ""
    assert report_of(results[0].folder).name == "report.pdf"


def test_pause_and_stop_are_told_at_once(request_to_read: tuple[Request, Inventory]) -> None:
    reading = Reading(*request_to_read, read_quickly)
    reading.pause()
    assert reading.news.startswith("paused")
    reading.go_on()
    reading.stop()
    assert reading.progress.state is State.STOPPING
    for event in reading.events():
        reading.take(event)
    assert not reading.is_under_way
    reading.end()


def test_a_folder_without_anything_to_read_ends_in_words(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    flair_series(tmp_path / "in" / "a")
    (tmp_path / "in" / "a").rename(tmp_path / "in" / "b")
    request = Request(tmp_path / "gone", tmp_path / "out", Settings(), {})
    (*_, last) = list(read_to_its_end(request))
    assert isinstance(last, Broke)


def read_to_its_end(request: Request) -> Iterator[object]:
    return Background(read_folder, request).events()


def test_damaged_results_are_listed_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "findings.json").write_text("{", encoding="utf-8")
    (result,) = results_in(tmp_path)
    assert "Read the study again" in result.sentence
    assert list(results_in(tmp_path / "nowhere")) == []


class NamingItsEngine(SimulatedReader):
    """Says in its findings what computed them, as the real one does."""

    def read(self, loaded: Loaded, place: Place, step: Step) -> Findings:
        findings = replace(super().read(loaded, place, step), models=(model_used("brain-lesions", "lesions"),))
        write_whole(place.folder / NAME, as_json(findings).encode())
        return findings


def told_by(reader: SimulatedReader, request: Request, patch: pytest.MonkeyPatch) -> list[Told]:
    """Read a folder as the process of its own does, here, with this reader in the place of the models."""
    patch.setattr("appliance.pipeline.opening.open_active", lambda *_: opened(reader))
    return list(read_folder(Wishes(), request))


def test_the_engine_is_told_once_with_its_reason(
    request_to_read: tuple[Request, Inventory], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = told_by(NamingItsEngine(), request_to_read[0], monkeypatch)
    (engine,) = model_used("brain-lesions", "lesions").engines
    assert [event.sentence for event in told if isinstance(event, EngineTold)] == [engine.reason]
    assert [event.ending for event in told if isinstance(event, StudyEnded)] == [Ending.READ] * 2


def test_no_engine_is_told_where_none_is_known(
    request_to_read: tuple[Request, Inventory], monkeypatch: pytest.MonkeyPatch
) -> None:
    request, _ = request_to_read
    told = told_by(SimulatedReader(), request, monkeypatch)
    assert not [event for event in told if isinstance(event, EngineTold)]
    study = next(event for event in told if isinstance(event, StudyEnded))
    assert study.folder is not None
    (request.output / study.folder / NAME).write_text("{", encoding="utf-8")
    assert _engine(study, request.output) is None
    assert _engine(replace(study, ending=Ending.REFUSED), request.output) is None
    assert _engine(replace(study, folder=None), request.output) is None
