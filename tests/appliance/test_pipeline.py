"""A batch reads what has to be read, says what happened to the rest, and can be stopped and begun at any moment."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from batches import (
    SimulatedReader,
    a_visit,
    assert_sound,
    batch,
    clinic,
    left_on_disk,
    opened,
    run,
    told,
)
from builders import drop_slice, flair_series

from appliance.errors import BadModel, EngineFailed, ExitCode, Misuse, Refused
from appliance.ledger import Standing
from appliance.pipeline import Redo, run_batch
from appliance.pipeline.events import Began, Ended, Ending, Planned, StudyBegan, StudyEnded, StudyStep
from appliance.running import exit_code
from appliance.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.pipeline.events import Event
    from appliance.pipeline.reading import Loaded, Place


def endings(events: list[Event]) -> list[Ending]:
    return [event.ending for event in told(events, StudyEnded)]


def test_every_study_is_read_and_told_in_order(tmp_path: Path) -> None:
    events = run(clinic(tmp_path / "in"), tmp_path / "out")
    assert isinstance(events[0], Began)
    assert isinstance(events[-1], Ended)
    assert endings(events) == [Ending.READ] * 3
    assert [event.number for event in told(events, StudyEnded)] == [1, 2, 3]
    assert told(events, Planned) == [Planned(3, 0)]
    assert [event.step for event in told(events, StudyStep)] == ["read brain-flair", "pictures"] * 3
    assert exit_code(events[-1]) is ExitCode.ALL_READ
    assert_sound(tmp_path / "out")


def test_a_result_names_its_source_and_its_folder_names_nobody(tmp_path: Path) -> None:
    run(clinic(tmp_path / "in", 1), tmp_path / "out")
    (path,) = (tmp_path / "out").rglob("findings.json")
    findings = json.loads(path.read_text(encoding="utf-8"))
    assert findings["source"] == "in"
    assert findings["series"][0]["first_file"].startswith("visit 0/")
    assert (tmp_path / "in" / findings["series"][0]["first_file"]).is_file()
    assert path.parent.name == findings["study"]
    assert "nobody" not in str(path.relative_to(tmp_path)).lower()


def test_a_folder_carries_the_name_only_if_the_settings_ask_for_it(tmp_path: Path) -> None:
    asked = replace(Settings(), clinic=replace(Settings().clinic, folders="name"))
    run(clinic(tmp_path / "in", 1), tmp_path / "out", settings=asked)
    (path,) = (tmp_path / "out").rglob("findings.json")
    assert path.parent.name.startswith("Sample_Nobody0-")


def test_a_second_run_reads_nothing_again_and_changes_no_byte(tmp_path: Path) -> None:
    folder, output, reader = clinic(tmp_path / "in"), tmp_path / "out", SimulatedReader()
    run(folder, output, reader)
    before = {path: path.read_bytes() for path in output.rglob("*.*") if path.is_file() and "ledger" not in path.name}
    events = run(folder, output, reader)
    assert endings(events) == [Ending.KEPT] * 3
    assert told(events, Planned) == [Planned(3, 3)]
    assert len(reader.was_read) == 3
    assert {path: path.read_bytes() for path in before if path.name != "outpost.lock"} == {
        path: content for path, content in before.items() if path.name != "outpost.lock"
    }


def test_free_memory_goes_back_after_every_study_that_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, output = clinic(tmp_path / "scans"), tmp_path / "results"
    given_back: list[bool] = []
    monkeypatch.setattr("appliance.pipeline.story.give_back_free_pages", lambda: given_back.append(True))
    run(folder, output)
    assert len(given_back) == 3
    run(folder, output)
    assert len(given_back) == 3, "what is kept used no memory"


def standings(events: list[Event]) -> list[Standing]:
    return [event.standing for event in told(events, StudyBegan)]


def test_a_changed_study_is_read_again_and_the_others_are_not(tmp_path: Path) -> None:
    folder, output = clinic(tmp_path / "in"), tmp_path / "out"
    run(folder, output)
    a_visit(folder / "visit 1", 1, slices=7)
    assert standings(run(folder, output)) == [Standing.CHANGED]


def test_older_models_count_only_if_asked(tmp_path: Path) -> None:
    folder, output = clinic(tmp_path / "in", 2), tmp_path / "out"
    run(folder, output)
    newer = SimulatedReader(models=(("brain-lesions", "1.1.0"),))
    events = run(folder, output, newer)
    assert endings(events) == [Ending.KEPT] * 2
    assert "--redo outdated" in told(events, StudyEnded)[0].sentence
    assert standings(run(folder, output, newer, redo=Redo.OUTDATED)) == [Standing.OUTDATED] * 2
    assert endings(run(folder, output, newer, redo=Redo.OUTDATED)) == [Ending.KEPT] * 2
    assert endings(run(folder, output, newer, redo=Redo.ALL)) == [Ending.READ] * 2
    assert_sound(output)


def test_results_that_somebody_removed_are_made_again(tmp_path: Path) -> None:
    folder, output = clinic(tmp_path / "in", 2), tmp_path / "out"
    run(folder, output)
    whole = left_on_disk(output)
    next(output.rglob("lesions.nii.gz")).unlink()
    assert endings(run(folder, output)).count(Ending.READ) == 1
    assert left_on_disk(output) == whole


@pytest.mark.parametrize(
    ("error", "ending", "again"),
    [
        (Refused("Too dark.", advice="Scan again."), Ending.REFUSED, False),
        (BadModel("Damaged.", advice="Install it again."), Ending.FAILED, True),
        (EngineFailed("Stopped.", advice="Try again."), Ending.FAILED, True),
        (MemoryError(), Ending.FAILED, True),
        (ZeroDivisionError("a slip"), Ending.FAILED, True),
    ],
)
def test_a_fault_of_one_study_is_a_line_and_not_the_end(
    tmp_path: Path, error: Exception, ending: Ending, *, again: bool
) -> None:
    folder, output = clinic(tmp_path / "in"), tmp_path / "out"
    first = min(path.name for path in folder.iterdir())

    def fail(loaded: Loaded, _place: Place) -> None:
        if loaded.series[0].series.sources[0].path.parent.name == first:
            raise error

    events = run(folder, output, SimulatedReader(at_read=fail))
    assert sorted(endings(events)) == sorted([Ending.READ, Ending.READ, ending])
    assert exit_code(events[-1]) is ExitCode.SOME_REFUSED
    line = next(event for event in told(events, StudyEnded) if event.ending is ending)
    assert line.sentence.endswith((".", "program."))
    assert line.folder == line.key
    assert sorted(path.name for path in (output / line.key).iterdir()) == ["findings.json", "report.pdf"]
    assert_sound(output)
    repeated = run(folder, output)
    assert endings(repeated).count(Ending.READ) == again
    assert endings(repeated).count(Ending.REFUSED) == (not again)


def test_a_broken_series_is_refused_with_its_reason_and_not_tried_again(tmp_path: Path) -> None:
    folder, output = clinic(tmp_path / "in", 2), tmp_path / "out"
    drop_slice(flair_series(folder / "lost", slices=9), 4)
    events = run(folder, output)
    refused = next(event for event in told(events, StudyEnded) if event.ending is Ending.REFUSED)
    assert "missing" in refused.sentence
    assert (output / refused.key / "findings.json").is_file()
    assert exit_code(events[-1]) is ExitCode.SOME_REFUSED
    again = run(folder, output)
    assert sorted(endings(again)) == sorted([Ending.KEPT, Ending.KEPT, Ending.REFUSED])
    assert (
        next(event for event in told(again, StudyEnded) if event.ending is Ending.REFUSED).sentence == refused.sentence
    )


def test_files_that_are_lost_count_though_every_study_is_read(tmp_path: Path) -> None:
    folder = clinic(tmp_path / "in", 2)
    (folder / "IM0001").write_bytes(b"")
    events = run(folder, tmp_path / "out")
    assert events[-1].left_out == 1
    assert exit_code(events[-1]) is ExitCode.SOME_REFUSED


def test_a_folder_without_scans_is_told_apart_from_one_that_was_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    events = run(tmp_path / "in", tmp_path / "out")
    assert exit_code(events[-1]) is ExitCode.NOTHING_TO_READ


def test_results_inside_the_folder_are_not_taken_for_scans(tmp_path: Path) -> None:
    folder = clinic(tmp_path / "in", 2)
    run(folder, folder / "results")
    (folder / "results" / "old.nii.gz").write_bytes(b"rubbish")
    events = run(folder, folder / "results")
    assert endings(events) == [Ending.KEPT] * 2
    assert events[-1].left_out == 0


@pytest.mark.parametrize("output", ["in", "in/../in"])
def test_the_folder_that_is_read_is_never_written_into(tmp_path: Path, output: str) -> None:
    clinic(tmp_path / "in", 1)
    before = sorted((tmp_path / "in").rglob("*"))
    with pytest.raises(Misuse, match="very folder"):
        run(tmp_path / "in", tmp_path / output)
    with pytest.raises(Misuse, match="does not exist"):
        run(tmp_path / "elsewhere", tmp_path / "out")
    assert sorted((tmp_path / "in").rglob("*")) == before


def stopped_at(folder: Path, output: Path, moment: int, how: str) -> list[Event]:
    """Stop a batch after so many events, by asking it or by dropping it as Ctrl-C does."""
    asked = batch(folder, output)
    events: list[Event] = []
    generator = run_batch(asked, lambda: opened(SimulatedReader()))
    for number, event in enumerate(generator):
        events.append(event)
        if number == moment and how == "asked":
            asked.stop.set()
        elif number == moment:
            generator.close()
            break
    return events


@pytest.mark.parametrize("how", ["asked", "dropped"])
def test_a_batch_stopped_at_any_event_goes_on_to_the_same_bytes(tmp_path: Path, how: str) -> None:
    folder = clinic(tmp_path / "in", 2)
    count = len(run(folder, tmp_path / "whole"))
    whole = left_on_disk(tmp_path / "whole")
    for moment in range(count):
        output = tmp_path / f"{how} {moment}"
        events = stopped_at(folder, output, moment, how)
        if how == "asked" and moment < count - 1:
            assert events[-1].stopped
            assert exit_code(events[-1]) is ExitCode.INTERRUPTED
        assert [path.name for path in output.rglob(".*")] == []
        run(folder, output)
        assert left_on_disk(output) == whole
        assert_sound(output)


def test_a_batch_that_is_dropped_gives_up_the_study_in_progress(tmp_path: Path) -> None:
    reader = SimulatedReader(seconds=0.3)
    generator = run_batch(batch(clinic(tmp_path / "in", 2), tmp_path / "out"), lambda: opened(reader))
    for event in generator:
        if isinstance(event, StudyStep):
            break
    generator.close()
    assert [path.name for path in (tmp_path / "out").iterdir() if path.is_dir()] == []
    run(tmp_path / "in", tmp_path / "out")
    assert_sound(tmp_path / "out")


def test_a_slip_while_loading_is_one_studys_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from appliance.pipeline import story  # noqa: PLC0415 - what is looked into

    real, asked = story.prepare, []

    def slip(*arguments: object) -> object:
        asked.append(1)
        if len(asked) == 2:
            raise ZeroDivisionError("a slip")
        return real(*arguments)

    monkeypatch.setattr(story, "prepare", slip)
    events = run(clinic(tmp_path / "in", 3), tmp_path / "out")
    assert endings(events) == [Ending.READ, Ending.FAILED, Ending.READ]
    monkeypatch.setattr(story, "prepare", real)
    assert endings(run(tmp_path / "in", tmp_path / "out")) == [Ending.KEPT, Ending.READ, Ending.KEPT]


def test_the_next_study_is_loaded_while_this_one_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from appliance.pipeline import story  # noqa: PLC0415 - what is looked into

    loaded, real, waited = threading.Semaphore(0), story.prepare, []

    def counting(*arguments: object) -> object:
        made = real(*arguments)
        loaded.release()
        return made

    monkeypatch.setattr(story, "prepare", counting)
    folder, studies = clinic(tmp_path / "in", 3), 3

    def wait_for_the_next(*_: object) -> None:
        if len(waited) < studies - 1:
            waited.append(loaded.acquire(timeout=20) and loaded.acquire(timeout=20))
            loaded.release()

    events = run(folder, tmp_path / "out", SimulatedReader(at_read=wait_for_the_next))
    assert waited == [True, True]
    assert endings(events) == [Ending.READ] * 3


def test_studies_too_large_for_two_in_memory_are_loaded_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from appliance.pipeline import story  # noqa: PLC0415 - what is looked into

    begun, real, seen = [], story.prepare, []

    def counting(*arguments: object) -> object:
        begun.append(1)
        return real(*arguments)

    monkeypatch.setattr(story, "prepare", counting)
    small = replace(Settings(), computing=replace(Settings().computing, read_ahead_bytes=100))
    reader = SimulatedReader(seconds=0.02, at_read=lambda *_: seen.append(len(begun)))
    events = run(clinic(tmp_path / "in", 3), tmp_path / "out", reader, settings=small)
    assert endings(events) == [Ending.READ] * 3
    assert seen == [1, 2, 3]


def test_an_earlier_study_of_the_patient_is_handed_to_the_reader(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for slices, date in ((7, "20250301"), (8, "20240301")):
        a_visit(folder / f"visit {date}", 7, slices=slices, date=date)
    seen: dict[str, list[str]] = {}

    def note(loaded: Loaded, place: Place) -> None:
        day = str(loaded.study.facts.when.date()) if loaded.study.facts.when else ""
        seen[day] = [str(earlier.study.studied_on) for earlier in place.earlier]
        for earlier in place.earlier:
            assert (place.output / earlier.outputs[0].path).is_file()

    run(folder, tmp_path / "out", SimulatedReader(at_read=note))
    assert list(seen.items()) == [("2024-03-01", []), ("2025-03-01", ["2024-03-01"])]
