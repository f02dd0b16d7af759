"""The last page: how good the scan was, what was left out, what computed the result, and how long it took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.report.head import cut_fields
from appliance.report.signature import draw_review
from appliance.report.table import Column, draw_table
from appliance.report.theme import AMBER, BODY, GAP, SECTION, SMALL, STRONG
from appliance.report.vocabulary import word

if TYPE_CHECKING:
    from appliance.findings.study import ModelUsed, Problem, SeriesRead
    from appliance.report.dossier import Dossier
    from appliance.report.sheet import Sheet

HASH_LETTERS = 16


def draw_trust_page(sheet: Sheet, dossier: Dossier) -> None:
    """Draw it."""
    sheet.new_page()
    if dossier.review is not None:
        draw_review(sheet, dossier.review)
    _scans(sheet, dossier)
    draw_problems(sheet, dossier.findings.problems)
    _notes(sheet, dossier)
    _models(sheet, dossier)
    _origin(sheet, dossier)


def _scans(sheet: Sheet, dossier: Dossier) -> None:
    words, findings = sheet.words, dossier.findings
    columns = (Column(words.say("Scan"), 3), Column(words.say("Series"), 4), Column(words.say("Scanner"), 3),
               Column(words.say("Slices, spacing in mm"), 4), Column(words.say("Quality"), 3))  # fmt: skip
    title = words.say("The scans, and how good they are")
    draw_table(sheet, columns, [_scan(sheet, series) for series in findings.series], title=title)
    for series in findings.series:
        for remark in series.quality.remarks if series.quality else ():
            sheet.paragraph(f"{words.sentence(remark.sentence)} {words.sentence(remark.advice)}",
                            BODY.in_ink(AMBER), after=0.8)  # fmt: skip
        for warning in series.warnings:
            sheet.paragraph(words.sentence(warning), BODY, after=0.8)
        sheet.paragraph(words.say("{scan} was recognised: {why}", scan=word(words, series.kind),
                                  why=words.sentence(series.why)), SMALL, after=0.8)  # fmt: skip
    sheet.y += GAP


def _scan(sheet: Sheet, series: SeriesRead) -> tuple[str, ...]:
    words = sheet.words
    unknown = words.say("not known")
    field = None if series.field_strength_t is None else words.say("{tesla} T", tesla=words.decimal(
        series.field_strength_t, 1))  # fmt: skip
    scanner = " ".join(part for part in (series.manufacturer, series.model, field) if part)
    spacing = unknown
    if series.grid is not None:
        millimetres = " × ".join(words.decimal(gap, 2) for gap in series.grid.spacing_mm)
        spacing = f"{words.whole(series.grid.shape[2])}; {millimetres}"
    name = " ".join(part for part in (series.description, series.part) if part) or series.first_file
    quality = word(words, series.quality.verdict) if series.quality else words.say("not judged")
    return (word(words, series.kind), name, scanner or unknown, spacing, quality)


def draw_problems(sheet: Sheet, problems: tuple[Problem, ...]) -> None:
    """Say what was not read, why, and what to do."""
    if not problems:
        return
    words = sheet.words
    sheet.room(30)
    sheet.paragraph(words.say("What was not read, and what to do"), SECTION, after=1.5)
    for problem in problems:
        sheet.paragraph(words.sentence(problem.sentence), STRONG, after=0.3)
        sheet.paragraph(words.sentence(problem.advice), BODY, after=1.8)
    sheet.y += GAP / 2


def _notes(sheet: Sheet, dossier: Dossier) -> None:
    words = sheet.words
    notes = [words.sentence(note) for note in dossier.findings.notes]
    notes += cut_fields(sheet, dossier.findings)
    notes += [words.say(missing.problem, file=missing.file) for missing in dossier.missing]
    unseen = len(dossier.findings.pictures) - len(dossier.shots) - len(dossier.missing)
    if unseen > 0:
        notes.append(words.counted("{number} more picture lies in the study's folder.",
                                   "{number} more pictures lie in the study's folder.", unseen))  # fmt: skip
    if not notes:
        return
    sheet.room(20)
    sheet.paragraph(words.say("Remarks"), SECTION, after=1.5)
    for note in notes:
        sheet.paragraph(note, BODY, after=0.8)
    sheet.y += GAP


def _models(sheet: Sheet, dossier: Dossier) -> None:
    if not dossier.findings.models:
        return
    words = sheet.words
    columns = (Column(words.say("Model"), 3), Column(words.say("Version"), 1.6), Column(words.say("Made on"), 2),
               Column(words.say("SHA-256, beginning"), 3), Column(words.say("Ran on"), 5))  # fmt: skip
    rows = [_model(sheet, model) for model in dossier.findings.models]
    draw_table(sheet, columns, rows, title=words.say("What computed the result"))
    reasons = dict.fromkeys(
        sentence for m in dossier.findings.models for e in m.engines for sentence in (e.reason, *e.notes)
    )
    for reason in reasons:
        sheet.paragraph(words.sentence(reason), SMALL, after=0.6)
    sheet.y += GAP


def _model(sheet: Sheet, model: ModelUsed) -> tuple[str, ...]:
    engines = dict.fromkeys(f"{engine.network}: {engine.engine} {engine.precision}" for engine in model.engines)
    return (model.task, model.version, model.made_on, model.sha256[:HASH_LETTERS],
            sheet.words.say("; ").join(engines))  # fmt: skip


def _origin(sheet: Sheet, dossier: Dossier) -> None:
    words, findings = sheet.words, dossier.findings
    sheet.room(35)
    sheet.paragraph(words.say("Where this report comes from"), SECTION, after=1.5)
    if findings.timings:
        seconds = words.decimal(sum(timing.seconds for timing in findings.timings), 1)
        sheet.paragraph(words.say("Reading took {seconds} s.", seconds=seconds), BODY, after=0.6)
    made = words.say("Made by {program} {version} on {moment} from “{source}”.", program=findings.program.name,
                     version=findings.program.version, moment=words.moment(findings.made_at),
                     source=findings.source)  # fmt: skip
    sheet.paragraph(made, BODY, after=0.6)
    check = words.say("To check this page against the ledger: outpost ledger check FOLDER CODE, with the code of the "
                      "first page.")  # fmt: skip
    sheet.paragraph(check, BODY, after=0.6)
    sheet.paragraph(str(dossier.code), SMALL, after=0.6)
    sheet.paragraph(words.sentence(findings.disclaimer), SMALL, after=0.6)
    if sheet.fonts.missing:
        signs = words.counted(
            "{number} character could not be drawn, because no typeface for it is installed: it stands as �.",
            "{number} different characters could not be drawn, because no typeface for them is installed: they stand "
            "as �.",
            len(sheet.fonts.missing),
        )
        sheet.paragraph(signs, BODY.in_ink(AMBER), after=0.6)
