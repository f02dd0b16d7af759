"""One study's folder → one PDF: a calm first page, then the details.

Guarantees: the same findings, pictures, review, language and paper give the same bytes; every page says that
it is no diagnosis; a study that was refused or failed gets one page with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.findings.study import Outcome
from appliance.report.brain_pages import draw_brain_pages
from appliance.report.first_page import draw_first_page
from appliance.report.further_pages import draw_further_page
from appliance.report.head import draw_foot, draw_running_head
from appliance.report.languages import words_in
from appliance.report.note_page import draw_note
from appliance.report.sheet import Sheet
from appliance.report.spine_pages import draw_spine_pages
from appliance.report.trust_page import draw_trust_page
from appliance.report.vocabulary import person
from appliance.words import shown

if TYPE_CHECKING:
    from appliance.report.dossier import Dossier

UNREAD = frozenset({Outcome.REFUSED, Outcome.FAILED})


def make_pdf(dossier: Dossier, language: str = "en", paper: str = "A4") -> bytes:
    """Lay out one study's report."""
    words = words_in(language)
    title = words.say("MRI report {number}", number=dossier.code.number)
    who = person(dossier.findings.patient.name)
    sheet = Sheet(words, paper, dossier.findings.made_at, f"{title} – {shown(who)}" if who else title)
    sheet.on_new_page = lambda sheet: draw_running_head(sheet, dossier)
    if dossier.findings.outcome in UNREAD:
        draw_note(sheet, dossier)
    else:
        _draw_pages(sheet, dossier)
    return sheet.finish(draw_foot)


def _draw_pages(sheet: Sheet, dossier: Dossier) -> None:
    draw_first_page(sheet, dossier)
    for brain in dossier.findings.brain:
        draw_brain_pages(sheet, dossier, brain)
    draw_spine_pages(sheet, dossier)
    for further in dossier.findings.further:
        draw_further_page(sheet, further)
    draw_trust_page(sheet, dossier)
