"""A student learns from a teacher: its soft answers, its features, and the truth where there is any.

One run on Lightning's trainer, with a budget in minutes and exact resume, as in training. The control is the same
student on the same patients for the same time without the teacher.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader

from appliance.errors import Misuse
from compression.lesson_samples import LessonSlices, collated
from compression.students import STUDENT
from training.augment import Augmentation
from training.fit import LAST, Curve, Outcome, Schedule
from training.losses import dice_bce, total
from training.networks.registry import NetworkSpec, build
from training.samples import Plan, chances

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from compression.lesson_samples import Lesson
    from compression.teaching import Lessons
    from training.packed import Pack

SUREST = 1e-3
"""Probabilities are kept to 8 bits: surer than this is not known."""


@dataclass(frozen=True, slots=True)
class DistilConfig:
    """Everything that decides what a student learns."""

    network: NetworkSpec = STUDENT
    augmentation: Augmentation = field(default_factory=Augmentation)
    seed: int = 3
    batch: int = 8
    epochs: int = 40
    samples_per_epoch: int = 400
    crop: tuple[int, int] = (128, 128)
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    warm_up: float = 0.08
    averaging: float = 0.99
    lesion_share: float = 0.6
    output_shares: tuple[float, ...] = (0.15, 1.0, 1.4)
    dataset_shares: dict[str, float] = field(
        default_factory=lambda: {
            "tabriz": 0.42,
            "mslesseg": 0.24,
            "tabriz_unlabelled": 0.08,
            "ljubljana_longitudinal": 0.14,
            "phantom": 0.12,
        }
    )
    temperature: float = 2.0
    truth_share: float = 0.5
    soft_share: float = 1.0
    hint_share: float = 0.1
    """How much truth, the teacher's answers and the teacher's features count; the last two are 0 for the control."""

    def without_teacher(self) -> DistilConfig:
        """Return the control's config: nothing changes but that nobody teaches."""
        return replace(self, truth_share=1.0, soft_share=0.0, hint_share=0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """One run: what is learnt, by whom, and where it is kept."""

    config: DistilConfig
    pack: Pack
    taught: Lessons
    learners: frozenset[str]
    """Patients that are learnt from; phantoms come on top."""
    folder: Path
    minutes: float | None = None
    start_from: nn.Module | None = None
    """A student to go on with: one that was pruned, for example."""


def distil(course: Course) -> Outcome:
    """Teach, or go on where a killed run stopped."""
    config = course.config
    allowed = chances(course.pack, course.learners, _present(course), config.lesion_share)
    if not (allowed > 0).any():
        raise Misuse("The student has nobody to learn from.", advice="Check the split and `dataset_shares`.")
    pl.seed_everything(config.seed, verbose=False)
    module = Distilling(course)
    schedule, curve = Schedule(config, course.minutes, 1), Curve()
    trainer = _trainer(course, schedule, curve)
    last = course.folder / LAST
    slices = LessonSlices(course.pack, course.taught, config.augmentation, config.crop)
    plan = Plan(allowed, config.samples_per_epoch, config.seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        warnings.filterwarnings("ignore", message=".*exists and is not empty.*")
        loader = DataLoader(slices, config.batch, sampler=plan, collate_fn=collated, drop_last=True)
        trainer.fit(module, loader, ckpt_path=str(last) if last.is_file() else None, weights_only=False)
    device = f"CPU, {torch.get_num_threads()} threads"
    return Outcome(module.student.eval(), trainer.global_step, schedule.elapsed_s, device, True, tuple(curve.rows))


class Distilling(pl.LightningModule):
    """A student, the projection of its deepest features onto the teacher's, and what both cost."""

    def __init__(self, course: Course) -> None:
        super().__init__()
        self.config = course.config
        self.student = course.start_from or build(course.config.network)
        self.student.to(memory_format=torch.channels_last)
        self.project = nn.LazyConv2d(course.taught.features.shape[1], 1)
        self.deepest: list[torch.Tensor] = []
        self.student.down[-1].register_forward_hook(lambda _module, _given, found: self.deepest.append(found))
        self._seen_once(course.config)

    def on_train_batch_start(self, *_: Any) -> None:  # noqa: ANN401 - Lightning's signature
        """Draw from the step's own seed, so that a resumed run draws the same."""
        torch.manual_seed(self.config.seed * 1_000_003 + self.global_step)

    def training_step(self, batch: Lesson, _: int) -> torch.Tensor:
        """Return the loss of one batch."""
        self.deepest.clear()
        parts = costs(self.student(batch.image.to(memory_format=torch.channels_last)), batch, self.config)
        parts["hint"] = hint(self.project(self.deepest.pop()), batch)
        shares = {"truth": self.config.truth_share, "soft": self.config.soft_share, "hint": self.config.hint_share}
        loss = sum(share * parts[name] for name, share in shares.items() if share)
        self.log("loss", loss, on_step=False, on_epoch=True, batch_size=len(batch.image))
        return loss

    def _seen_once(self, config: DistilConfig) -> None:
        """Let the projection find out how many features there are."""
        with torch.no_grad():
            self.student.eval()(torch.zeros(1, config.network.channels, *config.crop))
            self.project(self.deepest.pop())
        self.train()

    def transfer_batch_to_device(self, batch: Lesson, device: torch.device, dataloader_idx: int) -> Lesson:
        """Students are small: they learn where the data is, on the processor."""
        del device, dataloader_idx
        return batch

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW."""
        return torch.optim.AdamW(self.parameters(), lr=self.config.learning_rate, weight_decay=self.config.weight_decay)


def costs(logits: torch.Tensor, batch: Lesson, config: DistilConfig) -> dict[str, torch.Tensor]:
    """Compare answers with the truth and with the teacher's."""
    told = batch.taught[:, None].expand_as(batch.weight).contiguous()
    soft = dice_bce(logits, batch.likely, told) + 4 * _softened(logits, batch.likely, told, config.temperature)
    return {
        "truth": total(dice_bce(logits, batch.truth, batch.weight), batch.weight, config.output_shares),
        "soft": total(soft, told, config.output_shares),
    }


def hint(features: torch.Tensor, batch: Lesson) -> torch.Tensor:
    """Say how far projected features are from the teacher's, each in units of the teacher's spread."""
    spread = batch.features.std().clamp(min=1e-3)
    apart = functional.smooth_l1_loss(features / spread, batch.features / spread, reduction="none").mean(dim=(1, 2, 3))
    return (apart * batch.taught).sum() / batch.taught.sum().clamp(min=1)


def _softened(logits: torch.Tensor, likely: torch.Tensor, counts: torch.Tensor, temperature: float) -> torch.Tensor:
    """Cross-entropy at a temperature, one value an output: it makes the teacher's doubts count."""
    target = torch.sigmoid(torch.logit(likely.clamp(SUREST, 1 - SUREST)) / temperature)
    entropy = functional.binary_cross_entropy_with_logits(logits / temperature, target, reduction="none")
    least = functional.binary_cross_entropy(target, target, reduction="none")
    weights = counts[:, :, None, None].expand_as(entropy)
    return temperature**2 * ((entropy - least) * weights).sum(dim=(0, 2, 3)) / weights.sum(dim=(0, 2, 3)).clamp(min=1)


def _present(course: Course) -> Mapping[str, float]:
    """Return the shares of the data sets that may teach: without a teacher, what is unlabelled cannot."""
    taught = course.config.soft_share > 0
    labelled = {course.pack.patients[s].split("/")[0] for s in range(len(course.pack.keys)) if course.pack.known[s] > 1}
    return {name: share for name, share in course.config.dataset_shares.items() if taught or name in labelled}


def _trainer(course: Course, schedule: Schedule, curve: Curve) -> pl.Trainer:
    return pl.Trainer(
        default_root_dir=course.folder,
        accelerator="cpu",
        max_epochs=course.config.epochs,
        callbacks=[
            schedule,
            curve,
            EMAWeightAveraging(decay=course.config.averaging),
            ModelCheckpoint(course.folder, filename="last", save_on_train_epoch_end=True, enable_version_counter=False),
        ],
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        gradient_clip_val=5.0,
    )
