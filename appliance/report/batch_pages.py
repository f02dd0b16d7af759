"""A batch of studies → one PDF: how many, each in one line, and what was not read and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from appliance.report.batch import UNREAD, refused_rows
from appliance.report.canal import CANAL, Badness, badness_of, canals_of, worst_of
from appliance.report.head import draw_foot
from appliance.report.languages import words_in
from appliance.report.sheet import Sheet
from appliance.report.spine_answers import structure_in_words, views_disagree
from appliance.report.table import Column, draw_table
from appliance.report.theme import BODY, FIGURE, GAP, LABEL, PANEL, SMALL, STRONG, TITLE
from appliance.report.vocabulary import person, word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.findings.study import Findings
    from appliance.report.batch import Batch
    from appliance.report.canal import Seen
    from appliance.report.languages import Words

NEVER = datetime(2000, 1, 1, tzinfo=UTC)
"""Of a batch without a study that can be read: its pages still have the same bytes each time."""
TILE = 17.0


def make_batch_pages(batch: Batch, clinic: str, language: str, paper: str) -> bytes:
    """Lay out a batch's report."""
    words = words_in(language)
    made_at = batch.made_at or NEVER
    sheet = Sheet(words, paper, made_at, words.say("Batch report {name}", name=batch.name))
    sheet.new_page()
    if clinic:
        sheet.paragraph(clinic, STRONG, after=0)
    sheet.paragraph(words.say("Batch report"), TITLE, after=0.5)
    until = words.say("{name}, read until {moment}", name=batch.name, moment=words.moment(batch.made_at))
    sheet.paragraph(until, SMALL, after=GAP)
    _tiles(sheet, batch)
    _studies(sheet, batch)
    _refused(sheet, batch)
    return sheet.finish(draw_foot)


def _tiles(sheet: Sheet, batch: Batch) -> None:
    words = sheet.words
    lesions = sum(bool(study.brain and study.brain[0].totals.count) for study in batch.read)
    narrow = sum(_is_narrow(study) for study in batch.read)
    tiles = (
        (words.say("Studies"), len(batch.studies) + len(batch.unread)),
        (words.say("Read"), len(batch.read)),
        (words.say("With brain lesions"), lesions),
        (words.say("With a severely narrow canal"), narrow),
        (words.say("Not read"), len(batch.studies) - len(batch.read) + len(batch.unread)),
    )
    width = (sheet.width - GAP * (len(tiles) - 1)) / len(tiles)
    for number, (label, value) in enumerate(tiles):
        x = number * (width + GAP)
        sheet.box(x, sheet.y, width, TILE + LABEL.line, PANEL)
        sheet.text(label, x + 2.5, sheet.y + 2, width - 5, LABEL, most=2)
        sheet.text(words.whole(value), x + 2.5, sheet.y + TILE - 4.5, width - 5, FIGURE, most=1)
    sheet.y += TILE + LABEL.line + 2 * GAP


def _is_narrow(study: Findings) -> bool:
    worst = worst_of(canals_of(study))
    return worst is not None and worst.seen.badness is Badness.SEVERE


def _studies(sheet: Sheet, batch: Batch) -> None:
    words = sheet.words
    if not batch.read:
        return
    columns = (Column(words.say("Study"), 3), Column(words.say("Patient"), 3.5), Column(words.say("Age"), 1, "end"),
               Column(words.say("Study date"), 2.4), Column(words.say("What was found"), 7))  # fmt: skip
    rows = [_row(sheet, study) for study in batch.studies if study.outcome not in UNREAD]
    draw_table(sheet, columns, rows, title=words.say("Every study"))


def _row(sheet: Sheet, study: Findings) -> tuple[str, ...]:
    words, patient = sheet.words, study.patient
    age = "–" if patient.age_years is None else words.whole(int(patient.age_years))
    return (study.study, person(patient.name) or patient.patient_id or "–", age, words.day(study.examination.when),
            _in_short(sheet, study))  # fmt: skip


def _in_short(sheet: Sheet, study: Findings) -> str:
    words = sheet.words
    parts = []
    for brain in study.brain[:1]:
        lesions = words.counted("{number} lesion, {ml} ml, {severity}", "{number} lesions, {ml} ml, {severity}",
                                brain.totals.count, ml=words.decimal(brain.totals.volume_ml, 2),
                                severity=word(words, brain.severity))  # fmt: skip
        parts.append(lesions)
        if brain.anomaly is not None and brain.anomaly.regions:
            parts.append(words.counted("{number} unusual place", "{number} unusual places", len(brain.anomaly.regions)))
    parts += [_narrowing(words, seen) for seen in canals_of(study) if seen.badness]
    parts += _beside(study, words)
    said = words.say("; ").join(parts) or words.say("nothing remarkable")
    apart = views_disagree(study, words)
    return f"{said}. {apart}" if apart else said


def _narrowing(words: Words, seen: Seen) -> str:
    grade = word(words, seen.grade).lower()
    if seen.mm is None:
        return words.say("{level} {grade}", level=seen.level, grade=grade)
    return words.say("{level} {grade}, {mm} mm", level=seen.level, grade=grade, mm=words.decimal(seen.mm, 1))


def _beside(study: Findings, words: Words) -> Iterator[str]:
    """Name what is badly narrow beside the canal and count the rest: nothing else in the row would say so."""
    graded = [
        (badness_of(grade.structure, grade.grade), level.level, grade)
        for axial in study.spine_axial for level in axial.levels for grade in level.grades
        if grade.structure != CANAL
    ]  # fmt: skip
    yield from (
        structure_in_words(level, grade, words) for badness, level, grade in graded if badness is Badness.SEVERE
    )
    milder = sum(Badness.NONE < badness < Badness.SEVERE for badness, _, _ in graded)
    if milder:
        yield words.counted("{number} milder narrowing beside the canal", "{number} milder narrowings beside the canal",
                            milder)  # fmt: skip


def _refused(sheet: Sheet, batch: Batch) -> None:
    words = sheet.words
    rows = list(refused_rows(batch))
    if not rows:
        sheet.paragraph(words.say("Everything was read."), BODY)
        return
    columns = (Column(words.say("Study"), 2), Column(words.say("Why"), 5), Column(words.say("What to do"), 4))
    told = [(study, words.sentence(why), words.sentence(advice)) for study, _, why, advice in rows]
    draw_table(sheet, columns, told, title=words.say("What was not read, and what to do"))
