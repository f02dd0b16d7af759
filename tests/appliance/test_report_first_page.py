"""The first page when there is too much for it, or too little."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from brain_findings import brain_study
from drawn_boxes import boxes_of
from findings_builders import write_study
from findings_parts import a_picture
from report_pages import Line, overlapping, record_lines, texts_of
from signed_study import CANAL, LOAD, signed
from spine_findings import spine_study

from appliance.findings.study import Outcome, PictureRole
from appliance.report.dossier import open_dossier
from appliance.report.languages import words_in
from appliance.report.pdf import make_pdf
from appliance.report.signature import changes_in_words

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.findings.study import Findings

SIGNATURE = "Decision of the reviewing doctor"


def _first_page(study: Findings, parent: Path, *, lost: bool = False, paper: str = "A4") -> tuple[list[Line], int]:
    """Draw a report; give the lines of its first page and how many pictures are on it, the code not counted."""
    folder = write_study(study, parent)
    for picture in study.pictures if lost else ():
        (folder / picture.file).unlink()
    patch = pytest.MonkeyPatch()
    lines = record_lines(patch)
    try:
        pdf = make_pdf(open_dossier(folder, "District hospital"), paper=paper)
    finally:
        patch.undo()
    _, pictures = boxes_of(pdf)
    return [line for line in lines if line.page == 1], sum(picture.page == 1 for picture in pictures) - 1


def _flowing(lines: list[Line]) -> str:
    return " ".join(line.text for line in lines)


def test_pictures_that_are_gone_are_said_on_the_first_page(tmp_path: Path) -> None:
    lines, pictures = _first_page(brain_study(), tmp_path, lost=True)
    assert pictures == 0
    assert "is missing from the study's folder" in _flowing(lines)


def test_a_study_without_pictures_is_signed_on_its_first_page_all_the_same(tmp_path: Path) -> None:
    lines, pictures = _first_page(replace(brain_study(), pictures=()), tmp_path)
    assert pictures == 0
    assert "missing" not in _flowing(lines)
    assert SIGNATURE in _flowing(lines)


def test_the_picture_is_of_the_slice_with_the_largest_lesion(tmp_path: Path) -> None:
    study = brain_study()
    lines, pictures = _first_page(replace(study, pictures=study.pictures[::-1]), tmp_path)
    assert pictures == 1
    assert "Slice 11 of 20" in _flowing(lines)


def test_without_lesions_the_first_picture_stands_for_the_head(tmp_path: Path) -> None:
    study = brain_study()
    brain = replace(study.brain[0], lesions=(), totals=replace(study.brain[0].totals, count=0))
    lines, pictures = _first_page(replace(study, brain=(brain,), pictures=study.pictures[1:2]), tmp_path)
    assert pictures == 1
    assert "Slice 13 of 20" in _flowing(lines)


def test_a_marked_picture_of_anything_but_a_head_stands_beside_another_kind(tmp_path: Path) -> None:
    marked = a_picture("marked.png", PictureRole.PLAIN_AND_MARKED, "Marked.", "1", 3)
    _, pictures = _first_page(replace(spine_study(), pictures=(marked, *spine_study().pictures)), tmp_path)
    assert pictures == 2


def test_a_spine_shows_one_picture_of_each_view(tmp_path: Path) -> None:
    lines, pictures = _first_page(spine_study(), tmp_path)
    assert pictures == 2
    assert "Slice 8:" in _flowing(lines)
    assert "L4/L5, slice 14" in _flowing(lines)


def test_where_there_is_too_much_to_say_the_rest_is_counted_and_the_picture_stays(tmp_path: Path) -> None:
    study = brain_study()
    remark = study.series[0].quality.remarks[0] if study.series[0].quality else None
    assert remark is not None
    loud = replace(
        study.series[0].quality, remarks=(replace(remark, sentence="Noise. " * 60, advice="Rest. " * 60),) * 9
    )
    told = replace(study, series=(replace(study.series[0], quality=loud),), spine_axial=spine_study().spine_axial * 9)
    lines, pictures = _first_page(told, tmp_path, paper="Letter")
    text = _flowing(lines)
    assert pictures == 1
    assert "more on the pages behind" in text
    assert text.index("more on the pages behind") < text.index(SIGNATURE)


def test_no_advice_is_dropped_without_a_word_and_what_was_not_read_comes_second(tmp_path: Path) -> None:
    study = brain_study()
    quality = study.series[0].quality
    assert quality is not None
    loud = replace(quality, remarks=tuple(replace(quality.remarks[0], advice=f"Do {n}.") for n in range(9)))
    told = replace(study, series=(replace(study.series[0], quality=loud),), outcome=Outcome.PARTLY)
    text = _flowing(_first_page(told, tmp_path)[0])
    assert text.index("Not everything could be read") < text.index("Look first at")
    assert "Do 1." in text
    assert "Do 2." not in text
    assert "7 more on the pages behind." in text


def test_a_study_of_very_many_series_still_has_one_first_page_with_its_signature(tmp_path: Path) -> None:
    study = brain_study()
    lines, _ = _first_page(replace(study, brain=study.brain[:1] * 30), tmp_path, paper="Letter")
    text = _flowing(lines)
    assert "more on the pages behind" in text
    assert SIGNATURE in text
    assert not overlapping(lines)


def test_a_picture_that_needs_a_page_of_words_waits_on_the_pages_behind(tmp_path: Path) -> None:
    study = brain_study()
    told = replace(study.pictures[0], caption="It shows something that takes long to tell. " * 60)
    lines, pictures = _first_page(replace(study, pictures=(told,)), tmp_path)
    assert pictures == 0
    assert not overlapping(lines)
    assert SIGNATURE in _flowing(lines)


def test_what_the_doctor_changed_stands_above_the_automatic_answer(tmp_path: Path) -> None:
    folder = signed(write_study(spine_study(), tmp_path), CANAL)
    first = " ".join(texts_of(make_pdf(open_dossier(folder)))[0].split())
    said = "Changed by the doctor: L4/L5 spinal canal: mild (automatic: serious)."
    assert said in first
    assert first.index(said) < first.index("What was found")


def test_many_changes_are_counted_and_a_study_confirmed_as_it_is_shows_none(tmp_path: Path) -> None:
    folder = signed(write_study(brain_study(), tmp_path), LOAD, *[CANAL] * 8, lesions=2)
    review = open_dossier(folder).review
    assert review is not None
    said = changes_in_words(review, words_in("en"))
    assert said.startswith("Changed by the doctor: severity: severe (automatic: moderate); L4/L5 spinal canal: mild")
    assert said.endswith("; 5 more grades; 2 lesions are none.")
    signed(folder)
    assert "Changed by the doctor" not in texts_of(make_pdf(open_dossier(folder)))[0]
