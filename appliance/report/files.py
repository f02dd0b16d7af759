"""What the files of a study's reports are called, and which of them count: once a doctor signed, the signed ones.

Guarantees: a signed file counts only for the findings and the review that lie beside it now; the automatic one is
never overwritten by it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from appliance.errors import OutpostError
from appliance.findings.review import NAME as REVIEW
from appliance.findings.review import is_of, read_review

if TYPE_CHECKING:
    from pathlib import Path

REPORT = "report.pdf"
SIGNED_REPORT = "report-signed.pdf"
DICOM = "dicom"
SIGNED = "-signed-"
MARK_LETTERS = 8


def signed_by(folder: Path) -> str:
    """Say who signed the findings as they lie there now; nothing if nobody did."""
    try:
        review = read_review(folder)
        return review.signed_by if review is not None and is_of(review, folder) else ""
    except (OutpostError, OSError):
        return ""


def report_of(folder: Path) -> Path:
    """Name a study's PDF: the signed one, if the findings as they lie there are signed."""
    signed = folder / SIGNED_REPORT
    return signed if signed_by(folder) and signed.is_file() else folder / REPORT


def signed_object(folder: Path, automatic: Path) -> Path:
    """Name the object that stands for an automatic one since the doctor signed; each signature has its own."""
    mark = hashlib.sha256((folder / REVIEW).read_bytes()).hexdigest()[:MARK_LETTERS]
    return automatic.with_name(f"{automatic.stem}{SIGNED}{mark}{automatic.suffix}")


def objects_of(folder: Path) -> tuple[Path, ...]:
    """Name the objects that the PACS is to have: the signed ones in place of those that they replace."""
    automatic = sorted(path for path in (folder / DICOM).glob("*.dcm") if SIGNED not in path.stem)
    if not signed_by(folder):
        return tuple(automatic)
    signed = (signed_object(folder, path) for path in automatic)
    return tuple(new if new.is_file() else old for new, old in zip(signed, automatic, strict=True))
