"""Everything that a report is made of, read from a study's folder: findings, review, pictures, and their hash.

Guarantees: what the report says of a review is only what a doctor signed for exactly these findings; a review
of an older reading, or a damaged one, is named and not used.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.errors import Unreadable
from appliance.findings.json_file import NAME, read_findings
from appliance.findings.review import Review, read_review
from appliance.report.code import ReportCode, code_of
from appliance.report.marks import N_
from appliance.report.pictures import Drawn, Missing, logo_of, picture_of

if TYPE_CHECKING:
    from appliance.findings.study import Findings, PictureRole

MOST_PICTURES = 24
"""More would make the file too large to send."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture with what it shows."""

    drawn: Drawn
    role: PictureRole
    caption: str
    series: str
    slice_number: int | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """One study, ready to be laid out."""

    findings: Findings
    code: ReportCode
    review: Review | None
    shots: tuple[Shot, ...]
    missing: tuple[Missing, ...]
    notices: tuple[str, ...]
    """What is wrong with the study's folder."""
    clinic: str
    logo: Drawn | None

    def shots_of(self, series: str, *roles: PictureRole) -> tuple[Shot, ...]:
        """Give the pictures of one series in some roles."""
        return tuple(shot for shot in self.shots if shot.series == series and shot.role in roles)


def open_dossier(folder: Path, clinic: str = "", logo: str = "") -> Dossier:
    """Read a study's folder."""
    findings = read_findings(folder / NAME)
    digest = hashlib.sha256((folder / NAME).read_bytes()).hexdigest()
    review, notices = _review(folder, digest)
    shots, missing = _shots(folder, findings)
    mark = logo_of(Path(logo)) if logo else None
    if logo and mark is None:
        notices = (*notices, N_("The clinic's logo could not be read: check clinic.logo in the settings."))
    return Dossier(findings, code_of(findings.study, digest), review, shots, missing, notices, clinic, mark)


def _review(folder: Path, digest: str) -> tuple[Review | None, tuple[str, ...]]:
    try:
        review = read_review(folder)
    except Unreadable as error:
        return None, (str(error),)
    if review is not None and review.findings_sha256 != digest:
        return None, (N_("A doctor's review is there, but of an earlier reading: look at the study and sign again."),)
    return review, ()


def _shots(folder: Path, findings: Findings) -> tuple[tuple[Shot, ...], tuple[Missing, ...]]:
    shots: list[Shot] = []
    missing: list[Missing] = []
    for picture in findings.pictures[:MOST_PICTURES]:
        made = picture_of(folder, picture)
        if isinstance(made, Missing):
            missing.append(made)
        else:
            shots.append(Shot(made, picture.role, picture.caption, picture.series, picture.slice_number))
    return tuple(shots), tuple(missing)
