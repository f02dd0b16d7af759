"""The sets under ``shared/data/brain``: one sub-folder a patient with ``flair.nii.gz`` and its masks."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

from training.datasets.case import Case

if TYPE_CHECKING:
    from pathlib import Path

UNTRUSTED = {"P39_T1": (101,)}
"""Slices of MSLesSeg where both ventricles are filled as lesion by mistake."""


def find_plain(folder: Path, dataset: str) -> list[Case]:
    """Every sub-folder with a ``flair.nii.gz``; masks that are not there are unlabelled."""
    return [
        Case(
            dataset=dataset,
            patient=place.name.split("_")[0],
            name=place.name,
            flair=place / "flair.nii.gz",
            lesion=existing(place / "lesion.nii.gz"),
            ventricle=existing(place / "ventricle.nii.gz"),
            brain=existing(place / "brain_weak.nii.gz"),
            untrusted_slices=UNTRUSTED.get(place.name, ()),
        )
        for place in sorted(folder.iterdir())
        if (place / "flair.nii.gz").is_file()
    ]


def find_ljubljana(folder: Path, dataset: str) -> list[Case]:
    """One case a study; the brain mask of the common space is carried to it where both are published."""
    cases = []
    for flair in sorted(folder.glob("patient*/study*_flair.nii.gz")):
        study, patient = flair.name.removesuffix("_flair.nii.gz"), flair.parent.name
        transform = existing(flair.parent / f"{study}_to_common.txt")
        brain = existing(flair.parent / "brain_common.nii.gz") if transform else None
        cases.append(Case(dataset, patient, f"{patient}_{study}", flair, brain=brain, brain_transform=transform))
    return cases


def find_glioma(folder: Path, dataset: str) -> list[Case]:
    """Return the skull-stripped and, where there is one, the raw FLAIR of each glioma; the tumour is not truth."""
    found = sorted(folder.glob("*/flair_*.nii.gz"))
    return [Case(dataset, flair.parent.name, f"{flair.parent.name}_{_kind(flair)}", flair) for flair in found]


def with_population(cases: list[Case], table: Path) -> list[Case]:
    """Add age and sex from the publisher's table, by the number in the patient's name."""
    with table.open(encoding="utf-8", newline="") as lines:
        people = {row["PatientID"]: row for row in csv.DictReader(lines)}
    known = []
    for case in cases:
        row = people.get(case.patient.removeprefix("sub-"))
        known.append(replace(case, sex=row["PatientSex"], age_years=float(row["PatientAge"])) if row else case)
    return known


def existing(path: Path) -> Path | None:
    """Return the path if there is such a file."""
    return path if path.is_file() else None


def _kind(flair: Path) -> str:
    return flair.name.removeprefix("flair_").removesuffix(".nii.gz")
