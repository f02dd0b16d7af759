"""Axial T1 slices of the lumbar spine (Sudirman et al. 2019) with grades that were read off report text.

A grade is *thecal-sac compression as worded by a radiologist*: ``student`` is the published coding,
``worded`` is ours by ``radiology_notes``. Neither was read off the picture. An unreadable picture is left
out and listed; the others are kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from appliance.errors import NothingToRead, Unreadable
from training.datasets.pictures_in import read_grey, read_table
from training.datasets.radiology_notes import Degree, NoteReading, Side, Structure, read_note

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

GRADES = ("No", "Mild", "Serious")
LEVELS = ("L3/L4", "L4/L5", "L5/S1")
SPACING_MM = 0.6875
BOTH_WEIGHTINGS = (342, 389)
"""Patients of whom T1 and T2 are here: never trained on, so that both can be compared."""
HEADS = ("canal", "left_foramen", "right_foramen", "left_subarticular", "right_subarticular")


@dataclass(frozen=True, slots=True)
class AxialSlice:
    """One slice at one disc, and what is said about it."""

    file: str
    patient: int
    level: str
    pixels: NDArray[np.uint8] = field(repr=False)
    student: int | None = None
    """Index into ``GRADES``."""
    worded: tuple[int | None, ...] = (None,) * len(HEADS)
    """By the written rule, for each of ``HEADS``."""
    note_group: int = 0
    """Patients whose notes have the same words share a group."""


@dataclass(frozen=True, slots=True)
class AxialSet:
    """All slices of a folder, and those that could not be read."""

    slices: tuple[AxialSlice, ...]
    left_out: tuple[str, ...]


def read_axial(folder: Path) -> AxialSet:
    """Read a folder laid out like ``axial_t1``; ``notes.csv`` may be missing."""
    rows = read_table(folder / "index.csv", ("file", "patient", "level", "note_grade"))
    notes = _notes(folder)
    readings = {patient: read_note(note) for patient, note in notes.items()}
    groups = note_groups(notes, (int(row["patient"]) for row in rows))
    slices, left_out = [], []
    for row in rows:
        try:
            slices.append(_slice(folder, row, readings, groups))
        except Unreadable as error:
            left_out.append(str(error))
    if not slices:
        raise NothingToRead(f"No slice of {folder.name} can be read.", advice="Check that images/ is complete.")
    return AxialSet(tuple(slices), tuple(left_out))


def _notes(folder: Path) -> dict[int, str]:
    path = folder / "notes.csv"
    rows = read_table(path, ("patient", "note")) if path.is_file() else []
    return {int(row["patient"]): row["note"] for row in rows}


def _slice(folder: Path, row: dict[str, str], readings: dict[int, NoteReading], groups: dict[int, int]) -> AxialSlice:
    patient, grade = int(row["patient"]), row["note_grade"]
    if grade and grade not in GRADES:
        raise Unreadable(f"The grade “{grade}” of {row['file']} is not known.", advice=f"Use one of {GRADES}.")
    reading = readings.get(patient)
    return AxialSlice(
        row["file"],
        patient,
        row["level"],
        read_grey(folder / "images" / row["file"]),
        GRADES.index(grade) if grade else None,
        worded_grades(reading, row["level"]) if reading else (None,) * len(HEADS),
        groups[patient],
    )


def worded_grades(reading: NoteReading, level: str) -> tuple[int | None, ...]:
    """Give the rule's grade for each head: 0 none, 1 touched, mild or a bulge alone, 2 pressed."""
    canal = _grade(reading.degree(level, Structure.THECAL_SAC))
    if canal == 0 and level in reading.bulges:
        canal = 1
    sides = [_foramen(reading, level, side) for side in (Side.LEFT, Side.RIGHT)]
    recesses = [_grade(reading.degree(level, Structure.LATERAL_RECESS, side)) for side in (Side.LEFT, Side.RIGHT)]
    return (canal, *sides, *recesses)


def _foramen(reading: NoteReading, level: str, side: Side) -> int | None:
    found = [reading.degree(level, structure, side) for structure in (Structure.FORAMEN, Structure.NERVE_ROOT)]
    known = [degree for degree in found if degree is not None]
    return _grade(max(known)) if known else None


def _grade(degree: Degree | None) -> int | None:
    if degree is None:
        return None
    return 0 if degree is Degree.DENIED else 1 if degree <= Degree.MILD else 2


def note_groups(notes: dict[int, str], patients: Iterable[int]) -> dict[int, int]:
    """Group the patients so that those whose notes have the same words get the same number."""
    first: dict[str, int] = {}
    groups = {}
    for patient in patients:
        words = " ".join(re.findall(r"[a-z0-9]+", notes.get(patient, "").lower()))
        groups[patient] = first.setdefault(words, patient) if words else patient
    return groups


def pair_weightings(t1: NDArray[np.uint8], candidates: dict[str, NDArray[np.uint8]]) -> tuple[str, float]:
    """Name the T2 slice that shows the same place as a T1 slice, by the correlation of their edges."""
    wanted = _edges(t1)
    scores = {name: float((wanted * _edges(t2)).sum()) for name, t2 in candidates.items()}
    best = max(scores, key=lambda name: scores[name])
    return best, scores[best]


def _edges(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    edges = ndimage.gaussian_gradient_magnitude(np.sqrt(pixels.astype(np.float64)), 1.5)[40:220, 40:200]
    edges = np.minimum(edges, np.percentile(edges, 98))
    edges = edges - edges.mean()
    return edges / max(float(np.linalg.norm(edges)), 1e-9)
