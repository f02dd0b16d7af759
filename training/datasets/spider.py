"""SPIDER (van der Graaf et al. 2024) as sagittal slices: masks, and an expert's grades per disc.

``sagittal_masks`` holds slices with masks (1 vertebra, 2 disc, 3 canal), ``sagittal_mid`` mid-sagittal
slices with ``gradings.csv``, where discs are counted from L5/S1 upward. A mask that does not fit its
image is an error that names the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appliance.errors import Unreadable
from training.datasets.pictures_in import read_grey, read_labels, read_table

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

CLASSES = ("background", "vertebra", "disc", "canal")
TASKS: dict[str, int] = {
    "pfirrmann": 5,
    "narrowing": 2,
    "bulging": 2,
    "herniation": 2,
    "spondylolisthesis": 2,
    "upper_endplate": 2,
    "lower_endplate": 2,
    "modic": 4,
}
"""What the expert graded, and how many grades it has; Pfirrmann 1–5 is kept as 0–4."""


@dataclass(frozen=True, slots=True)
class MaskedSlice:
    """One sagittal slice and its truth."""

    file: str
    patient: int
    pixels: NDArray[np.uint8] = field(repr=False)
    labels: NDArray[np.uint8] = field(repr=False)


@dataclass(frozen=True, slots=True)
class MidSlice:
    """One mid-sagittal slice and the grades of its patient's discs."""

    file: str
    patient: int
    weighting: str
    pixels: NDArray[np.uint8] = field(repr=False)
    grades: dict[int, tuple[int, ...]] = field(repr=False)
    """By the disc's number from L5/S1 upward; one value for each of ``TASKS``."""


def read_masked(folder: Path) -> tuple[MaskedSlice, ...]:
    """Read a folder laid out like ``sagittal_masks``."""
    rows = read_table(folder / "index.csv", ("file", "patient"))
    return tuple(_masked(folder, row) for row in rows)


def _masked(folder: Path, row: dict[str, str]) -> MaskedSlice:
    pixels = read_grey(folder / "images" / row["file"])
    labels = read_labels(folder / "masks" / row["file"], highest=len(CLASSES) - 1)
    if pixels.shape != labels.shape:
        raise Unreadable(
            f"The mask of {row['file']} has {labels.shape} pixels, its image {pixels.shape}.",
            advice="Export both from the same slice.",
        )
    return MaskedSlice(row["file"], int(row["patient"]), pixels, labels)


def read_mid(folder: Path) -> tuple[MidSlice, ...]:
    """Read a folder laid out like ``sagittal_mid``."""
    grades = read_gradings(folder / "gradings.csv")
    rows = read_table(folder / "index.csv", ("file", "patient", "weighting"))
    return tuple(
        MidSlice(
            row["file"],
            int(row["patient"]),
            row["weighting"],
            read_grey(folder / "images" / row["file"]),
            grades.get(int(row["patient"]), {}),
        )
        for row in rows
    )


def read_gradings(path: Path) -> dict[int, dict[int, tuple[int, ...]]]:
    """Patient → disc number → grades; a row numbered 0 has no disc and is left out."""
    grades: dict[int, dict[int, tuple[int, ...]]] = {}
    for row in read_table(path, ("patient", "disc_from_l5s1_up", *TASKS)):
        number = int(row["disc_from_l5s1_up"])
        if number > 0:
            values = tuple(int(row[task]) - (task == "pfirrmann") for task in TASKS)
            grades.setdefault(int(row["patient"]), {})[number] = values
    return grades
