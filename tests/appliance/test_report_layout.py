"""What bad input gets: the report still comes out, laid out, nothing on top of anything, nothing cut.

Judged on the finished PDF by another program's reading of it (PDFium), and by the lines as they were drawn.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from brain_findings import brain_study
from drawn_boxes import boxes_of, on_each_other, outside
from findings_builders import refused_study, write_study
from odd_studies import (
    LONGEST_ID,
    failed_for_many_reasons,
    head_and_back,
    hostile_name,
    little_to_say,
    many_lesions,
    nothing_found,
    nothing_known,
)
from report_pages import Line, beyond, overlapping, record_lines, texts_of
from signed_study import CANAL, LOAD, signed
from spine_findings import spine_study

from appliance.report.dossier import Dossier, open_dossier
from appliance.report.languages import words_in
from appliance.report.pdf import make_pdf
from appliance.report.sheet import Sheet
from appliance.report.table import Column, draw_table
from appliance.report.theme import GAP, SIZES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from appliance.findings.study import Findings

SCRIPTS = ("en", "fa", "hi")
"""One language of each: Latin, from the right, with signs above and below."""
PAGES = tuple(itertools.product(SCRIPTS, SIZES))
HEAD_OF_PAGE = 12.0
"""Millimetres: the running head, which may be short."""


STUDIES: dict[str, Callable[[], Findings]] = {
    "a brain": brain_study,
    "a spine": spine_study,
    "a refused study": refused_study,
    "a failed study with many reasons": failed_for_many_reasons,
    "300 lesions": many_lesions,
    "nothing known of the patient": nothing_known,
    "a hostile name": hostile_name,
    "nothing found": nothing_found,
    "little to say": little_to_say,
    "head and back": head_and_back,
    "a signed brain": brain_study,
    "a signed spine": spine_study,
}
NOTE = "\n".join(
    f"Line {n}: compare with March, and with what the family tells of the weeks before." for n in range(1, 41)
)


def _dossier(study: str, parent: Path) -> Dossier:
    """Open a study of a clinic whose logo is gone."""
    folder = write_study(STUDIES[study](), parent)
    if "signed" in study:
        signed(folder, LOAD, CANAL, lesions=11, note=NOTE)
    return open_dossier(folder, "District hospital", str(parent / "gone.png"))


def _cut(lines: list[Line]) -> list[str]:
    return [line.text for line in lines if line.text.endswith("…") and line.top > HEAD_OF_PAGE]


def _is_laid_out(study: str, language: str, paper: str, folder: Path, patch: pytest.MonkeyPatch) -> None:
    lines = record_lines(patch)
    pdf = make_pdf(_dossier(study, folder), language, paper)
    texts, pictures = boxes_of(pdf)
    assert len(texts) > len(texts_of(pdf))
    assert not on_each_other(texts, pictures)
    assert not outside([*texts, *pictures], *SIZES[paper])
    assert not overlapping(lines)
    assert not beyond(lines, *SIZES[paper])
    assert not [text for text in _cut(lines) if "hostile" not in study]


@pytest.mark.parametrize(("number", "study"), list(enumerate(STUDIES)))
def test_nothing_overlaps_leaves_the_margins_or_is_cut(
    number: int, study: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _is_laid_out(study, *PAGES[number % len(PAGES)], tmp_path, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("paper", SIZES)
@pytest.mark.parametrize("language", ["en", "es", "fa", "fr", "hi"])
@pytest.mark.parametrize("study", STUDIES)
def test_nothing_overlaps_leaves_the_margins_or_is_cut_in_any_language(
    study: str, language: str, paper: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _is_laid_out(study, language, paper, tmp_path, monkeypatch)


def test_what_is_too_long_for_its_field_stands_in_full_on_the_last_page(tmp_path: Path) -> None:
    for study in (hostile_name(), replace(refused_study(), patient=hostile_name().patient)):
        last = texts_of(make_pdf(open_dossier(write_study(study, tmp_path))))[-1]
        flowing = "".join(last.split())
        assert f"Patientnumber:{LONGEST_ID}" in flowing
        assert "Wolfeschlegelsteinhausenbergerdorff" * 4 in flowing


@pytest.fixture
def sheet() -> Iterator[Sheet]:
    """An empty document, which lets go of its typefaces at the end."""
    made = Sheet(words_in("en"), "A4", datetime(2026, 1, 1, tzinfo=UTC), "x")
    made.new_page()
    yield made
    made.finish(lambda *_: None)


@pytest.mark.parametrize("rows", [2, 3, 4, 9])
def test_no_row_and_no_title_stands_alone_wherever_a_table_begins(
    rows: int, sheet: Sheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = record_lines(monkeypatch)
    for start in range(int(sheet.bottom) - 70, int(sheet.bottom), 2):
        sheet.new_page()
        sheet.y, first = float(start), sheet.pdf.page
        draw_table(sheet, (Column("head", 1),), [[f"row {n}"] for n in range(rows)], title="Title")
        by_page = [[line.text for line in lines if line.page == page] for page in (first, first + 1)]
        shown = [sum(text.startswith("row") for text in texts) for texts in by_page]
        assert 1 not in shown, (start, by_page)
        assert sum(shown) == rows
        assert ("Title" in by_page[0]) == bool(shown[0])
        assert all(("head" in texts) == bool(number) for texts, number in zip(by_page, shown, strict=True))


def test_a_cell_that_would_fill_pages_is_cut_before_it_leaves_its_own(sheet: Sheet) -> None:
    draw_table(sheet, (Column("a", 1), Column("b", 9)), [["long " * 700, "short"]] * 2)
    assert sheet.pdf.pages_count == 2
    assert sheet.y <= sheet.bottom + GAP
