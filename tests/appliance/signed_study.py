"""A study's folder as it stands after a doctor signed it on the screen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from appliance.findings.review import FORMAT, NAME, VERSION, GradeChanged, LesionRejected, Review, review_text
from appliance.report.dossier import open_dossier

if TYPE_CHECKING:
    from pathlib import Path

SIGNED_AT = datetime(2026, 4, 22, 10, 0, tzinfo=UTC)
LOAD = GradeChanged("1", "", "severity", "Moderate", "Severe")
CANAL = GradeChanged("1", "L4/L5", "canal", "Serious", "Mild")


def signed(folder: Path, *grades: GradeChanged, lesions: int = 0, note: str = "") -> Path:
    """Sign it, with some grades changed and the first so many lesions rejected."""
    rejected = tuple(LesionRejected("1", number) for number in range(1, lesions + 1))
    review = Review(FORMAT, VERSION, folder.name, open_dossier(folder).code.sha256, grades, rejected, note,
                    "Dr. Rahimi", SIGNED_AT)  # fmt: skip
    (folder / NAME).write_text(review_text(review), encoding="utf-8")
    return folder
