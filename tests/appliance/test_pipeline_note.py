"""A study that breaks in a way that nobody foresaw leaves one page behind: why, and what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import openpyxl
import pytest
from batches import SimulatedReader, a_visit, assert_sound, clinic, left_on_disk, run, told
from report_pages import beyond, record_lines, texts_of

from appliance.errors import BadModel, OutputFailed, Refused
from appliance.findings.json_file import read_findings
from appliance.findings.study import Outcome
from appliance.pipeline.events import Ending, StudyEnded
from appliance.pipeline.note import problem_of
from appliance.pipeline.request import Redo
from appliance.report.languages import words_in
from appliance.report.sentences import IN_ENGLISH
from appliance.settings import LANGUAGES, Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from appliance.pipeline.reading import Loaded, Place

FAULTS = {
    "a slip of the program": ZeroDivisionError("division by zero"),
    "a slip without words": KeyError(),
    "no memory": MemoryError(),
    "a damaged model": BadModel("The model brain-lesions is damaged.", advice="Install it again."),
    "refused while it is read": Refused("The scan is too dark.", advice="Scan again."),
}


def _breaking(error: Exception) -> Callable[[Loaded, Place], None]:
    def at_read(_loaded: Loaded, _place: Place) -> None:
        raise error

    return at_read


def _broken(tmp_path: Path, error: Exception, **changes: object) -> Path:
    """Read one study that breaks; give its folder."""
    output = tmp_path / "out"
    run(clinic(tmp_path / "in", 1), output, SimulatedReader(at_read=_breaking(error)), **changes)
    (findings,) = output.rglob("findings.json")
    return findings.parent


def _with(**wishes: str) -> Settings:
    return replace(Settings(), clinic=replace(Settings().clinic, **wishes))


@pytest.mark.parametrize("fault", FAULTS)
def test_one_page_says_why_and_what_to_do(fault: str, tmp_path: Path) -> None:
    folder = _broken(tmp_path, FAULTS[fault])
    (page,) = texts_of((folder / "report.pdf").read_bytes())
    told_on_paper = " ".join(page.split())
    problem = problem_of(FAULTS[fault])
    assert problem.sentence in told_on_paper
    assert problem.advice in told_on_paper
    assert "Nothing is said about the patient: neither ill nor well." in told_on_paper
    assert "Sample Nobody0" in told_on_paper
    wanted = Outcome.REFUSED if isinstance(FAULTS[fault], Refused) else Outcome.FAILED
    assert read_findings(folder / "findings.json").outcome is wanted
    assert_sound(folder.parent)


def test_a_report_that_cannot_be_drawn_breaks_its_study_alone_and_says_so(tmp_path: Path) -> None:
    def drawing_breaks(loaded: Loaded, _place: Place) -> None:
        if loaded.study.patient.name == "Sample^Nobody1":
            raise RecursionError("while the report was made")

    output = tmp_path / "out"
    events = run(clinic(tmp_path / "in"), output, SimulatedReader(at_read=drawing_breaks))
    endings = sorted(event.ending for event in told(events, StudyEnded))
    assert endings == sorted([Ending.READ, Ending.READ, Ending.FAILED])
    book = openpyxl.load_workbook(output / "batch.xlsx")
    ((study, outcome, reason, advice),) = book["not read"].iter_rows(min_row=2, values_only=True)
    assert outcome == "failed"
    assert "RecursionError: while the report was made" in reason
    assert "It is tried again" in advice
    assert study in "".join(texts_of((output / "batch.pdf").read_bytes()))
    assert study in (output / "summary.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_laid_out_in_every_language(
    language: str, paper: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = record_lines(monkeypatch)
    error = RuntimeError("x" * 900)
    folder = _broken(tmp_path, error, settings=_with(language=language, paper=paper))
    (page,) = texts_of((folder / "report.pdf").read_bytes())
    assert IN_ENGLISH.strip() not in page
    of_the_note = [line for line in lines if line.page == 1]
    assert not beyond(of_the_note, *((210, 297) if paper == "A4" else (215.9, 279.4)))


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
@pytest.mark.parametrize("fault", ["a slip of the program", "no memory"])
def test_what_the_page_says_is_translated(fault: str, language: str) -> None:
    problem, words = problem_of(FAULTS[fault]), words_in(language)
    for sentence in (problem.sentence, problem.advice):
        assert IN_ENGLISH not in words.sentence(sentence)
        assert words.sentence(sentence) != sentence


def test_a_note_does_not_replace_what_an_earlier_reading_found(tmp_path: Path) -> None:
    folder, output = clinic(tmp_path / "in", 1), tmp_path / "out"
    run(folder, output)
    before = {name: data for name, data in left_on_disk(output).items() if name.endswith((".json", ".gz"))}
    a_visit(folder / "visit 0", 7)
    run(folder, output, SimulatedReader(at_read=_breaking(ZeroDivisionError())), redo=Redo.ALL)
    after = left_on_disk(output)
    assert {name: after[name] for name in before} == before
    rows = list(openpyxl.load_workbook(output / "batch.xlsx")["not read"].iter_rows(min_row=2, values_only=True))
    assert any(row[1] == "failed" and "ZeroDivisionError" in row[2] for row in rows)


def test_the_next_reading_replaces_the_note(tmp_path: Path) -> None:
    folder = _broken(tmp_path, ZeroDivisionError())
    events = run(tmp_path / "in", folder.parent)
    assert [event.ending for event in told(events, StudyEnded)] == [Ending.READ]
    assert read_findings(folder / "findings.json").outcome is Outcome.READ
    assert not (folder / "report.pdf").exists()
    assert_sound(folder.parent)


def test_drawing_that_breaks_with_the_clinics_wishes_is_tried_without_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def logo_breaks(logo: Path) -> None:
        raise RecursionError(logo)

    monkeypatch.setattr("appliance.report.dossier.logo_of", logo_breaks)
    folder = _broken(tmp_path, ZeroDivisionError(), settings=_with(language="fr", logo="logo.png"))
    (page,) = texts_of((folder / "report.pdf").read_bytes())
    assert "Reading this study failed." in page


def test_drawing_that_is_broken_itself_leaves_the_reason_in_the_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawing_breaks(*_: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr("appliance.pipeline.note.make_pdf", drawing_breaks)
    folder = _broken(tmp_path, ZeroDivisionError("first"))
    assert [path.name for path in folder.iterdir()] == ["findings.json"]
    assert "first" in read_findings(folder / "findings.json").problems[0].sentence


def test_a_note_that_cannot_be_written_ends_the_batch_as_results_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OutputFailed("findings.json could not be written.", advice="Make room.")

    monkeypatch.setattr("appliance.pipeline.note.write_whole", full)
    reader = SimulatedReader(at_read=_breaking(ZeroDivisionError()))
    with pytest.raises(OutputFailed):
        run(clinic(tmp_path / "in", 2), tmp_path / "out", reader)
    assert not list((tmp_path / "out").rglob("findings.json"))
    assert not list((tmp_path / "out").rglob(".*.part"))
