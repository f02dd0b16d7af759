"""What else lies on a clinic's CD: a screen shot, a report in DICOM, a DICOMDIR. None of it is a scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.fileset import FileSet
from pydicom.uid import EncapsulatedPDFStorage, SecondaryCaptureImageStorage, generate_uid

from appliance.sample.dicom_writer import save
from appliance.sample.header import instance_uid, series_header
from appliance.sample.scan_spec import Syntax

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from pydicom.dataset import Dataset
    from pydicom.uid import UID

    from appliance.sample.scan_spec import SeriesSpec

_FROM_THE_SCANNER = (
    "MRAcquisitionType",
    "MagneticFieldStrength",
    "ScanningSequence",
    "SequenceVariant",
    "ScanOptions",
    "SequenceName",
    "FrameOfReferenceUID",
    "PositionReferenceIndicator",
)


def write_secondary_capture(path: Path, picture: NDArray[np.uint8], spec: SeriesSpec) -> Path:
    """Write a colour picture ``[row, column, 3]`` as a workstation's screen shot."""
    image = _document(spec, SecondaryCaptureImageStorage, modality="OT", description="Screen shot")
    image.ConversionType = "WSD"
    image.ImageType = ["DERIVED", "SECONDARY"]
    image.SamplesPerPixel = 3
    image.PhotometricInterpretation = "RGB"
    image.PlanarConfiguration = 0
    image.Rows, image.Columns = picture.shape[:2]
    image.BitsAllocated = image.BitsStored = 8
    image.HighBit = 7
    image.PixelRepresentation = 0
    image.PixelData = picture.tobytes() + b"\0" * (picture.size % 2)
    return _save(image, path)


def write_encapsulated_pdf(path: Path, pdf: bytes, spec: SeriesSpec) -> Path:
    """Write a PDF report wrapped in DICOM."""
    report = _document(spec, EncapsulatedPDFStorage, modality="DOC", description="Report")
    report.ConversionType = "WSD"
    report.BurnedInAnnotation = "YES"
    report.DocumentTitle = "Report"
    report.MIMETypeOfEncapsulatedDocument = "application/pdf"
    report.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    return _save(report, path)


def write_dicomdir(folder: Path, files: Iterable[Path], *, seed: str = "sample cd") -> Path:
    """Copy files into the standard's folders ``PT000000/ST000000/SE000000`` with a DICOMDIR over them."""
    folder.mkdir(parents=True, exist_ok=True)
    file_set = FileSet()
    file_set.UID = generate_uid(entropy_srcs=["outpost sample", "file set", seed])
    file_set.ID = "OUTPOST"
    for file in files:
        file_set.add(file)
    file_set.write(folder)
    file_set._stage["t"].cleanup()  # noqa: SLF001 - pydicom leaves its own temporary folder to the garbage collector
    return folder / "DICOMDIR"


def _document(spec: SeriesSpec, sop_class: UID, *, modality: str, description: str) -> Dataset:
    document = series_header(spec)
    for keyword in _FROM_THE_SCANNER:
        if keyword in document:
            delattr(document, keyword)
    document.SOPClassUID = sop_class
    document.SOPInstanceUID = instance_uid(spec, 1)
    document.InstanceNumber = 1
    document.Modality = modality
    document.SeriesDescription = description
    return document


def _save(document: Dataset, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    save(document, path, Syntax.EXPLICIT)
    return path


def pdf_of(sentence: str) -> bytes:
    """Write one sentence on one page, as the smallest PDF that every viewer opens."""
    text = f"BT /F1 14 Tf 72 720 Td ({sentence}) Tj ET".encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(body))
    return body + head + table + trailer
