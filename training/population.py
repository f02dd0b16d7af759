"""The published table of 1,380 people → the small reference table that ships with the appliance.

``python -m training.population`` reads ``population/tabriz_1380.csv`` and the hand-drawn masks of the same
study and writes ``appliance/reference/tabriz_1380.json``: quantiles in cells of age, sex and group, and how
far the published areas are from hand-drawn volumes. No person's row is copied; quantiles stop at 5 and 95 %.

Sex is published as 0 and 1. The authors' extraction script writes F as 0 and M as 1, and their table of
participants (108 of 381 MS patients are men) agrees with the counts here; a comment in their statistics
script says the opposite and is wrong.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeAlias

import nibabel
import numpy as np

HERE = Path(__file__).resolve().parent
DATA = HERE.parent.parent / "shared" / "data"
TARGET = HERE.parent / "appliance" / "reference" / "tabriz_1380.json"

PERCENTS = tuple(range(5, 100, 5))
AGES = ((18, 30), (30, 40), (40, 50), (50, 60), (60, 120))
GROUPS = ("MS", "HC")
SEXES = ("F", "M", "any")
FEWEST = 20
"""Cells with fewer people give their number only: their quantiles would be single persons."""

LATER_VENTRICLE_PERCENT = {
    ("F", 18): 1.06,
    ("F", 30): 1.15,
    ("F", 40): 1.25,
    ("F", 50): 1.23,
    ("M", 18): 1.07,
    ("M", 30): 1.18,
    ("M", 40): 1.21,
    ("M", 50): 1.51,
}
"""Mean ventricle share of the healthy as the same authors published it later, after a better segmentation:
Mahdi-Bashiri/MS-DeepBrain-Study, csv_analysis_outputs_no_outlier_v4/ventricular_ratio_detailed_stats.csv."""

Value: TypeAlias = float | int | str | None
Json: TypeAlias = dict[str, "Value | list[float] | Json"]


@dataclass(frozen=True, slots=True)
class Person:
    """One row, as shares of the intracranial area."""

    number: str
    age: float | None
    sex: str
    group: str
    lesion: float
    ventricle: float
    regions: tuple[float, float, float] | None
    """Of the lesion area: periventricular, paraventricular, juxtacortical; ``None`` without lesions."""


@dataclass(frozen=True, slots=True)
class Scale:
    """By how much a share measured as volume exceeds the published share of the same people."""

    low: float
    middle: float
    high: float
    compared: int
    """People, or cells of people."""
    basis: str


def read_people(path: Path) -> list[Person]:
    """Read the published rows."""
    with path.open(newline="", encoding="utf-8") as file:
        return [_person(row) for row in csv.DictReader(file)]


def _person(row: dict[str, str]) -> Person:
    head = float(row["TotalIntracranialArea"])
    lesion = float(row["TotalWMHArea"])
    parts = [float(row[f"Total{part}Area"]) for part in ("Peri", "Para", "Juxt")]
    return Person(
        number=row["PatientID"],
        age=float(row["PatientAge"]) if row["PatientAge"] else None,
        sex={"0": "F", "1": "M"}[row["PatientSex"]],
        group=row["StudyGroup"],
        lesion=lesion / head,
        ventricle=float(row["TotalVentricleArea"]) / head,
        regions=(parts[0] / lesion, parts[1] / lesion, parts[2] / lesion) if lesion else None,
    )


def cells_of(people: list[Person]) -> list[Json]:
    """Sum up the people of every group, sex and age."""
    return [
        _cell([p for p in people if _belongs(p, group, sex, ages)], group, sex, ages)
        for group in GROUPS
        for sex in SEXES
        for ages in AGES
    ]


def _belongs(person: Person, group: str, sex: str, ages: tuple[int, int]) -> bool:
    same = person.group == group and sex in (person.sex, "any")
    return same and person.age is not None and ages[0] <= person.age < ages[1]


def _cell(people: list[Person], group: str, sex: str, ages: tuple[int, int]) -> Json:
    cell: Json = {"group": group, "sex": sex, "from_age": ages[0], "below_age": ages[1], "people": len(people)}
    if len(people) >= FEWEST:
        cell["lesion_share"] = _quantiles([p.lesion for p in people], PERCENTS)
        cell["ventricle_share"] = _quantiles([p.ventricle for p in people], PERCENTS)
        cell["without_lesions"] = round(sum(p.lesion == 0 for p in people) / len(people), 3)
    with_lesions = [p.regions for p in people if p.regions is not None]
    if len(with_lesions) >= FEWEST:
        columns = zip(("PEWMH", "PAWMH", "JCWMH"), zip(*with_lesions, strict=True), strict=True)
        cell["region_shares"] = {name: _quantiles(list(shares), (25, 50, 75)) for name, shares in columns}
    return cell


def _quantiles(values: list[float], percents: tuple[int, ...]) -> list[float]:
    return [float(f"{value:.4g}") for value in np.percentile(values, percents)]


def scales_of(people: list[Person], masks: Path) -> dict[str, dict[str, Scale]]:
    """Compare the published shares with hand-drawn masks, and with the authors' later figures."""
    lesion, ventricle = _hand_drawn(people, masks)
    drawn = f"hand-drawn masks of {len(lesion)} of its MS patients"
    later = _against_later_figures(people)
    return {
        "lesion_share": {
            "MS": _scale(lesion, drawn),
            "HC": Scale(
                1.0,
                median(lesion),
                max(lesion),
                0,
                f"{drawn}, for want of masks of healthy people, or none at all",
            ),
        },
        "ventricle_share": {
            "MS": _scale(ventricle, drawn),
            "HC": _scale(later, "its authors' later means of the healthy, in cells of age and sex"),
        },
    }


