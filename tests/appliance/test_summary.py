"""The table of a batch: a clinic sorts and counts by it, and no name in it may do harm."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import openpyxl
import pytest
from batches import clinic, run
from brain_findings import brain_study
from findings_builders import refused_study
from spine_findings import spine_study

from appliance.findings.json_file import NAME
from appliance.ledger import Anchor, LastEntry, Output, State, StudyInput
from appliance.summary.headline import headline
from appliance.summary.rows import COLUMNS, row_of
from appliance.summary.tables import as_csv, as_xlsx

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.findings import Findings
    from appliance.summary.rows import Cell, Row


def entry(findings: Findings, state: State = State.DONE, sentence: str = "") -> LastEntry:
    study = StudyInput(findings.study, "a" * 64)
    return LastEntry(
        study, state, None, (Output(f"{findings.study}/{NAME}", "b" * 64, 1),), (), sentence, Anchor(1, "")
    )


def row(findings: Findings) -> Row:
    return row_of(entry(findings), findings.study, findings)


def from_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def from_xlsx(content: bytes) -> list[list[Cell]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [[cell.value for cell in line] for line in book["Studies"].iter_rows()]


def test_a_brain_is_a_row_of_numbers() -> None:
    found = row(brain_study())
    assert set(found) <= set(COLUMNS)
    assert (found["patient id"], found["severity"], found["lesions"]) == ("B-17", "Moderate", 11)
    assert (found["PEWMH"], found["new lesions"], found["resolved lesions"]) == (3, 2, 1)
    assert found["ventricles %"] == pytest.approx(2.115)
    assert (found["unusual regions"], found["quality"]) == (1, "warning")
    assert "brain-lesions 1.0.0" in str(found["models"])


def test_a_back_is_a_row_of_levels() -> None:
    found = row(spine_study())
    assert "L4/L5 Serious" in str(found["spine, axial"])
    assert "L4/L5 4.0 mm (severe)" in str(found["spine, sagittal"])
    assert found["views disagree"] == "L5/S1"
    assert (found["worst canal"], found["worst canal seen on"]) == ("L4/L5 Serious", "axial and sagittal")
    assert found.get("lesions") is None


def test_a_refused_study_is_a_row_with_its_reason() -> None:
    refused = refused_study()
    found = row_of(entry(refused, State.REFUSED, "A slice is missing."), None, None)
    assert (found["state"], found["in short"]) == ("refused", "A slice is missing.")
    assert row(refused)["in short"] == headline(refused)


def test_the_headline_says_what_matters_most() -> None:
    assert headline(brain_study()).startswith("11 lesions, 7.4 ml (Moderate); 2 new, 1 enlarging")
    assert "1 unusual region to look at" in headline(brain_study())
    assert headline(spine_study()).startswith("worst canal: L4/L5 Serious (axial and sagittal); ")
    assert "narrow from the side: L5/S1 8.4 mm (absolute stenosis), L4/L5 4.0 mm (severe);" in headline(spine_study())
    assert "the two views disagree at 1 level" in headline(spine_study())
    assert "a slice is missing. Export the series again" in headline(refused_study())
    assert headline(replace(refused_study(), problems=())) == "Nothing in it could be read."


HOSTILE = [
    "=HYPERLINK(1)",
    "+1+1",
    "-2",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "a\x00b\x1b[2J",
    "\udcff",
    "نمونه\u202eevil",
    "x" * 9000,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_a_formula_or_breaks_the_table(name: str) -> None:
    study = brain_study()
    rows = [row(replace(study, patient=replace(study.patient, name=name))), row(spine_study())]
    (first, second) = from_csv(as_csv(rows))
    assert not first["patient"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert second["patient"] == "ROSSI^CARLO"
    heading, *lines = from_xlsx(as_xlsx(rows))
    assert heading == list(COLUMNS)
    assert len(lines) == 2
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(rows)))
    cell = book["Studies"].cell(2, COLUMNS.index("patient") + 1)
    assert cell.data_type == "s"
    assert len(str(cell.value)) <= 2000


def test_both_tables_say_the_same_and_are_the_same_bytes_again() -> None:
    rows = [row(brain_study()), row(spine_study())]
    assert as_xlsx(rows) == as_xlsx(rows)
    in_csv = [list(line.values()) for line in from_csv(as_csv(rows))]
    in_xlsx = [["" if cell is None else str(cell) for cell in line] for line in from_xlsx(as_xlsx(rows))[1:]]
    assert [[_number(cell) for cell in line] for line in in_csv] == [[_number(c) for c in line] for line in in_xlsx]


def _number(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def test_an_empty_batch_has_a_table_with_its_heading(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    run(tmp_path / "in", tmp_path / "out")
    assert from_csv((tmp_path / "out" / "summary.csv").read_bytes()) == []
    assert from_xlsx((tmp_path / "out" / "summary.xlsx").read_bytes()) == [list(COLUMNS)]


def test_findings_that_somebody_spoilt_leave_the_row_of_the_record(tmp_path: Path) -> None:
    folder, output = clinic(tmp_path / "in", 2), tmp_path / "out"
    run(folder, output)
    next(output.rglob(NAME)).write_text("{}", encoding="utf-8")
    run(folder, output)
    lines = from_csv((output / "summary.csv").read_bytes())
    assert sorted(line["state"] for line in lines) == ["done", "done"]
    assert sorted(bool(line["patient"]) for line in lines) == [False, True]
