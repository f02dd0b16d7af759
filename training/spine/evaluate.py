"""Measure spine networks on a folder laid out like ``axial_t1``, ``sagittal_masks`` or ``sagittal_mid``.

The layout says what is measured. Every figure stands as a plain number under its key; the interval over
patients stands under the same key in ``intervals``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from appliance.errors import Misuse
from appliance.measure.grades import told_grade
from training.datasets.spider import read_masked, read_mid
from training.datasets.sudirman import read_axial
from training.spine.axial import grade, locate
from training.spine.checkpoints import needed
from training.spine.discs import HALFWAY, cut_discs, grade_discs
from training.spine.report_axial import axial_metrics
from training.spine.sagittal import segment
from training.spine.train_discs import PFIRRMANN, disc_metrics
from training.spine.train_sagittal import sagittal_metrics

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from training.spine.answers import Answer

Table: TypeAlias = dict[str, Any]


def layout_of(folder: Path) -> str | None:
    """Tell which of the three layouts a folder has; ``None`` for any other."""
    if (folder / "gradings.csv").is_file():
        return "sagittal_mid"
    if (folder / "index.csv").is_file() and (folder / "masks").is_dir():
        return "sagittal_masks"
    if (folder / "index.csv").is_file() and (folder / "images").is_dir():
        return "axial"
    return None


def evaluate_spine(answers: dict[str, Answer], folder: Path, cuts: Sequence[float] = HALFWAY) -> Table:
    """Measure whatever the folder's labels allow; ``cuts`` turn Pfirrmann's expected grade into the told one."""
    layout = layout_of(folder)
    if layout is None:
        raise Misuse(f"{folder.name} is no folder of labelled spine slices.", advice="It needs index.csv and images/.")
    if layout == "sagittal_mid":
        return {"layout": layout} | apart(_mid(answers, folder, cuts))
    measure = {"axial": _axial, "sagittal_masks": _masks}[layout]
    return {"layout": layout} | apart(measure(answers, folder))


def _axial(answers: dict[str, Answer], folder: Path) -> Table:
    data = read_axial(folder)
    located = locate(needed(answers, "locator"), data.slices)
    return axial_metrics(data.slices, grade(needed(answers, "grader"), located)) | {"left_out": list(data.left_out)}


def _masks(answers: dict[str, Answer], folder: Path) -> Table:
    slices = read_masked(folder)
    return sagittal_metrics(slices, [segment(needed(answers, "segmenter"), item.pixels) for item in slices])


def _mid(answers: dict[str, Answer], folder: Path, cuts: Sequence[float]) -> Table:
    slices = [item for item in read_mid(folder) if item.grades]
    cut = cut_discs(needed(answers, "segmenter"), slices)
    graded = grade_discs(needed(answers, "discs"), cut.discs)
    weightings = {disc.weighting for disc in cut.discs}
    told = told_grade(graded[PFIRRMANN], cuts)
    by_weighting = {name: disc_metrics(cut.discs, graded, told, name) for name in sorted(weightings)}
    return by_weighting.get("T2", {}) | {
        "graded_discs": cut.graded,
        "not_found": cut.missing,
        "by_weighting": by_weighting,
    }


def apart(table: Table) -> Table:
    """Put figures where their key is, and their intervals under ``intervals``."""
    intervals: dict[str, list[float]] = {}
    return _plain(table, "", intervals) | {"intervals": intervals}


def _plain(value: Any, key: str, intervals: dict[str, list[float]]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict) and set(value) == {"value", "low", "high"}:
        intervals[key] = [number(value["low"]), number(value["high"])]
        return number(value["value"])
    if isinstance(value, dict):
        return {name: _plain(inner, f"{key}.{name}" if key else name, intervals) for name, inner in value.items()}
    return number(value) if isinstance(value, float) else value


def number(value: float) -> float | None:
    """Give JSON a number, or null where there is none."""
    return float(value) if np.isfinite(value) else None
