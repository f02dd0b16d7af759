"""The one-page note for a study that was refused or failed: why, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.findings.study import Outcome
from appliance.report.head import cut_fields, draw_head
from appliance.report.signature import SIGNATURE_HEIGHT, draw_signature
from appliance.report.theme import ANSWER, BODY, GAP, QUESTION, RED, SMALL, STRONG

if TYPE_CHECKING:
    from appliance.findings.study import Problem
    from appliance.report.dossier import Dossier
    from appliance.report.sheet import Sheet

MOST_OF_A_FIELD = 6
"""Lines: a longer name is an attack, and the note has one page."""


def draw_note(sheet: Sheet, dossier: Dossier) -> None:
    """Draw it, on one page whatever there is to say."""
    words, findings = sheet.words, dossier.findings
    sheet.new_page()
    draw_head(sheet, dossier)
    refused = findings.outcome is Outcome.REFUSED
    answer = words.say("This study was not read.") if refused else words.say("Reading this study failed.")
    sheet.paragraph(answer, ANSWER.in_ink(RED), after=1)
    why = (
        words.say("The reason lies in the files. Nothing is said about the patient: neither ill nor well.")
        if refused
        else words.say("The reason lies in this program or machine. Nothing is said about the patient: neither ill "
                       "nor well.")
    )  # fmt: skip
    sheet.paragraph(why, BODY, after=GAP)
    for field in cut_fields(sheet, findings):
        sheet.y += sheet.text(field, 0, sheet.y, sheet.width, SMALL, most=MOST_OF_A_FIELD) + 1
    end = sheet.bottom - SIGNATURE_HEIGHT - 2 * GAP
    _problems(sheet, findings.problems, end)
    sheet.y = sheet.bottom - SIGNATURE_HEIGHT
    draw_signature(sheet, dossier)


def _problems(sheet: Sheet, problems: tuple[Problem, ...], end: float) -> None:
    words, width = sheet.words, sheet.width - 4
    for number, problem in enumerate(problems):
        parts = (
            (words.say("Why"), QUESTION),
            (words.sentence(problem.sentence), STRONG),
            (words.say("What to do"), QUESTION),
            (words.sentence(problem.advice), BODY),
        )
        height = sum(sheet.height_of(text, style, width) for text, style in parts) + GAP
        if sheet.y + height + SMALL.line > end:
            more = len(problems) - number
            sheet.paragraph(words.counted("{number} more reason stands in findings.json.",
                                          "{number} more reasons stand in findings.json.", more), SMALL)  # fmt: skip
            return
        for text, style in parts:
            sheet.paragraph(text, style, after=0.6)
        sheet.y += GAP
