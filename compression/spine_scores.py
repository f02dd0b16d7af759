"""What INT8 costs a spine package: the same graphs' figures in FP32 and in INT8, on the same slices, on OpenVINO.

The slices were learnt from, so the figures themselves say nothing of new patients; their difference is what
quantisation did. How good the networks are on new patients stands in training's records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from appliance.models.spec import Role
from compression.asking import answer_of
from compression.figures import TISSUES
from compression.gate import Figure, Kept
from training.datasets.spider import read_masked, read_mid
from training.datasets.sudirman import read_axial
from training.spine.axial import grade, locate
from training.spine.discs import cut_discs, grade_discs
from training.spine.metrics import auc, kappa
from training.spine.report_axial import axial_metrics
from training.spine.sagittal import dice_by_class, segment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from compression.recipe import Contents
    from training.spine.answers import Answer

    Scores = Mapping[tuple[str, Figure], float]
    Scoring = Callable[[Mapping[str, Answer]], Scores]

AXIAL_SLICES, MASKED_SLICES, GRADED_SLICES = 600, 48, 30
NARROWING = 1
"""Among the properties of a disc."""


def kept(contents: Contents, scoring: Scoring) -> list[Kept]:
    """Compare a package's graphs in INT8 with themselves in FP32; they are their own teacher."""
    whole, eighth = (
        scoring({name: answer_of(graphs[role]) for name, graphs in contents.items()})
        for role in (Role.CPU_FP32, Role.CPU_INT8)
    )
    return [
        Kept(what, figure, whole[what, figure], whole[what, figure], eighth[what, figure]) for what, figure in whole
    ]


def axial_scoring(data: Path) -> Scoring:
    """Count AUC and κ of the canal."""
    slices = evenly(read_axial(data).slices, AXIAL_SLICES)

    def scores(answers: Mapping[str, Answer]) -> Scores:
        told = axial_metrics(slices, grade(answers["grader"], locate(answers["locator"], slices)))
        return {
            ("grader, canal", Figure.AUC): told["auc"]["serious_vs_no"]["value"],
            ("grader, canal", Figure.KAPPA): told["kappa_quadratic"]["value"],
        }

    return scores


def tissue_score(masks: Path) -> Callable[[Answer], float]:
    """Mean Dice of the tissues, by which layers are taken back to FP32 where INT8 would lose too much."""
    masked = evenly(read_masked(masks), MASKED_SLICES)

    def score(answer: Answer) -> float:
        return float(np.nanmean([dice_by_class(segment(answer, item.pixels), item.labels) for item in masked]))

    return score


def sagittal_scoring(masks: Path, mid: Path) -> Scoring:
    """Count Dice of the tissues, and AUC and κ of the discs that are found on T2."""
    masked = evenly(read_masked(masks), MASKED_SLICES)
    on_t2 = [item for item in read_mid(mid) if item.grades and item.weighting == "T2"]
    graded = evenly(on_t2, GRADED_SLICES)

    def scores(answers: Mapping[str, Answer]) -> Scores:
        dice = np.array([dice_by_class(segment(answers["segmenter"], item.pixels), item.labels) for item in masked])
        discs = cut_discs(answers["segmenter"], graded).discs
        told = grade_discs(answers["discs"], discs)
        truth = np.array([disc.grades for disc in discs])
        found = {
            (f"segmenter, {name}", Figure.DICE): value for name, value in zip(TISSUES, np.nanmean(dice, 0), strict=True)
        }
        return found | {
            ("discs, narrowing", Figure.AUC): auc(truth[:, NARROWING] > 0, told[NARROWING][:, 1]),
            ("discs, Pfirrmann", Figure.KAPPA): kappa(truth[:, 0], told[0].argmax(1), "quadratic"),
        }

    return scores


def evenly(items: tuple | list, count: int) -> list:
    """Take items evenly over the whole list, so that every patient may be among them."""
    places = np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int)
    return [items[place] for place in places]
