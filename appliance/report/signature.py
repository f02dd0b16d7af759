"""Where the doctor decides and signs, and what the doctor already changed on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.report.table import Column, draw_table
from appliance.report.theme import BODY, GAP, INK, LABEL, LINE, QUESTION, QUIET, SECTION, STRONG, TINT
from appliance.report.vocabulary import word

if TYPE_CHECKING:
    from appliance.findings.review import Review
    from appliance.report.dossier import Dossier
    from appliance.report.languages import Words
    from appliance.report.sheet import Sheet

SIGNATURE_HEIGHT = 35.0
MOST_CHANGES = 4
"""Named above the answers; the table has all of them."""
BOX = 3.2


def draw_signature(sheet: Sheet, dossier: Dossier) -> None:
    """Draw the strip for name, decision and signature; filled in where the doctor signed on the screen."""
    words, review = sheet.words, dossier.review
    sheet.rule(0, sheet.y, sheet.width, INK, 0.3)
    y = sheet.y + 2.5
    sheet.text(words.say("Decision of the reviewing doctor"), 0, y, sheet.width, QUESTION, most=1)
    y += QUESTION.line + 1.5
    choices = (words.say("Confirmed"), words.say("Confirmed with changes"), words.say("Not confirmed"))
    ticked = None if review is None else int(bool(review.grades or review.lesions))
    third = (sheet.width - 2 * GAP) / 3
    for number, choice in enumerate(choices):
        x = number * (third + GAP)
        sheet.frame(x, y + 0.8, BOX, BOX)
        if number == ticked:
            sheet.box(x + 0.7, y + 1.5, BOX - 1.4, BOX - 1.4, INK, round_by=0)
        sheet.text(choice, x + BOX + 2, y, third - BOX - 2, BODY, most=1)
    y += BODY.line + 9
    signed = ("", "", "") if review is None else (review.signed_by, words.say("signed on the screen"),
                                                  words.moment(review.signed_at))  # fmt: skip
    for number, label in enumerate((words.say("Name"), words.say("Signature"), words.say("Date"))):
        x = number * (third + GAP)
        sheet.text(signed[number], x, y - STRONG.line - 0.5, third, STRONG, most=1)
        sheet.rule(x, y, third, QUIET)
        sheet.text(label, x, y + 0.8, third, LABEL, most=1)


def draw_changes(sheet: Sheet, review: Review) -> None:
    """Say above the automatic answers what the doctor who signed sees otherwise, so that nobody reads past it."""
    said = changes_in_words(review, sheet.words)
    if not said:
        return
    height = sheet.height_of(said, STRONG, sheet.width - 6) + 3
    sheet.box(0, sheet.y, sheet.width, height, TINT)
    sheet.text(said, 3, sheet.y + 1.5, sheet.width - 6, STRONG)
    sheet.y += height + 2.5


def changes_in_words(review: Review, words: Words) -> str:
    """Name the changed grades with their automatic values beside, and count the lesions that are none."""
    named = [
        words.say("{what}: {doctor} (automatic: {automatic})",
                  what=" ".join(filter(None, (change.level, word(words, change.structure).lower()))),
                  doctor=word(words, change.doctor).lower(), automatic=word(words, change.automatic).lower())
        for change in review.grades[:MOST_CHANGES]
    ]  # fmt: skip
    if len(review.grades) > MOST_CHANGES:
        more = len(review.grades) - MOST_CHANGES
        named.append(words.counted("{number} more grade", "{number} more grades", more))
    if review.lesions:
        named.append(words.counted("{number} lesion is none", "{number} lesions are none", len(review.lesions)))
    return words.say("Changed by the doctor: {changes}.", changes=words.say("; ").join(named)) if named else ""


def draw_review(sheet: Sheet, review: Review) -> None:
    """Show what the doctor sees otherwise, beside the automatic value, and the doctor's note."""
    words = sheet.words
    rows = [
        (change.level or words.say("Brain"), word(words, change.structure), word(words, change.automatic),
         word(words, change.doctor))
        for change in review.grades
    ] + [
        (words.say("Lesion {number}", number=words.whole(lesion.number)), words.say("Lesion"), words.say("counted"),
         words.say("no lesion"))
        for lesion in review.lesions
    ]  # fmt: skip
    if rows:
        columns = (Column(words.say("Where"), 2), Column(words.say("What"), 3), Column(words.say("Automatic"), 2),
                   Column(words.say("Doctor"), 2))  # fmt: skip
        draw_table(sheet, columns, rows, title=words.say("What the doctor changed"))
    else:
        sheet.paragraph(words.say("What the doctor changed"), SECTION, after=1.5)
        sheet.paragraph(words.say("Nothing was changed."), after=GAP)
    if review.note.strip():
        sheet.paragraph(words.say("The doctor's note"), STRONG, after=0.8)
        sheet.paragraph(review.note, BODY, after=GAP)
    signed = words.say("Signed by {name}, {moment}.", name=review.signed_by, moment=words.moment(review.signed_at))
    sheet.paragraph(signed, BODY, after=GAP)
    sheet.rule(0, sheet.y, sheet.width, LINE)
    sheet.y += GAP
