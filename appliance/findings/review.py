"""What a doctor changed after looking: frozen types, and ``review.json``, which lies beside ``findings.json``.

The automatic value is never overwritten: each change names it beside the doctor's. A review belongs to exactly
one ``findings.json``, by its hash; after a new reading it no longer counts, and ``is_of`` says so.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the exact loader reads the annotations at run time
from typing import TYPE_CHECKING

from appliance.errors import Unreadable
from appliance.exact_json import NotAsAgreed, fitted, parsed, written
from appliance.findings.json_file import NAME as FINDINGS_NAME

if TYPE_CHECKING:
    from pathlib import Path

FORMAT, VERSION, NAME = "outpost-review", 1, "review.json"


@dataclass(frozen=True, slots=True)
class GradeChanged:
    """One grade that the doctor sees otherwise."""

    series: str
    """``SeriesRead.id``."""
    level: str
    """``L4/L5``; empty for the severity of a brain's lesion load."""
    structure: str
    """``canal``, ``left_foramen``, …, or ``severity``."""
    automatic: str
    doctor: str


@dataclass(frozen=True, slots=True)
class LesionRejected:
    """One lesion that the doctor says is none."""

    series: str
    number: int
    """``LesionFound.number``."""


@dataclass(frozen=True, slots=True)
class Review:
    """All that a doctor decided about one study, signed."""

    format: str
    version: int
    study: str
    findings_sha256: str
    """Of the ``findings.json`` that was looked at."""
    grades: tuple[GradeChanged, ...]
    lesions: tuple[LesionRejected, ...]
    note: str
    signed_by: str
    signed_at: datetime


def review_text(review: Review) -> str:
    """Write a review as text that ``read_review`` reads back to the same."""
    return written(review)


def read_review(folder: Path) -> Review | None:
    """Read the review of the study in a folder; ``None`` if nobody signed one."""
    path = folder / NAME
    try:
        return fitted(parsed(path.read_text(encoding="utf-8")), Review)
    except FileNotFoundError:
        return None
    except (OSError, NotAsAgreed, UnicodeDecodeError) as error:
        raise Unreadable(
            f"The doctor's review {folder.name}/{NAME} is damaged or cannot be opened ({error}).",
            advice="Open the study, look at it again and sign it again.",
        ) from error


def is_of(review: Review, folder: Path) -> bool:
    """Say whether a review was made of the findings that lie in the folder now."""
    return review.findings_sha256 == findings_digest(folder)


def findings_digest(folder: Path) -> str:
    """Return the SHA-256 of a study's ``findings.json``."""
    return hashlib.sha256((folder / FINDINGS_NAME).read_bytes()).hexdigest()
