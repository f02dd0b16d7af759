"""Relevance as a heat map over the scan: red speaks for the class, blue against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import torch
from matplotlib import pyplot as plt
from scipy import ndimage

from training.explain.relevance import ConservingLRP, predicted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import nn

    from appliance.preprocess import Prepared

mpl.use("Agg")

SMOOTH_PX = 1.0
STRONGEST_PERCENT = 99.5
"""The heat is drawn up to this percentile, so that a single voxel does not dim all others."""
TEXT = "Automatic, for research use only. Red: speaks for the finding; blue: against it."


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """One slice, what was found in it, and why."""

    index: int
    image: NDArray[np.float32]
    found: NDArray[np.bool_]
    relevance: NDArray[np.float32]
    """Summed over the neighbouring slices that the network saw too."""
    lost: float
    """The share of the explained output that the relevance does not add up to."""


def explain_slices(network: nn.Module, prepared: Prepared, target: int, count: int) -> list[Explained]:
    """Explain the slices in which most is found."""
    attribution = ConservingLRP(network.eval())
    return [explain_slice(attribution, prepared, index, target) for index in fullest(network, prepared, target, count)]


def fullest(network: nn.Module, prepared: Prepared, target: int, count: int) -> list[int]:
    """Return the slices in which most is found, in the order of the scan."""
    sizes = {
        index: float(predicted(network, torch.from_numpy(prepared.batch([index])), target).sum())
        for index in prepared.brain_slices
    }
    found = sorted((index for index in sizes if sizes[index] > 0), key=lambda index: -sizes[index])
    return sorted(found[:count])


def explain_slice(attribution: ConservingLRP, prepared: Prepared, index: int, target: int) -> Explained:
    """Explain one slice."""
    image = torch.from_numpy(prepared.batch([index]))
    where = predicted(attribution.model, image, target)
    relevance, delta = attribution.attribute(image, target, where, return_convergence_delta=True)
    explained = float(relevance.sum() + delta.sum())
    return Explained(
        index=index,
        image=prepared.slices[index],
        found=where[0, 0].numpy() > 0,
        relevance=relevance[0].sum(dim=0).numpy(),
        lost=abs(float(delta.sum())) / max(abs(explained), 1e-9),
    )


def draw(explained: Sequence[Explained], path: Path) -> None:
    """Write one row a slice: the scan, what was found, the heat over the scan."""
    figure, axes = plt.subplots(len(explained), 3, figsize=(9, 3.4 * len(explained)), squeeze=False)
    for row, one in zip(axes, explained, strict=True):
        for axis in row:
            axis.imshow(one.image, cmap="gray", vmin=0, vmax=1)
            axis.axis("off")
        row[0].set_title(f"slice {one.index}", fontsize=8)
        row[1].contour(one.found, [0.5], colors="yellow", linewidths=0.7)
        row[1].set_title("found", fontsize=8)
        overlay(row[2], one.relevance)
        row[2].set_title(f"relevance, {100 * one.lost:.2f} % lost", fontsize=8)
    figure.text(0.5, 0.005, TEXT, ha="center", fontsize=8)
    figure.tight_layout(rect=(0, 0.02, 1, 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)
    plt.close(figure)


def overlay(axis: plt.Axes, relevance: NDArray[np.float32]) -> None:
    """Lay heat over a scan, the stronger the less transparent."""
    heat = ndimage.gaussian_filter(relevance, SMOOTH_PX)
    strongest = max(float(np.percentile(np.abs(heat), STRONGEST_PERCENT)), 1e-9)
    axis.imshow(heat, cmap="seismic", vmin=-strongest, vmax=strongest, alpha=np.clip(np.abs(heat) / strongest, 0, 0.8))


def said(explained: Iterable[Explained]) -> str:
    """Say for each slice how much was found and how much relevance was lost."""
    lines = [f"slice {one.index}: {int(one.found.sum())} pixels, {100 * one.lost:.4f} % lost" for one in explained]
    return "\n".join(lines)
