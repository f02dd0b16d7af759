"""Grades per disc, as SPIDER's experts gave them: find the discs, cut a patch around each, grade it.

Discs are found by the sagittal network and numbered from the lowest upward; a graded disc that is not
found is missing, and is counted as such. The network is told the weighting, because Pfirrmann's grades
are defined on T2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import TensorDataset

from appliance.measure_spine import find_discs, measure_levels
from appliance.spine_inputs import PATCH, averaged, disc_facts, disc_inputs, disc_patches
from training.datasets.spider import TASKS, MidSlice
from training.spine.answers import softmax
from training.spine.augment import Contrast, Motion, motion_grid, moved, randomise_contrast
from training.spine.fitting import SpineTask
from training.spine.networks import Grader
from training.spine.sagittal import segment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from training.spine.answers import Answer

UNKNOWN = -1
HALFWAY = tuple(grade + 0.5 for grade in range(TASKS["pfirrmann"] - 1))
"""Pfirrmann's cut points for a network for which none were chosen: the nearest grade."""
TASK_WEIGHTS = (2.0, 1.0, 0.7, 0.3, 0.3, 0.4, 0.4, 0.4)
MOTION = Motion(degrees=8, zoom=0.12, shift=0.05, mirror=0.0)
CONTRAST = Contrast(curve=0.3, upside_down=0.0, bias=0.2, noise=0.2, blur=0.3)
"""Mild: how dark a disc is, is what is graded."""


@dataclass(frozen=True, slots=True)
class GradedDisc:
    """One disc that was found, and the expert's grades."""

    patient: int
    weighting: str
    number: int
    patches: NDArray[np.float32] = field(repr=False)
    """``[zoom, row, column]``; it is learnt from the middle one."""
    facts: NDArray[np.float32] = field(repr=False)
    grades: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DiscSet:
    """The discs of all slices, and how many graded ones were not found."""

    discs: tuple[GradedDisc, ...]
    graded: int
    missing: int


def cut_discs(answer: Answer, slices: Sequence[MidSlice]) -> DiscSet:
    """Find, number and cut the discs of every slice."""
    discs, graded, missing = [], 0, 0
    for item in slices:
        found = _discs_of(answer, item)
        discs += found
        graded += len(item.grades)
        missing += len(item.grades) - len(found)
    return DiscSet(tuple(discs), graded, missing)


def _discs_of(answer: Answer, item: MidSlice) -> list[GradedDisc]:
    labels = segment(answer, item.pixels)
    ratios = {level.disc.number: level.ratio for level in measure_levels(labels)}
    pixels = item.pixels.astype(np.float32)
    roots = np.sqrt(pixels)
    weighting = [float(item.weighting == name) for name in ("T1", "T2")]
    discs = find_discs(labels)
    return [
        GradedDisc(
            item.patient,
            item.weighting,
            disc.number,
            disc_patches(roots, disc),
            np.array([*facts, *weighting], dtype=np.float32),
            item.grades[disc.number],
        )
        for disc, facts in zip(discs, disc_facts(pixels, labels, discs, ratios), strict=True)
        if disc.number in item.grades
    ]


def disc_grader() -> Grader:
    """Build the grader of a disc's patch."""
    return Grader(tuple(TASKS.values()), widths=(16, 32, 64, 96), known=PATCH.facts)


class DiscTask(SpineTask):
    """All of the expert's grades from one patch."""

    def __init__(self) -> None:
        super().__init__(disc_grader())

    def cost(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Cross-entropy of every head; Pfirrmann's neighbours count as half right."""
        patches, facts, grades = batch
        side = patches.shape[-1]
        grid, _ = motion_grid(len(patches), (side, side), (side, side), MOTION)
        moved_patches = moved(patches, grid)
        changed = randomise_contrast(moved_patches, CONTRAST)
        facts = facts + 0.03 * torch.randn_like(facts)
        total = torch.zeros(())
        planes = facts[:, :, None, None].expand(-1, -1, side, side)
        said = self.net(torch.cat([changed, planes], dim=1)).split(tuple(TASKS.values()), dim=1)
        for head, logits in enumerate(said):
            known = grades[:, head] != UNKNOWN
            soft = ordinal_targets(grades[known, head], logits.shape[1], spread=0.5 if head == 0 else 0.2)
            total = total + TASK_WEIGHTS[head] * functional.cross_entropy(logits[known], soft)
        return total


def ordinal_targets(grades: Tensor, classes: int, *, spread: float) -> Tensor:
    """Spread a grade over its neighbours, the less the farther."""
    distance = (torch.arange(classes)[None] - grades[:, None]).float() ** 2
    return (-distance / (2 * spread**2)).softmax(1)


def disc_data(discs: Sequence[GradedDisc]) -> TensorDataset:
    """Patches, facts and grades."""
    return TensorDataset(
        torch.from_numpy(np.stack([disc.patches[1] for disc in discs]))[:, None],
        torch.from_numpy(np.stack([disc.facts for disc in discs])),
        torch.tensor([disc.grades for disc in discs]),
    )


def grade_discs(answer: Answer, discs: Sequence[GradedDisc]) -> list[NDArray[np.float64]]:
    """Probabilities for each of ``TASKS``, ``[disc, grade]``: the mean over a disc's squares."""
    said = answer(np.concatenate([disc_inputs(disc.patches, disc.facts) for disc in discs]))
    heads = np.split(said, np.cumsum(list(TASKS.values()))[:-1], axis=1)
    return [averaged(softmax(head), len(discs)) for head in heads]
