"""Pictures of what was measured: the measuring lines on a sagittal slice, the confusion matrix, the ROC curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw

mpl.use("Agg")

import matplotlib.pyplot as plt
from sklearn.metrics import roc_curve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from appliance.measure_spine import LevelMeasure, Width

ENLARGED = 2
AT_DISC, AT_VERTEBRA, WORDS = (255, 70, 70), (90, 230, 90), (255, 230, 0)


def draw_measures(pixels: NDArray[np.uint8], levels: Sequence[LevelMeasure]) -> Image.Image:
    """Draw every measuring line: red at the discs, green at the vertebrae beside them, the ratio in words."""
    picture = Image.fromarray(pixels).convert("RGB")
    picture = picture.resize((picture.width * ENLARGED, picture.height * ENLARGED))
    pen = ImageDraw.Draw(picture)
    for level in levels:
        for width in (level.above, level.below):
            _line(pen, width, AT_VERTEBRA)
        _line(pen, level.at_disc, AT_DISC)
        row, column = level.disc.centre
        ratio = "" if level.ratio is None else f" {level.ratio:.2f}"
        pen.text(((column - level.disc.length) * ENLARGED, row * ENLARGED - 6), f"{level.disc.name}{ratio}", fill=WORDS)
    return picture


def _line(pen: ImageDraw.ImageDraw, width: Width | None, colour: tuple[int, int, int]) -> None:
    if width is not None:
        ends = [value * ENLARGED for point in (width.front, width.back) for value in reversed(point)]
        pen.line(ends, fill=colour, width=3)


def draw_confusion(counts: Sequence[Sequence[int]], names: Sequence[str], path: Path) -> None:
    """Draw a confusion matrix with its numbers."""
    table = np.asarray(counts)
    figure, axes = plt.subplots(figsize=(4, 3.6))
    axes.imshow(table / np.maximum(table.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(table):
        axes.text(column, row, str(count), ha="center", va="center")
    axes.set(xticks=range(len(names)), yticks=range(len(names)), xticklabels=names, yticklabels=names)
    axes.set(xlabel="told", ylabel="label")
    figure.savefig(path, dpi=120, bbox_inches="tight")
    plt.close(figure)


def draw_roc(curves: dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]], path: Path) -> None:
    """Draw ROC curves, by name: truths and scores."""
    figure, axes = plt.subplots(figsize=(4, 4))
    for name, (truth, score) in curves.items():
        false, true, _ = roc_curve(truth, score)
        axes.plot(false, true, label=name)
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    axes.set(xlabel="1 − specificity", ylabel="sensitivity")
    axes.legend()
    figure.savefig(path, dpi=120, bbox_inches="tight")
    plt.close(figure)
