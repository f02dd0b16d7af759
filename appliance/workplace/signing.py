"""Signing a review: name and PIN, then the review, the report with both values, the PACS objects, and the audit chain.

In this order, so that a pulled plug leaves no signature without its review: ``review.json`` is written whole, the
report and the signed DICOM objects are made from it, and then the ledger is told the hashes of all. A review that
the ledger does not know is signed again by signing again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance import __version__
from appliance.atomic import write_whole
from appliance.errors import Misuse
from appliance.findings.review import NAME, review_text
from appliance.ledger import open_ledger, output_of
from appliance.report.dicom.signed import write_signed
from appliance.report.dossier import open_dossier
from appliance.report.files import SIGNED_REPORT
from appliance.workplace.doctors import check_pin
from appliance.workplace.handing_out import make_report
from appliance.workplace.reviewing import digest_of, now
from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.ledger import Anchor
    from appliance.settings import Clinic
    from appliance.workplace.reviewing import Draft


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signs."""

    name: str
    pin: str


@dataclass(frozen=True, slots=True)
class Signed:
    """What became of it."""

    anchor: Anchor
    notices: tuple[str, ...]
    """What the PACS will not get."""


def sign(
    folder: Path, study: str, draft: Draft, digest: str, signature: Signature, clinic: Clinic, doctors: Path
) -> Signed:
    """Sign a study's review; ``digest`` names the findings that the doctor looked at."""
    name = " ".join(signature.name.split())
    check_pin(doctors, name, signature.pin)
    if digest_of(folder) != digest:
        raise Misuse(
            say("The study was read again while it was being reviewed."),
            advice=say("Open it again and look at the new result."),
        )
    review = draft.review(study, digest, name, now())
    write_whole(folder / NAME, review_text(review).encode())
    report = make_report(folder, SIGNED_REPORT, clinic)
    answers = write_signed(folder, open_dossier(folder, clinic.name, clinic.logo), report.read_bytes())
    written = tuple(output_of(path, folder.parent) for path in (folder / NAME, report, *answers.files))
    with open_ledger(folder.parent, operator=name, app_version=__version__).ledger as ledger:
        return Signed(ledger.reviewed(study, written), answers.notices)
