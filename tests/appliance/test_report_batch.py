from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import openpyxl
import pytest
from brain_findings import brain_study
from findings_builders import refused_study, write_study
from report_pages import beyond, overlapping, record_lines, texts_of
from spine_findings import spine_study

from appliance.__main__ import main
from appliance.measure_spine import MeasuredGrade, MillimetreGrade
from appliance.report.batch import Batch, read_batch, sheets_of
from appliance.report.batch_pages import make_batch_pages
from appliance.report.unread import Unread
from appliance.report.workbook import workbook_of
from appliance.summary.closing import MOST, closing_table
from appliance.summary.headline import headline

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    out = tmp_path / "tuesday"
    for study in (brain_study(), spine_study(), refused_study(), replace(brain_study(), study="damaged")):
        write_study(study, out)
    (out / "damaged" / "findings.json").write_text("{")
    return out


def _rows(book: openpyxl.Workbook, sheet: str) -> list[tuple[object, ...]]:
    return list(book[sheet].iter_rows(values_only=True))


def test_every_study_is_a_row_and_every_refused_one_has_its_reason(folder: Path) -> None:
    assert main(["report", str(folder)]) == 0
    book = openpyxl.load_workbook(folder / "batch.xlsx")
    assert [row[0] for row in _rows(book, "studies")[1:]] == ["brain-2f61c0", "spine-91ab07", "unknown-77aa12"]
    refused = _rows(book, "not read")[1:]
    assert {row[0] for row in refused} == {"unknown-77aa12", "damaged"}
    assert all(row[2] for row in refused)


def test_the_terminal_ends_with_what_was_found_and_where_each_report_lies(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "brain-2f61c0" / "report.pdf").write_bytes(b"%PDF")
    assert main(["report", str(folder)]) == 0
    told = capsys.readouterr().out
    assert told.startswith("4 studies:")
    blocks = told.split("brain-2f61c0 · ")[1]
    assert headline(brain_study()).split(";", maxsplit=1)[0] in blocks
    assert str(folder / "brain-2f61c0" / "report.pdf") in told
    assert str(folder / "spine-91ab07" / "report.pdf") not in told, "a report that is not there is not named"
    assert "damaged: " in told
    assert str(folder / "batch.pdf") in told
    assert str(folder / "batch.xlsx") in told


def test_of_a_large_batch_the_terminal_shows_the_first_and_counts_the_others() -> None:
    studies = tuple(replace(spine_study(), study=f"spine-{number}") for number in range(MOST + 3))
    lines = list(closing_table(Batch("year", studies, ()), 80))
    assert lines[-1] == "and 3 more studies."
    assert max(map(len, lines)) <= 80


def test_numbers_stay_numbers_of_the_findings(folder: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook_of(sheets_of(read_batch(folder)), brain_study().made_at)))
    head, *rows = _rows(book, "regions")
    totals = brain_study().brain[0].totals
    shown = {row[2]: (row[3], row[4]) for row in rows}
    assert head[2:5] == ("region", "lesions", "volume, ml")
    assert shown == {str(part.region): (part.count, round(part.volume_ml, 3)) for part in totals.by_region}


def test_levels_are_listed_with_what_is_not_known_left_empty(folder: Path) -> None:
    sheets = {sheet.name: sheet for sheet in sheets_of(read_batch(folder))}
    by_level = {row[2]: row for row in sheets["levels from the side"].rows}
    assert by_level["L4/L5"][3] == 4.0
    assert by_level["L2/L3"][3:] == (None,) * 6
    assert len(sheets["levels from above"].rows) == 15


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "@x", "http://x", "\x07bell", "x" * 40_000])
def test_a_hostile_name_is_text_in_the_workbook_and_nothing_else(text: str, tmp_path: Path) -> None:
    study = brain_study()
    write_study(replace(study, patient=replace(study.patient, name=text)), tmp_path)
    book = openpyxl.load_workbook(io.BytesIO(workbook_of(sheets_of(read_batch(tmp_path)), study.made_at)))
    cell = book["studies"]["B2"]
    assert cell.data_type == "s"
    assert cell.hyperlink is None


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_pages_of_a_batch_hold_every_study_without_overlap(
    language: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = record_lines(monkeypatch)
    make_batch_pages(read_batch(folder), "Clinic", language, "A4")
    text = "".join(line.text for line in lines)
    assert all(name in text for name in ("brain-2f61c0", "spine-91ab07", "unknown-77aa12", "damaged"))
    assert not overlapping(lines)
    assert not beyond(lines, 210, 297)


@pytest.mark.parametrize("grades", [("moderate", "none"), ("normal or mild", "absolute stenosis"), ("severe", None)])
def test_a_canal_that_only_the_side_view_finds_narrow_is_never_nothing_remarkable(
    grades: tuple[str, str | None], tmp_path: Path
) -> None:
    study = spine_study()
    sagittal = study.spine_sagittal[0]
    ratio, millimetres = grades
    level = replace(
        sagittal.levels[0],
        measured_grade=MeasuredGrade(ratio),
        millimetre_grade=MillimetreGrade(millimetres) if millimetres else None,
    )
    found = replace(study, spine_axial=(), spine_sagittal=(replace(sagittal, levels=(level,)),))
    write_study(found, tmp_path)
    assert main(["report", str(tmp_path)]) == 0
    text = "".join(texts_of((tmp_path / "batch.pdf").read_bytes()))
    assert "nothing remarkable" not in text
    assert level.level in text


def test_the_same_batch_gives_the_same_bytes(folder: Path) -> None:
    batch = read_batch(folder)
    made = [
        (workbook_of(sheets_of(batch), brain_study().made_at), make_batch_pages(batch, "", "en", "A4")) for _ in "ab"
    ]
    assert made[0] == made[1]


def test_half_made_results_are_no_study_of_the_batch(folder: Path) -> None:
    (folder / "brain-2f61c0").rename(folder / ".brain-2f61c0.1a2b.part")
    assert "brain-2f61c0" not in {study.study for study in read_batch(folder).studies}


@pytest.mark.parametrize("content", [b"", b"no ledger", None])
def test_a_ledger_that_is_damaged_or_empty_does_not_stop_the_batchs_report(content: bytes | None, folder: Path) -> None:
    if content is not None:
        (folder / "ledger.sqlite3").write_bytes(content)
    assert [each.study for each in read_batch(folder).unread] == ["damaged"]
    assert content is None or (folder / "ledger.sqlite3").read_bytes() == content


def test_a_batch_of_nothing_but_damage_still_has_its_pages() -> None:
    assert texts_of(make_batch_pages(Batch("x", (), (Unread("a", "damaged", "It is damaged."),)), "", "en", "Letter"))
