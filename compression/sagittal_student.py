"""The sagittal segmenter's student: pruned from its teacher, then taught by it on slices with masks and without.

The teacher looks at the very picture that the student gets, turned and recoloured alike, so that its answer fits.
Slices without masks teach through the teacher alone. The control is the same network, patients and epochs alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import lightning.pytorch as pl
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import TensorDataset

from appliance.spine_inputs import sagittal_input
from compression.prune import measure_norms_anew, pruned
from training.datasets.spider import MaskedSlice
from training.spine.answers import torch_answer
from training.spine.augment import motion_grid, moved, randomise_contrast
from training.spine.fitting import fit
from training.spine.sagittal import CONTRAST, CROP, MOTION, SagittalTask, dice_loss, segment, segmentation_data

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from training.datasets.spider import MidSlice

NORM_SLICES = 48
"""How many slices the narrow network's batch norms see before it is taught."""


@dataclass(frozen=True, slots=True)
class SagittalCourse:
    """Everything that decides what the student learns."""

    ratio: float = 0.35
    """Share of the teacher's channels that go."""
    epochs: int = 16
    minutes: float = 0.0
    """Of each network; at 0 the epochs alone decide."""
    batch: int = 8
    folds: int = 3
    seed: int = 30
    """Of the split as well: the teachers' own, so that teacher and student know the same patients."""
    rate: float = 3e-3
    temperature: float = 2.0
    truth_share: float = 1.0
    soft_share: float = 1.0
    hint_share: float = 0.1

    def without_teacher(self) -> SagittalCourse:
        """Return the control's course."""
        return replace(self, soft_share=0.0, hint_share=0.0)


class TaughtTask(SagittalTask):
    """Truth where there is any, the teacher's soft answer and deepest features everywhere."""

    def __init__(self, student: nn.Module, teacher: nn.Module, course: SagittalCourse) -> None:
        super().__init__()
        self.net = student.to(memory_format=torch.channels_last)
        self.rate = course.rate
        self.course = course
        self._teacher = [teacher.eval()]  # in a list: its weights are not the student's to learn or to keep
        self._deepest: dict[str, Tensor] = {}
        widths = [self._watch(name, network) for name, network in (("student", student), ("teacher", teacher))]
        self.project = nn.Conv2d(*widths, 1)

    def cost(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Show both the same picture, then compare."""
        images, labels, known = batch
        grid, _ = motion_grid(len(images), (images.shape[2], images.shape[3]), CROP, MOTION)
        labels = moved(labels, grid, labels=True)
        images = randomise_contrast(moved(images, grid), CONTRAST, labels)
        logits = self.net(images)
        cost = self.course.truth_share * truth_cost(logits, labels, known)
        if not self.course.soft_share:
            return cost
        with torch.no_grad():
            told = self._teacher[0](images)
        apart = functional.mse_loss(self.project(self._deepest["student"]), self._deepest["teacher"])
        spread = self._deepest["teacher"].var().clamp_min(1e-3)
        soft = softened(logits, told, self.course.temperature)
        return cost + self.course.soft_share * soft + self.course.hint_share * apart / spread

    def _watch(self, name: str, network: nn.Module) -> int:
        deepest = network.down[-1]
        deepest.register_forward_hook(lambda _module, _given, found: self._deepest.update({name: found}))
        return next(layer.num_features for layer in reversed(list(deepest.modules())) if hasattr(layer, "num_features"))


def truth_cost(logits: Tensor, labels: Tensor, known: Tensor) -> Tensor:
    """Cross-entropy and Dice over the slices whose truth is known; nothing where none is."""
    if not known.any():
        return logits.sum() * 0
    logits, labels = logits[known], labels[known]
    return functional.cross_entropy(logits, labels) + dice_loss(logits, labels)


def softened(logits: Tensor, told: Tensor, temperature: float) -> Tensor:
    """Divergence from the teacher's answer at a temperature, a pixel."""
    target, said = (torch.log_softmax(one / temperature, 1) for one in (told, logits))
    apart = functional.kl_div(said, target, reduction="none", log_target=True).sum(1)
    return temperature**2 * apart.mean()


def narrowed(teacher: nn.Module, slices: Sequence[MaskedSlice], ratio: float) -> nn.Module:
    """Take channels out of the segmenter, and let its batch norms see real slices again."""
    side = torch.zeros(1, 1, *CROP)
    narrow = pruned(teacher, side, ratio, [teacher.out])
    images = [torch.from_numpy(sagittal_input(item.pixels))[None, None] for item in slices[:: _every(slices)]]
    measure_norms_anew(narrow, images)
    return narrow


def taught(
    teacher: nn.Module,
    masked: Sequence[MaskedSlice],
    unmasked: Sequence[MidSlice],
    course: SagittalCourse,
    work: Path,
) -> nn.Module:
    """Teach a student, or go on where a killed run stopped."""
    pl.seed_everything(course.seed, verbose=False)
    told = [_as_told(teacher, item) for item in unmasked] if course.soft_share else []
    data = segmentation_data([*masked, *told])
    known = torch.tensor([True] * len(masked) + [False] * len(told))
    task = TaughtTask(narrowed(teacher, masked, course.ratio), teacher, course)
    task.train()
    slices, asked = TensorDataset(*data.tensors, known), {"epochs": course.epochs, "minutes": course.minutes}
    fit(task, slices, work, batch=course.batch, seed=course.seed, **asked)
    return task.net.eval()


def _as_told(teacher: nn.Module, item: MidSlice) -> MaskedSlice:
    """Mark a slice as the teacher sees it: only to lift and lower whole tissues while its picture is recoloured."""
    return MaskedSlice(item.file, item.patient, item.pixels, segment(torch_answer(teacher), item.pixels))


def _every(slices: Sequence[MaskedSlice]) -> int:
    return max(1, len(slices) // NORM_SLICES)
