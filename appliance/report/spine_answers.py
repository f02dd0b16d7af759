"""What the first page says of the spine: one headline for both views, then each view by itself.

Guarantees: the headline speaks for the worse of both views and says where they disagree; a view that graded or
measured nothing is never said to have seen nothing narrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.report.canal import CANAL, View, badness_of, canals_of, from_the_side, worst_of
from appliance.report.vocabulary import is_remarkable, word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.findings.spine import AxialFindings, GradeOf, SagittalFindings
    from appliance.findings.study import Findings
    from appliance.report.canal import Seen
    from appliance.report.languages import Words

MOST_LEVELS = 4
"""Named on the first page; the tables have all of them."""


def spine_headline(findings: Findings, words: Words) -> str | None:
    """Say in one breath how narrow the canal is by the worse of both views, and where they disagree."""
    if not findings.spine_axial and not findings.spine_sagittal:
        return None
    sentences = [_canal(canals_of(findings), words), *_beside(findings, words)]
    return " ".join(filter(None, (*sentences, views_disagree(findings, words))))


def views_disagree(findings: Findings, words: Words) -> str:
    """Say where the two views disagree, if they do."""
    if not findings.disagreements:
        return ""
    levels = disagreeing(findings, words)
    return words.say("The two views disagree at {levels}: look at both.", levels=levels)


def disagreeing(findings: Findings, words: Words) -> str:
    """Name the levels at which the views disagree."""
    return words.say(", ").join(dict.fromkeys(each.level for each in findings.disagreements))


def axial_found(axial: AxialFindings, words: Words) -> str:
    """Say what the view from above shows."""
    graded = [(level.level, grade) for level in axial.levels for grade in level.grades]
    if not graded:
        return words.say("Axial slices: no level could be graded.")
    named = [structure_in_words(level, g, words) for level, g in graded if is_remarkable(g.structure, g.grade)]
    if not named:
        return words.say("Axial slices: no narrowing was seen at the levels that were graded.")
    return words.say("Axial slices: {levels}.", levels=_listed(named, words))


def sagittal_found(sagittal: SagittalFindings, words: Words) -> str:
    """Say what the view from the side shows, by the ratio or by millimetres."""
    measured = from_the_side(sagittal)
    if not measured:
        return words.say("Sagittal slices: the canal could not be measured at any level.")
    named = [
        words.say("{level} {grade}", level=seen.level, grade=word(words, seen.grade))
        for seen in measured if seen.badness
    ]  # fmt: skip
    if not named:
        return words.say("Sagittal slices: the canal is not narrowed at the levels that were measured.")
    return words.say("Sagittal slices: the canal is narrow at {levels}.", levels=_listed(named, words))


def discs_found(sagittal: SagittalFindings, words: Words) -> Iterator[str]:
    """Name the levels whose discs a doctor would want to look at."""
    named = [
        level.level for level in sagittal.levels
        if any(is_remarkable(grade.structure, grade.grade) for grade in level.grades)
    ]  # fmt: skip
    if named:
        yield words.say("Discs: changes at {levels}; their grades are on the pages behind.",
                        levels=words.say(", ").join(named))  # fmt: skip


def structure_in_words(level: str, grade: GradeOf, words: Words) -> str:
    """Name one graded structure at one level."""
    return words.say("{level}: {structure} {grade}", level=level, structure=word(words, grade.structure).lower(),
                     grade=word(words, grade.grade).lower())  # fmt: skip


def _canal(canals: tuple[Seen, ...], words: Words) -> str:
    worst = worst_of(canals)
    if worst is None:
        return words.say("The spinal canal could not be judged at any level.")
    if worst.seen.badness:
        said = words.say("; ").join(_said(seen, words) for seen in worst.by_view)
        return words.say("Spinal canal narrow, worst at {level} ({said}).", level=worst.seen.level, said=said)
    views = {seen.view for seen in canals}
    if len(views) > 1:
        return words.say("No narrowing of the spinal canal was seen, neither on axial nor on sagittal slices.")
    if View.AXIAL in views:
        return words.say("No narrowing of the spinal canal was seen on axial slices.")
    return words.say("No narrowing of the spinal canal was seen on sagittal slices.")


def _said(seen: Seen, words: Words) -> str:
    grade = word(words, seen.grade).lower()
    if seen.mm is not None:
        return words.say("sagittal: {grade}, {mm} mm", grade=grade, mm=words.decimal(seen.mm, 1))
    if seen.view is View.SAGITTAL:
        return words.say("sagittal: {grade}", grade=grade)
    return words.say("axial: {grade}", grade=grade)


def _beside(findings: Findings, words: Words) -> Iterator[str]:
    """Name the worst place beside the canal where it is worse than the canal itself."""
    beside = [
        (badness_of(grade.structure, grade.grade), level.level, grade)
        for axial in findings.spine_axial for level in axial.levels for grade in level.grades
        if grade.structure != CANAL
    ]  # fmt: skip
    worst = worst_of(canals_of(findings))
    badness, level, grade = max(beside, key=lambda place: place[0], default=(0, "", None))
    if grade is not None and badness > (worst.seen.badness if worst else 0):
        yield words.say("Worst beside it: {place}.", place=structure_in_words(level, grade, words))


def _listed(named: list[str], words: Words) -> str:
    listed = words.say("; ").join(named[:MOST_LEVELS])
    more = len(named) - MOST_LEVELS
    return listed if more <= 0 else words.counted("{listed}; {number} more", "{listed}; {number} more", more,
                                                  listed=listed)  # fmt: skip
