"""Scan, truth, prediction and difference side by side. They show patients: they belong below ``runs``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

from appliance.preprocess import LesionInput, canonical, into_matrix, prepare_brain
from training.packed import OUTPUTS

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.preprocess import Placement
    from training.datasets.case import Scan
    from training.measures import Mask

COLOURS = {"ventricle": (0.1, 0.5, 1.0), "lesion": (1.0, 0.2, 0.1)}
MISSED, INVENTED, RIGHT = (0.1, 0.9, 0.1), (1.0, 0.1, 0.9), (1.0, 0.9, 0.1)
ROWS = 5


def side_by_side(scan: Scan, masks: dict[str, Mask], path: Path) -> None:
    """Draw the slices that hold most lesion, in truth or prediction."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415 - the backend must be chosen first

    axial = canonical(scan.voxels, scan.geometry)
    brain = turned(masks["brain"], scan)
    shown = prepare_brain(axial, brain, LesionInput(margin_mm=1000.0))
    truths = {name: _placed(getattr(scan, name), scan, shown.placement) for name in OUTPUTS[1:]}
    found = {name: _placed(masks[name], scan, shown.placement) for name in OUTPUTS[1:]}
    weight = (truths["lesion"] | found["lesion"]).sum(axis=(1, 2))
    chosen = np.sort(np.argsort(weight)[-ROWS:])
    figure, axes = plt.subplots(len(chosen), 4, figsize=(11, 3 * len(chosen)), squeeze=False)
    for row, k in zip(axes, chosen, strict=True):
        grey = np.repeat(shown.slices[k][..., None], 3, axis=2)
        for panel, picture in zip(row, _panels(grey, k, truths, found), strict=True):
            panel.imshow(np.clip(picture, 0, 1))
            panel.axis("off")
    for panel, title in zip(axes[0], ("scan", "truth", "prediction", "right, missed, invented"), strict=True):
        panel.set_title(title, fontsize=9)
    figure.suptitle(scan.case.key, fontsize=9)
    figure.tight_layout(pad=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=70)
    plt.close(figure)


def turned(mask: Mask, scan: Scan) -> Mask:
    """Return a mask of the scan's grid as an axial stack."""
    return canonical(mask.astype(np.float32), scan.geometry).voxels > 0.5


def _placed(mask: Mask | None, scan: Scan, placement: Placement) -> Mask:
    if mask is None:
        mask = np.zeros(scan.geometry.shape, dtype=bool)
    return into_matrix(turned(mask, scan).astype(np.float32), placement) > 0.5


def _panels(grey: np.ndarray, k: int, truths: dict[str, Mask], found: dict[str, Mask]) -> list[np.ndarray]:
    true, answered = truths["lesion"][k], found["lesion"][k]
    difference = grey.copy()
    for where, colour in ((true & answered, RIGHT), (true & ~answered, MISSED), (answered & ~true, INVENTED)):
        difference[where] = colour
    return [grey, _painted(grey, k, truths), _painted(grey, k, found), difference]


def _painted(grey: np.ndarray, k: int, masks: dict[str, Mask]) -> np.ndarray:
    painted = grey.copy()
    for name, colour in COLOURS.items():
        painted[masks[name][k]] = 0.4 * painted[masks[name][k]] + 0.6 * np.array(colour)
    return painted