def _scale(ratios: list[float], basis: str) -> Scale:
    return Scale(min(ratios), median(ratios), max(ratios), len(ratios), basis)


def _hand_drawn(people: list[Person], masks: Path) -> tuple[list[float], list[float]]:
    lesion, ventricle = [], []
    for person in people:
        folder = masks / f"sub-{person.number}"
        if (folder / "brain_weak.nii.gz").is_file() and person.lesion:
            brain, lesions, ventricles = (
                _voxels(folder / f"{n}.nii.gz") for n in ("brain_weak", "lesion", "ventricle")
            )
            lesion.append(lesions / brain / person.lesion)
            ventricle.append(ventricles / brain / person.ventricle)
    return lesion, ventricle


def _voxels(path: Path) -> int:
    return int(np.count_nonzero(np.asanyarray(nibabel.load(path).dataobj)))


def _against_later_figures(people: list[Person]) -> list[float]:
    ratios = []
    for (sex, age), later in LATER_VENTRICLE_PERCENT.items():
        ages = next(span for span in AGES if span[0] == age)
        shares = [p.ventricle for p in people if _belongs(p, "HC", sex, ages)]
        if len(shares) >= FEWEST:
            ratios.append(later / 100 / (sum(shares) / len(shares)))
    return ratios


def reference_of(people: list[Person], masks: Path, sha256: str) -> Json:
    """Put together everything that the appliance is given."""
    scales = scales_of(people, masks)
    return {
        "format": 1,
        "source": {
            "title": "MS-DeepBrain-Study, per-subject areas of 1,380 people",
            "authors": "Bashiri Bawil M., Shamsi M., Shakeri Bavil A.",
            "where": "Tabriz, Iran; axial 2D FLAIR at 1.5 T; areas in pixels, segmented automatically",
            "url": "https://github.com/Mahdi-Bashiri/MS-DeepBrain-Study",
            "licence": "MIT",
            "sha256": sha256,
            "people": len(people),
            "without_age": sum(p.age is None for p in people),
            "oldest": max(math.floor(p.age) for p in people if p.age is not None),
        },
        "percents": list(PERCENTS),
        "scales": {name: {g: _plain(s) for g, s in groups.items()} for name, groups in scales.items()},
        "cells": cells_of(people),
    }


def _plain(scale: Scale) -> Json:
    low, middle, high = (round(value, 2) for value in (scale.low, scale.middle, scale.high))
    return {"low": low, "middle": middle, "high": high, "compared": scale.compared, "basis": scale.basis}


def _text(reference: Json) -> str:
    """Write one cell a line, so that a change shows where it is."""
    head = json.dumps({key: value for key, value in reference.items() if key != "cells"}, indent=1)
    cells = ",\n  ".join(json.dumps(cell) for cell in reference["cells"])
    return f'{head[:-2]},\n "cells": [\n  {cells}\n ]\n}}\n'


def main() -> None:
    """Write the reference table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=DATA, help="the folder of published data")
    options.add_argument("--out", type=Path, default=TARGET)
    chosen = options.parse_args()
    table = chosen.data / "population" / "tabriz_1380.csv"
    digest = hashlib.sha256(table.read_bytes()).hexdigest()
    reference = reference_of(read_people(table), chosen.data / "brain" / "tabriz", digest)
    chosen.out.write_text(_text(reference), encoding="utf-8")
    print(f"{chosen.out.name}: {chosen.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
