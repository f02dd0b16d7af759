"""A structured report's content as the doctor sees it who signed it; the automatic value stays beside each change.

Guarantees: every change of the review is in the content, or ``KeyError`` says which one has no place in it. What was
automatic is kept under a name that begins with “Automatic: ”; a rejected lesion is no finding of a lesion any more
and does not count.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from highdicom.sr import (
    CodeContentItem,
    CodedConcept,
    ContainerContentItem,
    ContentSequence,
    ObserverContext,
    PersonObserverIdentifyingAttributes,
    RelationshipTypeValues,
    TextContentItem,
)  # fmt: skip
from pydicom.sr.codedict import codes

from appliance.report.dicom import codes as own
from appliance.report.dicom.source import uid_for
from appliance.report.dicom.structured import evaluated, load_grade, load_measurements

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydicom.dataset import Dataset

    from appliance.findings.brain import BrainFindings
    from appliance.findings.review import GradeChanged, LesionRejected, Review
    from appliance.report.dossier import Dossier

AUTOMATIC = "Automatic: "
GROUP, TRACKING_UID, FINDING, PROCEDURE = "125007", "112040", "121071", "121058"
"""Codes of DICOM's own list for parts of the content."""


class Content:
    """The content's tree, in which groups of measurements are found by what they are of."""

    def __init__(self, root: Dataset, dossier: Dossier) -> None:
        self._root = root
        self._dossier = dossier
        self._groups = {
            str(item.UID): group
            for group in _all_items(root)
            if _name_of(group) == GROUP
            for item in group.ContentSequence
            if _name_of(item) == TRACKING_UID
        }

    def amend(self, review: Review, person: str) -> None:
        """Put a review into the content, and its doctor among the observers."""
        for change in review.grades:
            self._regrade(change)
        for lesion in review.lesions:
            self._reject(lesion)
        for brain in self._dossier.findings.brain:
            self._count_again(brain, {each.number for each in review.lesions if each.series == brain.series})
        if review.note.strip():
            self._root.ContentSequence.append(_note(review.note))
        self._observed_by(person)

    def _regrade(self, change: GradeChanged) -> None:
        if change.structure == "severity" and not change.level:
            (item,) = load_grade(change.doctor)
            _replace(self._group(change.series, "all lesions"), item)
            return
        (item,) = evaluated(change.structure, change.doctor)
        _replace(self._group(change.series, f"{change.level} from above", f"{change.level} from the side"), item)

    def _reject(self, lesion: LesionRejected) -> None:
        item = CodeContentItem(codes.DCM.Finding, own.NO_LESION, RelationshipTypeValues.CONTAINS)
        _replace(self._group(lesion.series, f"lesion {lesion.number}"), item)

    def _count_again(self, brain: BrainFindings, rejected: set[int]) -> None:
        """Leave the rejected lesions out of number, volume and share."""
        if not rejected:
            return
        group, totals = self._group(brain.series, "all lesions"), brain.totals
        volume = sum(lesion.volume_ml for lesion in brain.lesions if lesion.number in rejected)
        left = max(totals.volume_ml - volume, 0.0)
        share = totals.share_of_brain
        less = share * left / totals.volume_ml if share is not None and totals.volume_ml else share
        for measurement in load_measurements(totals.count - len(rejected), left, less):
            (item,) = measurement
            _replace(group, item)

    def _group(self, series: str, *names: str) -> Dataset:
        for name in names:
            uid = str(uid_for(self._dossier, "tracked", series, name))
            if uid in self._groups:
                return self._groups[uid]
        raise KeyError(f"there is no {names[0]} in it")

    def _observed_by(self, person: str) -> None:
        """Name the doctor after the program, where observers stand."""
        items = self._root.ContentSequence
        place = next(at for at, item in enumerate(items) if _name_of(item) == PROCEDURE)
        observer = ObserverContext(codes.DCM.Person, PersonObserverIdentifyingAttributes(person))
        for at, item in enumerate(observer):
            items.insert(place + at, item)


def _all_items(root: Dataset) -> Iterable[Dataset]:
    for item in root.get("ContentSequence") or ():
        yield item
        yield from _all_items(item)


def _name_of(item: Dataset) -> str:
    names = item.get("ConceptNameCodeSequence")
    return str(names[0].CodeValue) if names else ""


def _replace(group: Dataset, new: Dataset) -> None:
    """Give an item of a group the doctor's value, and keep the automatic one beside it."""
    for item in group.ContentSequence:
        if _name_of(item) == _name_of(new):
            kept = _kept(item)
            for keyword in ("ConceptCodeSequence", "MeasuredValueSequence"):
                if keyword in item:
                    setattr(item, keyword, new.get(keyword))
            group.ContentSequence.append(kept)
            return
    raise KeyError(f"there is no {_name_of(new)} in it")


def _kept(item: Dataset) -> Dataset:
    kept = deepcopy(item)
    name = item.ConceptNameCodeSequence[0]
    code = own.own(f"auto-{name.CodeValue}", AUTOMATIC + str(name.CodeMeaning))
    kept.ConceptNameCodeSequence = [CodedConcept.from_code(code)]
    return kept


def _note(text: str) -> Dataset:
    container = ContainerContentItem(own.EVALUATIONS, relationship_type=RelationshipTypeValues.CONTAINS)
    container.ContentSequence = ContentSequence(
        [TextContentItem(codes.DCM.Comment, text, RelationshipTypeValues.CONTAINS)]
    )
    return container
