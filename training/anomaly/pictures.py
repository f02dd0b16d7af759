"""Slices beside their anomaly maps, to look at: written below ``runs``, never kept in the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib import pyplot as plt

from training.anomaly.comparison import fullest
from training.anomaly.counting import BINS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from training.anomaly.comparison import Measured
    from training.anomaly.material import Material

mpl.use("Agg")


def write_album(material: Material, measured: Sequence[Measured], path: Path) -> None:
    """Write one row a patient: the slice with its lesions, then each map with what is above the threshold."""
    patients = list(measured[0].shown)
    shape = (len(patients), len(measured) + 1)
    figure, axes = plt.subplots(*shape, figsize=(2 * shape[1], 2.3 * shape[0]), squeeze=False)
    chosen = {one.name: one.thresholds for one in measured}
    for row, patient in zip(axes, patients, strict=True):
        index = material.of(patient)[fullest(material, patient)]
        show(row[0], material.images[index], material.lesion[index], patient)
        for axis, one in zip(row[1:], measured, strict=True):
            found = one.shown[patient] * material.inside[index]
            called = (found >= chosen[one.name][patient] / BINS) & material.inside[index]
            show(axis, found, called, one.name)
    figure.tight_layout(pad=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=60)
    plt.close(figure)


def show(axis: plt.Axes, image: NDArray[np.generic], outline: NDArray[np.bool_], title: str) -> None:
    """Draw a slice in grey and an outline in red."""
    axis.imshow(image, cmap="gray")
    if outline.any():
        axis.contour(outline, [0.5], colors="red", linewidths=0.5)
    axis.set_title(title, fontsize=6)
    axis.axis("off")
