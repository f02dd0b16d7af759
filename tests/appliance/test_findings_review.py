"""A doctor's review beside the findings: it comes back as it was written, and counts for those findings alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from appliance.errors import Unreadable
from appliance.findings.json_file import NAME as FINDINGS
from appliance.findings.review import (
    FORMAT,
    NAME,
    VERSION,
    GradeChanged,
    LesionRejected,
    Review,
    findings_digest,
    is_of,
    read_review,
    review_text,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / FINDINGS).write_text("{}", encoding="utf-8")
    return tmp_path


def reviewed(folder: Path) -> Review:
    return Review(
        FORMAT,
        VERSION,
        "brain-1",
        findings_digest(folder),
        (GradeChanged("1", "", "severity", "Moderate", "Mild"),),
        (LesionRejected("1", 4),),
        "Lesion 4 is a vessel.\nSeen on T1.",
        "Dr. آذر",
        datetime(2026, 4, 21, 9, 0, tzinfo=UTC),
    )


def test_a_review_is_read_back_as_it_was_written(folder: Path) -> None:
    review = reviewed(folder)
    (folder / NAME).write_text(review_text(review), encoding="utf-8")
    assert read_review(folder) == review


def test_no_review_is_no_error(folder: Path) -> None:
    assert read_review(folder) is None


@pytest.mark.parametrize("content", [b"{", b"\xff", b'{"format": 1}'])
def test_a_damaged_review_says_what_to_do(folder: Path, content: bytes) -> None:
    (folder / NAME).write_bytes(content)
    with pytest.raises(Unreadable, match="sign it again"):
        read_review(folder)


def test_a_review_does_not_count_for_a_newer_reading(folder: Path) -> None:
    review = reviewed(folder)
    assert is_of(review, folder)
    (folder / FINDINGS).write_text("{ }", encoding="utf-8")
    assert not is_of(review, folder)
