"""Signing a review: name and PIN, then the review, the report with both values, and the audit chain.

In this order, so that a pulled plug leaves no signature without its review: ``review.json`` is written whole, the
report is made from it, and then the ledger is told the hashes of both. A review that the ledger does not know is
signed again by signing again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance import __version__
from appliance.atomic import write_whole
from appliance.errors import Misuse
from appliance.findings.review import NAME, review_text
from appliance.ledger import open_ledger, output_of
from appliance.workplace.doctors import check_pin
from appliance.workplace.handing_out import make_report
from appliance.workplace.results_list import SIGNED_REPORT
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


def sign(
    folder: Path, study: str, draft: Draft, digest: str, signature: Signature, clinic: Clinic, doctors: Path
) -> Anchor:
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
    written = tuple(output_of(path, folder.parent) for path in (folder / NAME, report))
    with open_ledger(folder.parent, operator=name, app_version=__version__).ledger as ledger:
        return ledger.reviewed(study, written)
