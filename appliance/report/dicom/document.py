"""The report's pages → an encapsulated PDF of the study."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from highdicom.sr import CodedConcept
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian

from appliance.report.dicom import codes
from appliance.report.dicom.source import FIRST_SERIES, MAKER, NEEDED, PRODUCT, SERIAL, Scan, finish, uid_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.report.dossier import Dossier

COPIED = (*NEEDED, "StudyInstanceUID", "SpecificCharacterSet", "PatientAge", "StudyDescription")
TITLE = "MRI second reading: automatic, not a diagnosis"


def document_of(dossier: Dossier, scans: Sequence[Scan], pdf: bytes, number: int) -> Dataset:
    """Wrap the pages; other pages, as in another language, are another object of the same series."""
    made = Dataset()
    source = scans[0].headers[0]
    for keyword in COPIED:
        if keyword in source:
            setattr(made, keyword, source.get(keyword))
    made.SOPClassUID = EncapsulatedPDFStorage
    made.SOPInstanceUID = uid_for(dossier, "DOC", pages_digest(pdf))
    made.SeriesInstanceUID = uid_for(dossier, "DOC", "series")
    made.Modality, made.ConversionType = "DOC", "WSD"
    made.SeriesNumber, made.InstanceNumber = FIRST_SERIES + number, 1
    made.Manufacturer, made.ManufacturerModelName, made.DeviceSerialNumber = MAKER, PRODUCT, SERIAL
    made.AcquisitionDateTime = ""
    made.SourceInstanceSequence = [_reference(header) for scan in scans for header in scan.headers]
    made.BurnedInAnnotation = "YES"
    made.DocumentTitle = TITLE
    made.ConceptNameCodeSequence = [CodedConcept.from_code(codes.REPORT)]
    made.MIMETypeOfEncapsulatedDocument = "application/pdf"
    made.EncapsulatedDocumentLength = len(pdf)
    made.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    made.file_meta = FileMetaDataset()
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return finish(made, dossier, "Outpost: report (automatic, not a diagnosis)")


def pages_digest(pdf: bytes) -> str:
    """Tell pages from others."""
    return hashlib.sha256(pdf).hexdigest()


def _reference(header: Dataset) -> Dataset:
    """Refer to an image that the report is about."""
    image = Dataset()
    image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = header.SOPClassUID, header.SOPInstanceUID
    return image
