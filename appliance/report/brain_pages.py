"""The pages about one FLAIR of the brain: numbers first, then pictures, then every lesion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.findings.study import PictureRole
from appliance.measure.change import Fate
from appliance.report.charts import draw_shares, draw_standings
from appliance.report.gallery import draw_gallery
from appliance.report.table import Column, draw_table
from appliance.report.theme import BODY, GAP, SECTION, SMALL
from appliance.report.vocabulary import word

if TYPE_CHECKING:
    from appliance.findings.brain import BrainFindings, ChangeSince, LesionFound, Spot
    from appliance.report.dossier import Dossier
    from appliance.report.sheet import Sheet


def draw_brain_pages(sheet: Sheet, dossier: Dossier, brain: BrainFindings) -> None:
    """Draw all that is said about one FLAIR."""
    sheet.new_page()
    _measures(sheet, brain)
    _regions(sheet, brain)
    _population(sheet, brain)
    if brain.change is not None:
        _change(sheet, brain.change)
    _pictures(sheet, dossier, brain)
    _lesions(sheet, brain)


def _measures(sheet: Sheet, brain: BrainFindings) -> None:
    words, totals = sheet.words, brain.totals
    rows = [
        (words.say("Isolated lesions"), words.whole(totals.count), ""),
        (words.say("Volume of the lesions"), words.decimal(totals.volume_ml, 2), words.say("ml")),
        (words.say("Lesions, share of the brain"), words.decimal(_percent(totals.share_of_brain), 2), "%"),
        (words.say("Severity of the load"), word(words, brain.severity), ""),
        (words.say("Brain with its ventricles"), words.decimal(brain.brain_ml, 0), words.say("ml")),
        (words.say("Ventricles"), words.decimal(brain.ventricle_ml, 1), words.say("ml")),
        (words.say("Ventricles, share of the brain"), words.decimal(_percent(brain.ventricle_share), 2), "%"),
        (words.say("Spots too small to count"), words.decimal(totals.too_small_ml, 3), words.say("ml")),
        (words.say("Uncertain places, not counted"), words.whole(len(brain.candidates)), ""),
    ]
    draw_table(sheet, (Column(words.say("Measure"), 5), Column(words.say("Value"), 2, "end"),
                       Column(words.say("Unit"), 1)), rows, title=words.say("Brain: what was measured"))  # fmt: skip
    sheet.paragraph(words.sentence(brain.severity_rule), SMALL, after=0.8)
    for note in brain.notes:
        sheet.paragraph(words.sentence(note), BODY, after=0.8)
    sheet.y += GAP / 2


def _regions(sheet: Sheet, brain: BrainFindings) -> None:
    words, whole = sheet.words, brain.totals.volume_ml
    if not brain.totals.by_region:
        return
    rows = [
        (word(words, part.region), words.whole(part.count), words.decimal(part.volume_ml, 2),
         words.percent(part.volume_ml / whole if whole else None, 1))
        for part in brain.totals.by_region
    ]  # fmt: skip
    placed = sum(part.count for part in brain.totals.by_region)
    rest_ml = max(whole - sum(part.volume_ml for part in brain.totals.by_region), 0.0)
    if brain.totals.count > placed:
        share = words.percent(rest_ml / whole if whole else None, 1)
        rows.append(
            (words.say("No region"), words.whole(brain.totals.count - placed), words.decimal(rest_ml, 2), share)
        )
    rows.append((words.say("All"), words.whole(brain.totals.count), words.decimal(whole, 2),
                 words.percent(1.0 if whole else None, 1)))  # fmt: skip
    columns = (Column(words.say("Region"), 5), Column(words.say("Lesions"), 2, "end"),
               Column(words.say("Volume, ml"), 2, "end"),
               Column(words.say("Share of the volume"), 2, "end"))  # fmt: skip
    draw_table(sheet, columns, rows, title=words.say("Where the lesions lie"), strong_last=True)
    parts = [(word(words, part.region), part.volume_ml) for part in brain.totals.by_region]
    draw_shares(sheet, [*parts, (words.say("No region"), rest_ml)] if brain.totals.count > placed else parts)
    sheet.paragraph(words.sentence(brain.region_rule), SMALL, after=GAP)


def _population(sheet: Sheet, brain: BrainFindings) -> None:
    words = sheet.words
    sheet.room(40)
    sheet.paragraph(words.say("Among people of the same age and sex"), SECTION, after=1.5)
    if brain.population.standings:
        draw_standings(sheet, brain.population.standings)
    for note in brain.population.notes:
        sheet.paragraph(words.sentence(note), SMALL, after=0.6)
    if brain.population.source:
        sheet.paragraph(words.sentence(brain.population.source), SMALL, after=0.6)
    sheet.y += GAP


def _change(sheet: Sheet, change: ChangeSince) -> None:
    words = sheet.words
    sheet.room(45)
    title = words.say("Change since {day}", day=words.day(change.earlier.when))
    sheet.paragraph(title, SECTION, after=1.5)
    if change.compared:
        then_now = words.say("Lesion volume then {before} ml, now {now} ml.", before=words.decimal(change.before_ml, 2),
                             now=words.decimal(change.now_ml, 2))  # fmt: skip
        sheet.paragraph(then_now, BODY, after=1.5)
    rows = [
        (word(words, fate.fate), _numbers(sheet, fate.now), words.decimal(fate.before_ml, 2),
         words.decimal(fate.now_ml, 2),
         words.say("something unsure was here before") if fate.unsure_before else "")
        for fate in change.lesions if fate.fate is not Fate.STABLE
    ]  # fmt: skip
    if rows:
        columns = (Column(words.say("What became of it"), 3), Column(words.say("Lesion now"), 2),
                   Column(words.say("Then, ml"), 2, "end"), Column(words.say("Now, ml"), 2, "end"),
                   Column(words.say("Remark"), 4))  # fmt: skip
        draw_table(sheet, columns, rows)
    stable = sum(fate.fate is Fate.STABLE for fate in change.lesions)
    if stable:
        sheet.paragraph(words.counted("{number} lesion is unchanged.", "{number} lesions are unchanged.", stable))
    for sentence in (change.rule, *change.notes):
        sheet.paragraph(words.sentence(sentence), SMALL, after=0.6)
    sheet.y += GAP


def _pictures(sheet: Sheet, dossier: Dossier, brain: BrainFindings) -> None:
    words, series = sheet.words, brain.series
    slices = dossier.shots_of(series, PictureRole.PLAIN_AND_MARKED, PictureRole.KEY_SLICE)
    draw_gallery(sheet, words.say("Key slices, plain and outlined"), slices)
    relevance = words.say("Bright where the model looked; it shows what the answer rests on, not what is ill.")
    draw_gallery(sheet, words.say("What the answer rests on"), dossier.shots_of(series, PictureRole.RELEVANCE),
                 explained=relevance)  # fmt: skip
    draw_gallery(sheet, words.say("What looks unusual"), dossier.shots_of(series, PictureRole.ANOMALY),
                 explained=words.sentence(brain.anomaly.rule) if brain.anomaly else "")  # fmt: skip
    _anomalies(sheet, brain)
    draw_gallery(sheet, words.say("Before and now"), dossier.shots_of(series, PictureRole.CHANGE))


def _anomalies(sheet: Sheet, brain: BrainFindings) -> None:
    if brain.anomaly is None or not brain.anomaly.regions:
        return
    words = sheet.words
    rows = [
        (words.whole(region.number), words.whole(region.spot.slice_number), words.decimal(region.volume_ml, 2),
         words.decimal(region.highest, 2), _place(sheet, region.spot))
        for region in brain.anomaly.regions
    ]  # fmt: skip
    columns = (Column(words.say("Unusual place"), 2), Column(words.say("Slice"), 1, "end"),
               Column(words.say("Volume, ml"), 2, "end"), Column(words.say("How unusual, 0 to 1"), 2, "end"),
               Column(words.say("Where, mm (right, front, up)"), 4, "end"))  # fmt: skip
    draw_table(sheet, columns, rows, title=words.say("Every unusual place"))


def _lesions(sheet: Sheet, brain: BrainFindings) -> None:
    if not brain.lesions:
        return
    words = sheet.words
    columns = (Column(words.say("No."), 1, "end"), Column(words.say("Region"), 2.4),
               Column(words.say("Slice"), 1.3, "end"),
               Column(words.say("Volume, ml"), 2, "end"), Column(words.say("Probability"), 3, "end"),
               Column(words.say("To ventricle, mm"), 2, "end"), Column(words.say("To surface, mm"), 2, "end"),
               Column(words.say("Where, mm (right, front, up)"), 4, "end"))  # fmt: skip
    title = words.say("Every lesion, the largest first")
    draw_table(sheet, columns, [_lesion(sheet, lesion) for lesion in brain.lesions], title=title)


def _lesion(sheet: Sheet, lesion: LesionFound) -> tuple[str, ...]:
    words = sheet.words
    probability = words.percent(lesion.mean_probability, 0)
    unsure = lesion.sure is False
    return (
        words.whole(lesion.number),
        lesion.region or "–",
        words.whole(lesion.spot.slice_number),
        words.decimal(lesion.volume_ml, 3),
        words.say("{probability}, not sure", probability=probability) if unsure else probability,
        words.decimal(lesion.to_ventricle_mm, 1),
        words.decimal(lesion.to_surface_mm, 1),
        _place(sheet, lesion.spot),
    )


def _place(sheet: Sheet, spot: Spot) -> str:
    return " / ".join(sheet.words.decimal(value, 0) for value in spot.centre_mm)


def _numbers(sheet: Sheet, numbers: tuple[int, ...]) -> str:
    return sheet.words.say(", ").join(sheet.words.whole(number) for number in numbers) or "–"


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
