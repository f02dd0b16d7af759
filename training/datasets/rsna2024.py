"""The RSNA 2024 lumbar spine set in its published layout, and the loss that its competition counted.

    train.csv                       one row a study: 25 grades (five conditions at five levels)
    train_label_coordinates.csv     where on which image a condition was graded
    train_series_descriptions.csv   which series is sagittal T1, sagittal T2/STIR or axial T2
    train_images/<study>/<series>/<instance>.dcm

One ``SpineLevel`` is one disc of one study with its five grades and the places that were pointed at. A
missing grade is ``None``. An image that cannot be read is left out where it is read, with a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pydicom
from pydicom.errors import InvalidDicomError

from appliance.errors import Misuse, NothingToRead, Unreadable
from training.datasets.pictures_in import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

CONDITIONS = (
    "spinal_canal_stenosis",
    "left_neural_foraminal_narrowing",
    "right_neural_foraminal_narrowing",
    "left_subarticular_stenosis",
    "right_subarticular_stenosis",
)
"""In the order of the grader's heads: canal, left and right foramen, left and right recess."""
LEVELS = ("L1/L2", "L2/L3", "L3/L4", "L4/L5", "L5/S1")
SEVERITIES = ("Normal/Mild", "Moderate", "Severe")
WEIGHTS = (1.0, 2.0, 4.0)
"""What a graded case counts in the loss, by its true severity."""
AXIAL_T2, SAGITTAL_T2, SAGITTAL_T1 = "Axial T2", "Sagittal T2/STIR", "Sagittal T1"


@dataclass(frozen=True, slots=True)
class Place:
    """A point on one image."""

    series: str
    """The series description."""
    path: Path
    condition: int
    """Index into ``CONDITIONS``."""
    row: float
    column: float


@dataclass(frozen=True, slots=True)
class SpineLevel:
    """One disc of one study."""

    study: int
    level: str
    grades: tuple[int | None, ...]
    """Index into ``SEVERITIES`` for each of ``CONDITIONS``."""
    places: tuple[Place, ...]


def read_rsna(folder: Path) -> tuple[SpineLevel, ...]:
    """Read the three tables; the images stay on the disk."""
    places = _places(folder)
    columns = [_column(condition, level) for condition in CONDITIONS for level in LEVELS]
    rows = read_table(folder / "train.csv", ("study_id", *columns))
    levels = [_level(row, level, places) for row in rows for level in LEVELS]
    if not any(level.places for level in levels):
        raise NothingToRead(
            "No label coordinate belongs to a study of train.csv.", advice="Check that the tables are of one release."
        )
    return tuple(levels)


def _column(condition: str, level: str) -> str:
    return f"{condition}_{level.lower().replace('/', '_')}"


def _level(row: dict[str, str], level: str, places: dict[tuple[int, str], list[Place]]) -> SpineLevel:
    study = int(row["study_id"])
    grades = tuple(_severity(row[_column(condition, level)], study) for condition in CONDITIONS)
    return SpineLevel(study, level, grades, tuple(places.get((study, level), ())))


def _severity(word: str, study: int) -> int | None:
    if word in {"", "nan", "NaN"}:
        return None
    if word not in SEVERITIES:
        raise Unreadable(
            f"train.csv grades study {study} as “{word}”.", advice=f"Only {', '.join(SEVERITIES)} or nothing is known."
        )
    return SEVERITIES.index(word)


def _places(folder: Path) -> dict[tuple[int, str], list[Place]]:
    described = read_table(folder / "train_series_descriptions.csv", ("study_id", "series_id", "series_description"))
    words = {(row["study_id"], row["series_id"]): row["series_description"] for row in described}
    needed = ("study_id", "series_id", "instance_number", "condition", "level", "x", "y")
    places: dict[tuple[int, str], list[Place]] = {}
    for row in read_table(folder / "train_label_coordinates.csv", needed):
        key = (row["study_id"], row["series_id"])
        condition = row["condition"].lower().replace(" ", "_")
        if key not in words or condition not in CONDITIONS:
            raise Unreadable(
                f"train_label_coordinates.csv names series {key[1]} with “{row['condition']}”, which is not known.",
                advice="Check that the tables are of one release.",
            )
        path = folder / "train_images" / key[0] / key[1] / f"{row['instance_number']}.dcm"
        place = Place(words[key], path, CONDITIONS.index(condition), float(row["y"]), float(row["x"]))
        places.setdefault((int(key[0]), row["level"]), []).append(place)
    return places


def read_image(path: Path) -> tuple[NDArray[np.float32], tuple[float, float]]:
    """One image and its spacing in mm, between rows and between columns."""
    try:
        dataset = pydicom.dcmread(path)
        pixels = np.asarray(dataset.pixel_array, dtype=np.float32)
        row, column = (float(value) for value in dataset.PixelSpacing)
    except (OSError, InvalidDicomError, AttributeError, ValueError, RuntimeError, NotImplementedError) as error:
        raise Unreadable(f"The image {path.name} cannot be read ({error}).", advice="Copy it again.") from error
    if pixels.ndim != 2:
        raise Unreadable(f"The image {path.name} is not one grey picture.", advice="Leave it out.")
    return pixels, (row, column)


def weighted_log_loss(
    truth: NDArray[np.int64], probabilities: NDArray[np.float64], studies: Sequence[int]
) -> dict[str, float]:
    """Count the loss of ``[level, condition, severity]`` against ``[level, condition]`` truths (−1 is missing).

    As in the competition, the mean of four weighted log losses: canal, foramina, recesses, and whether any
    level of a study has a severe canal stenosis, told by the largest of its levels' probabilities.
    """
    if truth.shape != probabilities.shape[:2] or len(studies) != len(truth):
        raise Misuse("Truth, probabilities and studies do not fit.", advice="Give one row for each level.")
    groups = {"canal": [0], "foramen": [1, 2], "subarticular": [3, 4]}
    losses = {
        name: _log_loss(truth[:, heads].ravel(), probabilities[:, heads].reshape(-1, 3))
        for name, heads in groups.items()
    }
    losses["any_severe_canal"] = _any_severe(truth[:, 0], probabilities[:, 0, 2], np.asarray(studies))
    return losses | {"score": float(np.mean(list(losses.values())))}


def _log_loss(truth: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    known = truth >= 0
    safe = np.clip(probabilities[known], 1e-15, 1.0)
    safe = safe / safe.sum(axis=1, keepdims=True)
    weights = np.array(WEIGHTS)[truth[known]]
    told = safe[np.arange(len(safe)), truth[known]]
    return float(-(weights * np.log(told)).sum() / weights.sum())


def _any_severe(truth: NDArray[np.int64], severe: NDArray[np.float64], studies: NDArray[np.int64]) -> float:
    """Count a study as much as a severe case if it has one, else as a mild one."""
    costs, weights = 0.0, 0.0
    for study in np.unique(studies):
        rows = (studies == study) & (truth >= 0)
        if rows.any():
            told = float(np.clip(severe[rows].max(), 1e-15, 1 - 1e-15))
            found = bool((truth[rows] == 2).any())
            weight = WEIGHTS[2] if found else WEIGHTS[0]
            costs -= weight * np.log(told if found else 1 - told)
            weights += weight
    return float(costs / weights)
