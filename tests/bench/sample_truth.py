"""What the shipped models find of what the sample clinic planted: Dice of masks, widths and grades of levels.

Run as ``python tests/bench/sample_truth.py CLINIC RESULTS`` on what ``outpost demo`` made and ``outpost run`` wrote.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from nibabel.orientations import aff2axcodes

MASKS = ("lesions", "ventricles", "brain")


@dataclass(frozen=True, slots=True)
class Marked:
    """One brain: how well each mask lies on what was planted."""

    scan: str
    dice: dict[str, float]


@dataclass(frozen=True, slots=True)
class Level:
    """One disc level: what was drawn, and what was said of it."""

    name: str
    view: str
    narrowed: bool
    true_mm: float
    said_mm: float | None
    said: str


def brains(clinic: Path, results: Path) -> list[Marked]:
    """Compare every brain that was read with the planted one on the same grid."""
    found = []
    for series in _series(clinic):
        masks = dict(series["masks"])
        if "ventricles" not in masks:
            continue
        truth = {name: _canonical(clinic / masks[name]) for name in MASKS}
        told = [folder for folder in _read(results) if _same_grid(folder / "brain.nii.gz", truth["brain"])]
        both = [{name: _dice(_canonical(folder / f"{name}.nii.gz"), truth[name]) for name in MASKS} for folder in told]
        if both:
            found.append(Marked(Path(series["path"]).name, max(both, key=lambda one: one["brain"])))
    return found


def levels(clinic: Path, results: Path) -> list[Level]:
    """Compare every disc level that was read with the drawn one of its name."""
    drawn = {level["name"]: level for series in _series(clinic) for level in series["levels"]}
    found = []
    for folder in _read(results):
        findings = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
        for view in ("sagittal", "axial"):
            for answer in findings[f"spine_{view}"]:
                found += [
                    _level(level, view, drawn[level["level"]]) for level in answer["levels"] if level["level"] in drawn
                ]
    return found


def _level(said: dict[str, Any], view: str, drawn: dict[str, Any]) -> Level:
    if view == "sagittal":
        mm, grade = said["at_disc"]["mm"], said["measured_grade"]
    else:
        mm, grade = None, next(one["grade"] for one in said["grades"] if one["structure"] == "canal")
    return Level(said["level"], view, drawn["narrowed"], drawn["sac_depth_mm"], mm, grade)


def _series(clinic: Path) -> list[dict[str, Any]]:
    content = json.loads((clinic / "truth" / "truth.json").read_text(encoding="utf-8"))
    return [series for study in content["studies"] for series in study["series"]]


def _read(results: Path) -> list[Path]:
    return sorted(path.parent for path in results.glob("*/findings.json"))


def _canonical(path: Path) -> Any:  # noqa: ANN401 - nibabel has no types
    return nib.as_closest_canonical(nib.load(path))


def _same_grid(path: Path, truth: Any) -> bool:  # noqa: ANN401 - the same
    if not path.is_file():
        return False
    told = _canonical(path)
    assert aff2axcodes(told.affine) == aff2axcodes(truth.affine) == ("R", "A", "S")
    return told.shape == truth.shape and np.allclose(told.affine, truth.affine, atol=0.01)


def _dice(told: Any, truth: Any) -> float:  # noqa: ANN401 - the same
    one, other = np.asarray(told.dataobj) > 0, np.asarray(truth.dataobj) > 0
    return 2 * float((one & other).sum()) / max(1, int(one.sum()) + int(other.sum()))


def main() -> None:
    clinic, results = Path(sys.argv[1]), Path(sys.argv[2])
    for one in brains(clinic, results):
        print(f"{one.scan:28} " + "  ".join(f"{name} {value:.3f}" for name, value in one.dice.items()))
    for level in levels(clinic, results):
        mm = "" if level.said_mm is None else f"{level.said_mm:.1f} mm of "
        print(f"{level.name:6} {level.view:9} {mm}{level.true_mm:.1f} mm, narrowed {level.narrowed}: {level.said}")


if __name__ == "__main__":
    main()
