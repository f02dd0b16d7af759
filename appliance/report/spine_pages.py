"""The pages about the lumbar spine: what was graded from above, what was measured from the side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.findings.study import PictureRole
from appliance.report.gallery import draw_gallery
from appliance.report.table import Column, draw_table
from appliance.report.theme import AMBER, AMBER_TINT, BODY, GAP, SMALL
from appliance.report.vocabulary import word

if TYPE_CHECKING:
    from appliance.findings.spine import AxialFindings, AxialLevel, GradeOf, Line, SagittalFindings, SagittalLevel
    from appliance.report.dossier import Dossier
    from appliance.report.sheet import Sheet


def draw_spine_pages(sheet: Sheet, dossier: Dossier) -> None:
    """Draw all that is said about the spine; both views on pages that follow each other."""
    findings = dossier.findings
    if not findings.spine_axial and not findings.spine_sagittal:
        return
    sheet.new_page()
    _disagreements(sheet, dossier)
    for sagittal in findings.spine_sagittal:
        _sagittal(sheet, dossier, sagittal)
    for axial in findings.spine_axial:
        _axial(sheet, dossier, axial)
    _learnt_from(sheet)


def _disagreements(sheet: Sheet, dossier: Dossier) -> None:
    for disagreement in dossier.findings.disagreements:
        sentence = sheet.words.sentence(disagreement.sentence)
        height = sheet.height_of(sentence, BODY, sheet.width - 6) + 3
        sheet.room(height)
        sheet.box(0, sheet.y, sheet.width, height, AMBER_TINT)
        sheet.text(sentence, 3, sheet.y + 1.5, sheet.width - 6, BODY.in_ink(AMBER))
        sheet.y += height + 2


def _sagittal(sheet: Sheet, dossier: Dossier, sagittal: SagittalFindings) -> None:
    words = sheet.words
    columns = (Column(words.say("Level"), 1.6), Column(words.say("At the disc, mm"), 2, "end"),
               Column(words.say("Above, mm"), 1.8, "end"), Column(words.say("Below, mm"), 1.8, "end"),
               Column(words.say("Ratio"), 1.5, "end"), Column(words.say("By the ratio"), 3),
               Column(words.say("By millimetres"), 3))  # fmt: skip
    title = words.say("Sagittal slices: the canal's width")
    draw_table(sheet, columns, [_width(sheet, level) for level in sagittal.levels], title=title)
    sheet.paragraph(words.sentence(sagittal.rule), SMALL, after=0.6)
    sheet.paragraph(words.sentence(sagittal.slice_rule), SMALL, after=0.6)
    _notes(sheet, sagittal.notes)
    draw_gallery(sheet, words.say("Measuring lines"), dossier.shots_of(sagittal.series, PictureRole.SAGITTAL_LINES))
    _discs(sheet, sagittal)


def _width(sheet: Sheet, level: SagittalLevel) -> tuple[str, ...]:
    words = sheet.words
    not_measured = words.say("not measured")
    return (
        level.level,
        *(_millimetres(sheet, line) for line in (level.at_disc, level.above, level.below)),
        words.decimal(level.ratio, 2),
        word(words, level.measured_grade) if level.measured_grade else not_measured,
        word(words, level.millimetre_grade) if level.millimetre_grade else not_measured,
    )


def _millimetres(sheet: Sheet, line: Line | None) -> str:
    return sheet.words.decimal(line.mm if line is not None else None, 1)


def _discs(sheet: Sheet, sagittal: SagittalFindings) -> None:
    graded = [(level.level, grade) for level in sagittal.levels for grade in level.grades]
    if not graded:
        return
    _grades(sheet, graded, sheet.words.say("Discs"))


def _axial(sheet: Sheet, dossier: Dossier, axial: AxialFindings) -> None:
    words = sheet.words
    graded = [(level.level, grade) for level in axial.levels for grade in level.grades]
    _grades(sheet, graded, words.say("Axial slices: grades by level and structure"))
    _names(sheet, axial.levels)
    _notes(sheet, axial.notes)
    draw_gallery(sheet, words.say("Key axial slices"), dossier.shots_of(axial.series, PictureRole.AXIAL_LEVEL))


def _grades(sheet: Sheet, graded: list[tuple[str, GradeOf]], title: str) -> None:
    """Draw a table that names the level in every row: a page may turn between any two."""
    words = sheet.words
    rows = [
        (level, word(words, grade.structure), word(words, grade.grade), words.percent(grade.probability, 0),
         _trust(sheet, grade))
        for level, grade in graded
    ]  # fmt: skip
    columns = (Column(words.say("Level"), 1.6), Column(words.say("Structure"), 4), Column(words.say("Grade"), 3),
               Column(words.say("Probability"), 2, "end"), Column(words.say("Trust"), 3))  # fmt: skip
    draw_table(sheet, columns, rows, title=title)


def _trust(sheet: Sheet, grade: GradeOf) -> str:
    words = sheet.words
    sure = words.say("sure") if grade.sure else words.say("not sure")
    return sure if grade.tested else words.say("{sure}, untested", sure=sure)


def _names(sheet: Sheet, levels: tuple[AxialLevel, ...]) -> None:
    words = sheet.words
    reasons = dict.fromkeys(level.named_by for level in levels)
    for reason in reasons:
        named = words.say(", ").join(level.level for level in levels if level.named_by == reason)
        sheet.paragraph(f"{named}: {words.sentence(reason)}", SMALL, after=0.6)


def _notes(sheet: Sheet, notes: tuple[str, ...]) -> None:
    for note in notes:
        sheet.paragraph(sheet.words.sentence(note), BODY, after=0.8)
    sheet.y += GAP / 2


def _learnt_from(sheet: Sheet) -> None:
    sheet.room(3 * SMALL.line)
    footnote = sheet.words.say(
        "The grades of axial slices were learnt from radiologists' written notes, which a student put into the words "
        "no, mild and serious; those of discs from an expert's gradings of the SPIDER data. “untested” marks what was "
        "never compared with a radiologist's grade on such scans."
    )
    sheet.paragraph(footnote, SMALL, after=GAP)
