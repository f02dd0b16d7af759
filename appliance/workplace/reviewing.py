"""A doctor's review while it is being made: what can be changed, what was changed, and what it becomes when signed.

``Draft`` decides and touches nothing. ``sign`` checks the PIN, writes ``review.json`` whole or not at all, makes the
report again with both values, and tells the ledger, so that the audit chain has it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from appliance.findings.review import FORMAT, VERSION, GradeChanged, LesionRejected, Review, findings_digest
from appliance.measure.severity import Severity
from appliance.workplace.tongue import say, stable_word

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.findings import Findings
    from appliance.findings.review import Review as PastReview

LONGEST_NOTE = 4000
"""Characters: a page of a report."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a doctor may see otherwise."""

    key: tuple[str, str, str]
    """Series, level, structure."""
    title: str
    automatic: str
    choices: tuple[str, ...]
    """The other words for it; empty for a lesion, which is there or is not."""
    lesion: int | None = None


@dataclass(slots=True)
class Draft:
    """What was changed so far."""

    items: tuple[Item, ...]
    note: str = ""
    _changed: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _rejected: set[tuple[str, str, str]] = field(default_factory=set)

    def change(self, item: Item, grade: str) -> None:
        """Take the doctor's grade; the automatic one takes a change back."""
        if grade == item.automatic:
            self._changed.pop(item.key, None)
        elif grade in item.choices:
            self._changed[item.key] = grade

    def toggle(self, item: Item) -> None:
        """Reject a lesion, or take that back."""
        self._rejected ^= {item.key}

    def doctors_value(self, item: Item) -> str:
        """Say how the doctor sees it; nothing where that is as it was found."""
        if item.lesion is not None:
            return say("no lesion") if item.key in self._rejected else ""
        return self._changed.get(item.key, "")

    def changes(self) -> int:
        """Count what differs from the automatic result."""
        return len(self._changed) + len(self._rejected)

    def take_back_up(self, past: PastReview) -> None:
        """Go on from a review that was signed before."""
        grades = {(each.series, each.level, each.structure): each.doctor for each in past.grades}
        lesions = {(each.series, each.number) for each in past.lesions}
        for item in self.items:
            if item.key in grades:
                self.change(item, grades[item.key])
            if item.lesion is not None and (item.key[0], item.lesion) in lesions:
                self._rejected.add(item.key)
        self.note = past.note

    def review(self, study: str, digest: str, name: str, at: datetime) -> Review:
        """Make the review that is signed."""
        grades = tuple(
            GradeChanged(*item.key, item.automatic, self._changed[item.key])
            for item in self.items
            if item.key in self._changed
        )
        lesions = tuple(
            LesionRejected(item.key[0], item.lesion)
            for item in self.items
            if item.lesion is not None and item.key in self._rejected
        )
        return Review(FORMAT, VERSION, study, digest, grades, lesions, self.note[:LONGEST_NOTE], name, at)


def draft_of(findings: Findings) -> Draft:
    """Name everything in the findings that a doctor may see otherwise."""
    return Draft((*_brains(findings), *_axials(findings), *_sagittals(findings)))


def now() -> datetime:
    """Say when something is signed."""
    return datetime.now(UTC).astimezone()


def digest_of(folder: Path) -> str:
    """Name the findings that are being looked at, by their hash."""
    return findings_digest(folder)


def _brains(findings: Findings) -> Iterator[Item]:
    words = tuple(severity.value for severity in Severity)
    for brain in findings.brain:
        yield Item((brain.series, "", "severity"), say("Lesion load"), brain.severity.value, words)
        for lesion in brain.lesions:
            region = stable_word(lesion.region) if lesion.region else say("place not known")
            title = say("Lesion {number}, slice {slice}, {region}", number=lesion.number,
                        slice=lesion.spot.slice_number, region=region)  # fmt: skip
            key = (brain.series, str(lesion.number), "lesion")
            yield Item(key, title, f"{lesion.volume_ml:.2f} ml", (), lesion.number)


def _axials(findings: Findings) -> Iterator[Item]:
    for axial in findings.spine_axial:
        for level in axial.levels:
            for grade in level.grades:
                title = f"{level.level} {stable_word(grade.structure)}"
                yield Item((axial.series, level.level, grade.structure), title, grade.grade, tuple(grade.probabilities))


def _sagittals(findings: Findings) -> Iterator[Item]:
    for sagittal in findings.spine_sagittal:
        for level in sagittal.levels:
            if level.measured_grade is not None:
                choices = tuple(grade.value for grade in type(level.measured_grade))
                key = (sagittal.series, level.level, "canal")
                yield Item(key, say("{level} canal, measured", level=level.level), level.measured_grade.value, choices)
            for grade in level.grades:
                title = say("{level} disc, {structure}", level=level.level, structure=stable_word(grade.structure))
                key = (sagittal.series, level.level, grade.structure)
                yield Item(key, title, grade.grade, tuple(grade.probabilities))
