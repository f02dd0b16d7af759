"""The head of the first page, and the running head and foot of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.report.code import square
from appliance.report.marks import N_
from appliance.report.pictures import Drawn
from appliance.report.theme import (
    ACCENT,
    AMBER,
    AMBER_TINT,
    BODY,
    FOOT,
    GAP,
    HEAD,
    LABEL,
    LINE,
    PANEL,
    QUIET,
    SMALL,
    STRONG,
    TITLE,
    Style,
)  # fmt: skip
from appliance.report.vocabulary import person, word

if TYPE_CHECKING:
    from appliance.findings.study import Findings
    from appliance.report.dossier import Dossier
    from appliance.report.sheet import Sheet

CODE_SIDE = 21.0
LOGO = (34.0, 15.0)
FIELD_LINES = 4
DISCLAIMER = N_("Generated automatically. Not a diagnosis. Follow up with a radiologist.")


def draw_head(sheet: Sheet, dossier: Dossier) -> None:
    """Draw the clinic, the title, the report's number with its code, and who was scanned."""
    words, top = sheet.words, sheet.y
    x = 0.0
    if dossier.logo is not None:
        sheet.picture(dossier.logo, 0, top, *LOGO)
        x = LOGO[0] + GAP
    room = sheet.width - CODE_SIDE - GAP - x
    clinic = dossier.clinic or dossier.findings.examination.institution or ""
    y = top + sheet.text(clinic, x, top, room, Style(10, bold=True, ink=ACCENT), most=2)
    sheet.bookmark(words.say("MRI report"))
    y += sheet.text(words.say("MRI report"), x, y, room, TITLE, most=1)
    number = words.say("Report {number}", number=dossier.code.number)
    sheet.text(number, x, y, room, SMALL, most=2)
    code = Drawn(square(dossier.code), 1, 1, words.say("Code of this report: {code}", code=dossier.code))
    sheet.picture(code, sheet.width - CODE_SIDE, top, CODE_SIDE, CODE_SIDE)
    sheet.y = top + CODE_SIDE + GAP
    _fields(sheet, dossier.findings)
    _notices(sheet, dossier)


def _fields(sheet: Sheet, findings: Findings) -> None:
    top, width = sheet.y, _field_width(sheet)
    values = _values(sheet, findings)
    heights = []
    for row in (values[:4], values[4:]):
        lines = max(min(len(sheet.wrapped(value, STRONG, width - 3)), FIELD_LINES) for _, value in row)
        heights.append(LABEL.line + lines * STRONG.line + 1.5)
    sheet.box(0, top, sheet.width, sum(heights) + 4, PANEL)
    y = top + 2.5
    for height, row in zip(heights, (values[:4], values[4:]), strict=True):
        for number, (label, value) in enumerate(row):
            x = 3 + number * width
            sheet.text(label, x, y, width - 3, LABEL, most=1)
            sheet.text(value, x, y + LABEL.line, width - 3, STRONG, most=FIELD_LINES)
        y += height
    sheet.y = top + sum(heights) + 4 + GAP


def cut_fields(sheet: Sheet, findings: Findings) -> list[str]:
    """Give in full what is too long for its field in the head."""
    width = _field_width(sheet) - 3
    return [
        f"{label}: {value}" for label, value in _values(sheet, findings)
        if len(sheet.wrapped(value, STRONG, width)) > FIELD_LINES
    ]  # fmt: skip


def _field_width(sheet: Sheet) -> float:
    return (sheet.width - 6) / 4


def _values(sheet: Sheet, findings: Findings) -> list[tuple[str, str]]:
    words, patient, examination = sheet.words, findings.patient, findings.examination
    unknown = words.say("not known")
    age = (
        None if patient.age_years is None else words.counted("{number} year", "{number} years", int(patient.age_years))
    )
    kinds = dict.fromkeys(word(words, series.kind) for series in findings.series)
    return [
        (words.say("Patient"), person(patient.name) or unknown),
        (words.say("Patient number"), patient.patient_id or unknown),
        (words.say("Age"), age or unknown),
        (words.say("Sex"), word(words, patient.sex) if patient.sex else unknown),
        (words.say("Study date"), words.day(examination.when) if examination.when else unknown),
        (words.say("What was analysed"), words.say(", ").join(kinds) or unknown),
        (words.say("Accession number"), examination.accession or unknown),
        (words.say("Report made"), words.moment(findings.made_at)),
    ]


def _notices(sheet: Sheet, dossier: Dossier) -> None:
    """Say what is wrong with the report itself, where nobody can miss it."""
    notices = [sheet.words.say(notice) for notice in (sheet.words.notice, *dossier.notices) if notice]
    for notice in notices[:2]:
        height = min(sheet.height_of(notice, BODY, sheet.width - 6), 2 * BODY.line) + 2
        sheet.box(0, sheet.y, sheet.width, height, AMBER_TINT)
        sheet.text(notice, 3, sheet.y + 1, sheet.width - 6, BODY.in_ink(AMBER), most=2)
        sheet.y += height + 1.5


def draw_running_head(sheet: Sheet, dossier: Dossier) -> None:
    """Name the patient and the report on every page but the first."""
    if sheet.pdf.pages_count <= 1:
        return
    patient = dossier.findings.patient
    who = " · ".join(part for part in (person(patient.name), patient.patient_id) if part)
    half = sheet.width / 2 - 2
    sheet.text(who or sheet.words.say("not known"), 0, HEAD - 4, half, SMALL, most=1)
    number = sheet.words.say("Report {number}", number=dossier.code.number)
    sheet.text(number, half + 4, HEAD - 4, half, SMALL.towards("end"), most=1)
    sheet.rule(0, HEAD + 1, sheet.width, LINE)
    sheet.y = HEAD + 1 + GAP


def draw_foot(sheet: Sheet, page: int, pages: int) -> None:
    """Say on every page that this is no diagnosis."""
    y = sheet.page_height - FOOT + 5
    sheet.rule(0, y, sheet.width, LINE)
    number = sheet.words.say("Page {page} of {pages}", page=sheet.words.whole(page), pages=sheet.words.whole(pages))
    style = Style(8, bold=True, ink=QUIET)
    sheet.text(sheet.words.say(DISCLAIMER), 0, y + 1.5, sheet.width - 32, style, most=2)
    sheet.text(number, sheet.width - 30, y + 1.5, 30, SMALL.towards("end"), most=1)
