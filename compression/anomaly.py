"""The recipe of ``brain-anomaly``: the best anomaly method that training found, as one small graph.

The best method is no network: it compares a voxel's smoothed brightness with what is usual at its depth below the
brain's surface and its height in the stack. Here that table becomes a graph with the same ports as any other, so
that it is verified, tested and updated like one. Only its smoothing is quantised; the table stays as it is.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from appliance.measure.expectation import DEPTHS, HEIGHTS, SMOOTH_PX, STRETCH, places
from appliance.models.preparations import PlacesInput
from appliance.models.spec import Activation, OutputSpec, Preparation, PreparedAs, Task, TrainedOn
from appliance.preprocess import LesionInput
from compression.eight_bits import EightBits
from compression.phantoms import brain_slice
from compression.recipe import CardWords, NetworkRecipe, PackageRecipe
from training.anomaly.expectation import heights
from training.anomaly.material import material_of
from training.packed import load_pack
from training.record import read_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from appliance.engine.network import Floats
    from appliance.models.spec import Measured

REACH_PX = 4
"""Where the Gaussian is cut off, as in SciPy: four standard deviations."""
CALIBRATION_SLICES = 60
MIDDLE = 0.5
TABLE_OPERATIONS = (
    "Gather",
    "Add",
    "Sub",
    "Mul",
    "Cast",
    "Sign",
    "Clip",
    "Div",
    "Slice",
    "Split",
    "Squeeze",
    "Unsqueeze",
)
"""What looks the table up must count exactly."""
TRAINED_ON = (
    TrainedOn("Lesion-free slices of Tabriz", 12, "MIT", "Bashiri Bawil et al., MRI_MS_Insights"),
    TrainedOn("Lesion-free slices of MSLesSeg", 3, "CC BY 4.0", "Guarnera et al. 2025, 10.1038/s41597-025-05250-y"),
)
WORDS = CardWords(
    title="Anything unusually bright in brain FLAIR",
    purpose=(
        "Maps how much brighter a voxel of a FLAIR is than is usual at its place in the brain, so that a human looks "
        "where the lesion model found nothing."
    ),
    limits=(
        "It learnt from lesion-free slices of patients with MS, not from healthy people.",
        "It sees brightness alone: what is dark, or displaced, or missing, is not unusual to it.",
        "A method this simple marks much that is harmless: coils, flow, and cortex near bone.",
    ),
    not_for=("Diagnosis, or ruling out disease, without a radiologist.", "Any sequence but FLAIR; children."),
)


class UnusuallyBright(nn.Module):
    """Brightness, depth and height of every voxel → how unusual it is, 0 … 1."""

    def __init__(self, mean: Sequence[Sequence[float]], deviation: Sequence[Sequence[float]]) -> None:
        super().__init__()
        self.smooth = nn.Conv2d(1, 1, 2 * REACH_PX + 1, padding=REACH_PX, bias=False)
        with torch.no_grad():
            self.smooth.weight.copy_(_gaussian()[None, None])
        self.register_buffer("mean", torch.tensor(mean).flatten())
        self.register_buffer("scale", STRETCH / torch.tensor(deviation).flatten())

    def forward(self, image: Tensor) -> Tensor:
        """Look every voxel's place up in the table."""
        bright, depth, height = image.split(1, dim=1)
        place = (depth * HEIGHTS + height).long()
        unusual = (self.smooth(bright) - self.mean[place]) * self.scale[place]
        return torch.clamp(unusual * torch.sign(bright), 0.0, 1.0)


def with_places(images: Floats, height: np.ndarray) -> Floats:
    """Return ``[n, 3, rows, columns]``: brightness, and the cells of depth and height that it lies in."""
    deep, high = places(images, height)
    return np.stack([images, deep, high], axis=1).astype(np.float32)


def anomaly_package(expectation: Path, pack_file: Path, measured: Sequence[Measured]) -> PackageRecipe:
    """Put the package together from the recorded table and the slices that it learnt from."""
    table = read_json(expectation)
    prepared = PlacesInput(**table["input"], depths=DEPTHS, heights=HEIGHTS)
    shape = (None, 3, prepared.rows, prepared.columns)
    network = NetworkRecipe(
        UnusuallyBright(table["mean"], table["deviation"]).eval(),
        Preparation(PreparedAs.BRAIN_PLACES, asdict(prepared)),
        shape,
        (OutputSpec("map", (None, 1, *shape[2:]), ("anomaly",), Activation.NONE),),
        _calibration(pack_file),
        with_places(brain_slice(LesionInput(**table["input"]))[:, 1], np.array([MIDDLE])),
        in_eight=EightBits(TABLE_OPERATIONS),
        kept_in_half=TABLE_OPERATIONS,
    )
    thresholds = {"anomaly": table["threshold"]}
    return PackageRecipe(Task.BRAIN_ANOMALY, {"expectation": network}, thresholds, TRAINED_ON, tuple(measured), WORDS)


def _calibration(pack_file: Path) -> list[Floats]:
    material = material_of(load_pack(pack_file))
    free = np.flatnonzero(material.free)
    chosen = free[np.linspace(0, len(free) - 1, min(CALIBRATION_SLICES, len(free))).round().astype(int)]
    images = material.images[chosen].astype(np.float32) / np.float32(255)
    return [one[None] for one in with_places(images, heights(material)[chosen])]


def _gaussian() -> Tensor:
    at = torch.arange(-REACH_PX, REACH_PX + 1, dtype=torch.float32)
    line = torch.exp(-(at**2) / (2 * SMOOTH_PX**2))
    line = line / line.sum()
    return line[:, None] * line[None, :]
