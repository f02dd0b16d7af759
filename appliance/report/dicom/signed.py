"""A doctor's signature → the report and the measurements for the PACS once more, signed.

Guarantees: they are new objects in series of their own, which name those that they replace; what was made before
stays on the disk as it was. They are made of the automatic objects, so the scan itself need not be there any more.
An object that cannot be made costs itself alone and is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pydicom
from pydicom.errors import InvalidDicomError

from appliance.report.dicom.amended import Content
from appliance.report.dicom.answers import FOREIGN, NOT_MADE, Answers, put
from appliance.report.dicom.document import pages_digest
from appliance.report.dicom.source import FIRST_SERIES, uid_for
from appliance.report.files import DICOM, SIGNED, signed_object
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

    from pydicom.dataset import Dataset

    from appliance.findings.review import Review
    from appliance.report.dossier import Dossier

    Maker: TypeAlias = Callable[[Dataset, "Signing", bytes], str]

PAGES, MEASUREMENTS = "report", "measurements"
DOCUMENT_SERIES, MEASUREMENTS_SERIES = FIRST_SERIES + 3, FIRST_SERIES + 4
UIDS = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
ANY_LETTERS = "ISO_IR 192"
LONGEST_NAME = 64
NO_ORGANISATION = "Not named"
TITLE = "MRI second reading: automatic, signed by a doctor"
WARNING = "Made automatically, research use only; looked at and signed by the doctor who is named in it."
NOT_OF_THIS = "it belongs to another reading of this study"


@dataclass(frozen=True, slots=True)
class Signing:
    """One signature of one result."""

    dossier: Dossier
    review: Review
    mark: str
    """Names the signature, as the files do."""

    @property
    def person(self) -> str:
        """The doctor's name as DICOM holds one whose parts are not told apart: in one piece, with a ``^`` behind it."""
        return _without(self.review.signed_by, "^=\\")[: LONGEST_NAME - 1].strip() + "^"

    @property
    def organisation(self) -> str:
        """Who the doctor answers to."""
        known = self.dossier.clinic or self.dossier.findings.examination.institution or NO_ORGANISATION
        return _without(known, "\\")[:LONGEST_NAME]


def write_signed(folder: Path, dossier: Dossier, pdf: bytes) -> Answers:
    """Write the signed objects of a study that a doctor just signed; nothing for one that has no objects."""
    assert dossier.review is not None  # whoever calls has signed
    files: list[Path] = []
    notices: list[str] = []
    for name, make in ((PAGES, _document), (MEASUREMENTS, _measurements)):
        automatic = folder / DICOM / f"{name}.dcm"
        if not automatic.is_file():
            continue
        place = signed_object(folder, automatic)
        signing = Signing(dossier, dossier.review, place.stem.rpartition(SIGNED)[2])
        try:
            files.append(put(place, _made(automatic, place, signing, pdf, make)))
        except (*FOREIGN, InvalidDicomError, OSError) as error:
            notices.append(NOT_MADE.format(name=place.stem, why=shown(str(error) or type(error).__name__)))
    return Answers(tuple(files), tuple(notices))


def _made(automatic: Path, place: Path, signing: Signing, pdf: bytes, make: Maker) -> Dataset:
    made = pydicom.dcmread(automatic)
    if made.SeriesInstanceUID != uid_for(signing.dossier, made.Modality, "series"):
        raise ValueError(NOT_OF_THIS)
    made.decode()
    made.SpecificCharacterSet = ANY_LETTERS
    earlier = automatic.parent.glob(f"{automatic.stem}{SIGNED}*.dcm")
    made.PredecessorDocumentsSequence = [_reference(path) for path in (automatic, *sorted(earlier)) if path != place]
    _head(made, signing, make(made, signing, pdf))
    return made


def _document(made: Dataset, _signing: Signing, pdf: bytes) -> str:
    """Put the signed pages in, and tell them from those in other languages."""
    made.DocumentTitle = TITLE
    made.SeriesNumber, made.SeriesDescription = DOCUMENT_SERIES, "Outpost: report, signed by a doctor"
    made.EncapsulatedDocumentLength = len(pdf)
    made.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    return pages_digest(pdf)


def _measurements(made: Dataset, signing: Signing, _pdf: bytes) -> str:
    """Put the review in, with the doctor who answers for the content."""
    Content(made, signing.dossier).amend(signing.review, signing.person)
    made.SeriesNumber, made.SeriesDescription = MEASUREMENTS_SERIES, "Outpost: measurements, signed by a doctor"
    observer = pydicom.Dataset()
    observer.VerifyingObserverName = signing.person
    observer.VerifyingOrganization = signing.organisation
    observer.VerificationDateTime = f"{signing.review.signed_at:%Y%m%d%H%M%S%z}"
    observer.VerifyingObserverIdentificationCodeSequence = []
    made.VerifyingObserverSequence = [observer]
    return ""


def _head(made: Dataset, signing: Signing, version: str) -> None:
    """Give the object its own UIDs, and the time of the signature."""
    when = signing.review.signed_at
    made.VerificationFlag = "VERIFIED"
    made.SeriesInstanceUID = uid_for(signing.dossier, made.Modality, "signed", signing.mark, "series")
    made.SOPInstanceUID = uid_for(signing.dossier, made.Modality, "signed", signing.mark, version)
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    made.SeriesDate = made.ContentDate = made.InstanceCreationDate = when.strftime("%Y%m%d")
    made.SeriesTime = made.ContentTime = made.InstanceCreationTime = when.strftime("%H%M%S")
    made.ImageComments = WARNING


def _reference(path: Path) -> Dataset:
    """Refer to a document that this one replaces."""
    old = pydicom.dcmread(
        path, specific_tags=["SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"]
    )
    instance, series, study = pydicom.Dataset(), pydicom.Dataset(), pydicom.Dataset()
    instance.ReferencedSOPClassUID, instance.ReferencedSOPInstanceUID = old.SOPClassUID, old.SOPInstanceUID
    series.SeriesInstanceUID, series.ReferencedSOPSequence = old.SeriesInstanceUID, [instance]
    study.StudyInstanceUID, study.ReferencedSeriesSequence = old.StudyInstanceUID, [series]
    return study


def _without(text: str, signs: str) -> str:
    return " ".join("".join(" " if sign in signs else sign for sign in text).split())
