"""Look at scans before learning from them: numbers a scan, outliers named, and one picture of all.

A scan stands out when one of its numbers lies far from the data set's median, in robust standard deviations.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

from appliance.preprocess import BrainInput, canonical, prepare_head
from training.datasets.case import load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from training.datasets.case import Case, Scan

FAR = 4.0
"""Robust standard deviations."""
SHOWN_AT = (0.3, 0.45, 0.6, 0.75)
"""Heights of the slices on the contact sheet, as shares of the stack."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a scan's voxels are like."""

    case: str
    slices: int
    slice_mm: float
    pixel_mm: float
    p1: float
    median: float
    p99: float
    contrast: float
    """Spread of the tissue's brightness over its median."""
    noise: float
    """Difference between neighbouring tissue pixels over the median."""
    unevenness: float
    """Largest step of brightness from slice to slice, as a share."""
    empty_share: float
    """Share of voxels that have the commonest value."""
    lesion_ml: float | None
    ventricle_ml: float | None


@dataclass(frozen=True, slots=True)
class Outlier:
    """One number of one scan that lies far off."""

    case: str
    figure: str
    value: float
    usual: float
    deviations: float


def statistics(case: Case) -> Statistics:
    """Measure one scan; reading it already refuses masks that do not fit and values that are no numbers."""
    scan = load(case)
    axial = canonical(scan.voxels, scan.geometry)
    tissue = axial.voxels[axial.voxels > max(float(axial.voxels.mean()), 0.0)]
    low, middle, high = np.percentile(tissue, [1, 50, 99]) if tissue.size else (0.0, 0.0, 0.0)
    scale = max(float(middle), 1e-6)
    _, counts = np.unique(axial.voxels, return_counts=True)
    return Statistics(
        case.key,
        axial.voxels.shape[0],
        axial.spacing_mm[0],
        axial.spacing_mm[1],
        float(low),
        float(middle),
        float(high),
        float(np.subtract(*np.percentile(tissue, [75, 25]))) / scale if tissue.size else 0.0,
        float(np.median(np.abs(np.diff(axial.voxels, axis=2))[axial.voxels[:, :, 1:] > middle])) / scale,
        _unevenness(axial.voxels),
        float(counts.max() / axial.voxels.size),
        _volume(scan, scan.lesion),
        _volume(scan, scan.ventricle),
    )


def outliers(rows: Sequence[Statistics]) -> list[Outlier]:
    """Name what lies far from its data set's median; data sets of fewer than four scans have none."""
    found = []
    for dataset in sorted({row.case.split("/")[0] for row in rows}):
        group = [asdict(row) for row in rows if row.case.split("/")[0] == dataset]
        for entry in fields(Statistics)[1:]:
            values = np.array([row[entry.name] for row in group if row[entry.name] is not None], dtype=float)
            if len(values) < 4:
                continue
            usual = float(np.median(values))
            spread = 1.4826 * float(np.median(np.abs(values - usual)))
            found += [
                Outlier(row["case"], entry.name, row[entry.name], usual, (row[entry.name] - usual) / spread)
                for row in group
                if row[entry.name] is not None and spread > 0 and abs(row[entry.name] - usual) > FAR * spread
            ]
    return found


def contact_sheet(cases: Sequence[Case], path: Path) -> None:
    """Draw some slices of each scan with its masks. It shows patients: it belongs below ``runs``."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415 - the backend must be chosen first

    figure, axes = plt.subplots(len(cases), len(SHOWN_AT), figsize=(2 * len(SHOWN_AT), 2 * len(cases)), squeeze=False)
    for case, row in zip(cases, axes, strict=True):
        scan = load(case)
        axial = canonical(scan.voxels, scan.geometry)
        shown = prepare_head(axial, BrainInput(spacing_mm=1.0, rows=256, columns=256))
        for height, panel in zip(SHOWN_AT, row, strict=True):
            panel.imshow(shown.slices[int(height * len(shown.slices))], cmap="gray", vmin=0, vmax=1)
            panel.axis("off")
        row[0].set_title(case.key, fontsize=6, loc="left")
    figure.tight_layout(pad=0.1)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=70)
    plt.close(figure)


def _volume(scan: Scan, mask: np.ndarray | None) -> float | None:
    return None if mask is None else float(mask[:, :, scan.trusted].sum() * scan.geometry.voxel_ml)


def _unevenness(voxels: np.ndarray) -> float:
    lit = [section[section > max(float(section.mean()), 0.0)] for section in voxels]
    levels = np.array([np.median(part) for part in lit if part.size > 0.05 * voxels[0].size])
    return float(np.abs(np.diff(levels) / np.maximum(levels[:-1], 1e-6)).max()) if len(levels) > 1 else 0.0
