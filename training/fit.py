"""One training run on Lightning's trainer: budgets by epochs and by time, a checkpoint each epoch, exact resume.

What a run learns depends on its config, its pack and its patients alone; a run that is killed and started
again with the same folder goes on from the last finished epoch and ends with the same weights as one that
was not (budgets by time excepted: there the clock decides how far it gets).
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import lightning.pytorch as pl
import numpy as np
import torch
from lightning.pytorch.callbacks import EarlyStopping, EMAWeightAveraging, ModelCheckpoint, TQDMProgressBar
from torch.utils.data import DataLoader

from appliance.errors import Misuse
from training.elapsed import Elapsed
from training.losses import LOSSES, total
from training.networks.registry import build
from training.samples import Plan, Slices, WholeSlices, chances, collate

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from training.config import RunConfig
    from training.packed import Pack
    from training.samples import Example

LAST = "last.ckpt"


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its config, who it may learn from, who it validates on, and where it lives."""

    config: RunConfig
    train: frozenset[str]
    validate: frozenset[str]
    folder: Path
    minutes: float | None = None
    devices: int = 1
    encoder_weights: Path | None = None
    start_from: dict[str, torch.Tensor] | None = None
    """Weights of an earlier run to go on from."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished run."""

    network: nn.Module
    steps: int
    wall_s: float
    device: str
    first: bool
    """Whether this process is the one that writes results: with several devices only one is."""
    curve: tuple[dict[str, float], ...]
    """Epoch, step and losses, over all sittings of a resumed run."""


def fit(run: Run, pack: Pack) -> Outcome:
    """Train, or go on where a killed run stopped."""
    allowed = chances(pack, run.train, run.config.dataset_shares, run.config.lesion_share)
    _check(run, pack, allowed)
    pl.seed_everything(run.config.seed, verbose=False)
    module = Training(run)
    schedule = Schedule(run.config, run.minutes, run.devices)
    curve = Curve()
    trainer = _trainer(run, schedule, curve)
    last = run.folder / LAST
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        trainer.fit(
            module,
            datamodule=Data(run, pack, allowed),
            ckpt_path=str(last) if last.is_file() else None,
            weights_only=False,
        )
    device = torch.cuda.get_device_name() if module.device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    return Outcome(
        module.network.cpu().eval(),
        trainer.global_step,
        schedule.elapsed_s,
        device,
        trainer.is_global_zero,
        tuple(curve.rows),
    )


class Training(pl.LightningModule):
    """A network, its loss and its optimiser."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.config = run.config
        self.network = build(run.config.network, run.encoder_weights).to(memory_format=torch.channels_last)
        if run.start_from is not None:
            self.network.load_state_dict(run.start_from)
        self.loss = LOSSES[run.config.loss]

    def _loss(self, batch: Example) -> torch.Tensor:
        outputs = self.config.network.outputs
        logits = self.network(batch.image.to(memory_format=torch.channels_last))
        weight = batch.weight[:, :outputs]
        return total(self.loss(logits, batch.truth[:, :outputs], weight), weight, self.config.output_shares[:outputs])

    def on_train_batch_start(self, *_: Any) -> None:  # noqa: ANN401 - Lightning's signature
        """Draw the step's dropout from the step's own seed, so that a resumed run draws the same."""
        torch.manual_seed(self.config.seed * 1_000_003 + self.global_step)

    def training_step(self, batch: Example, _: int) -> torch.Tensor:
        """Return the loss of one batch."""
        loss = self._loss(batch)
        if not torch.isfinite(loss):
            raise Misuse("The loss is no longer a number.", advice="Lower the learning rate.")
        self.log("loss", loss, prog_bar=True, on_step=False, on_epoch=True, batch_size=len(batch.image))
        return loss

    def validation_step(self, batch: Example, _: int) -> None:
        """Note the loss of one batch that is not learned from."""
        self.log("validation_loss", self._loss(batch), prog_bar=True, batch_size=len(batch.image))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW, or Adam with L2."""
        kind = torch.optim.AdamW if self.config.optimiser == "adamw" else torch.optim.Adam
        return kind(self.parameters(), lr=self.config.learning_rate, weight_decay=self.config.weight_decay)


class Schedule(Elapsed):
    """Learning rate up and down over the whole budget, by steps or by the clock, whichever is further; then stop."""

    def __init__(self, config: RunConfig, minutes: float | None, devices: int) -> None:
        super().__init__()
        self.config, self.minutes = config, minutes
        per_epoch = config.samples_per_epoch // devices // config.batch
        self.steps = config.epochs * per_epoch

    def on_train_batch_start(self, trainer: pl.Trainer, *_: Any) -> None:  # noqa: ANN401 - Lightning's signature
        """Set the learning rate for this step."""
        rate = self.config.learning_rate * _factor(self.progress(trainer), self.config.warm_up)
        for group in trainer.optimizers[0].param_groups:
            group["lr"] = rate

    def progress(self, trainer: pl.Trainer) -> float:
        """Return the share of the steps or of the minutes that is spent."""
        by_clock = self.elapsed_s / (60 * self.minutes) if self.minutes else 0.0
        return max(trainer.global_step / self.steps, by_clock)


class Curve(pl.Callback):
    """The losses of each epoch; kept in the checkpoint, so that a resumed run has them all."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: pl.Trainer, *_: Any) -> None:  # noqa: ANN401 - Lightning's signature
        """Note the losses."""
        losses = {name: round(float(value), 5) for name, value in trainer.callback_metrics.items()}
        self.rows.append({"epoch": trainer.current_epoch, "step": trainer.global_step} | losses)

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run must know."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from there."""
        self.rows = list(state_dict["rows"])


def _factor(progress: float, warm_up: float) -> float:
    if progress < warm_up:
        return 0.05 + 0.95 * progress / warm_up
    rest = min(1.0, (progress - warm_up) / (1 - warm_up))
    return 0.005 + 0.995 * 0.5 * (1 + math.cos(math.pi * rest))


def _trainer(run: Run, schedule: Schedule, curve: Curve) -> pl.Trainer:
    config = run.config
    callbacks: list[pl.Callback] = [
        schedule,
        curve,
        EMAWeightAveraging(decay=config.averaging),
        ModelCheckpoint(run.folder, filename="last", save_on_train_epoch_end=True, enable_version_counter=False),
        TQDMProgressBar(refresh_rate=10),
    ]
    if config.patience and config.validate_every:
        callbacks.append(EarlyStopping("validation_loss", patience=config.patience))
    return pl.Trainer(
        default_root_dir=run.folder,
        max_epochs=config.epochs,
        devices=run.devices,
        callbacks=callbacks,
        logger=False,
        check_val_every_n_epoch=config.validate_every or None,
        limit_val_batches=1.0 if config.validate_every else 0,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        sync_batchnorm=run.devices > 1 and torch.cuda.is_available(),
        gradient_clip_val=5.0,
        enable_model_summary=False,
    )


class Data(pl.LightningDataModule):
    """Loaders made once each process knows its rank."""

    def __init__(self, run: Run, pack: Pack, allowed: np.ndarray) -> None:
        super().__init__()
        self.run, self.pack, self.allowed = run, pack, allowed

    def train_dataloader(self) -> DataLoader[Example]:
        """Return this process's share of the plan."""
        config = self.run.config
        slices = Slices(self.pack, self.allowed > 0, config.augmentation, config.crop, heads=config.heads)
        rank, devices = self.trainer.global_rank, self.trainer.world_size
        plan = Plan(self.allowed, config.samples_per_epoch, config.seed, rank=rank, devices=devices)
        workers = 4 if torch.cuda.is_available() else 0
        return DataLoader(
            slices, config.batch, sampler=plan, num_workers=workers, collate_fn=collate, drop_last=True,
            persistent_workers=workers > 0,
        )  # fmt: skip

    def transfer_batch_to_device(self, batch: Example, device: torch.device, dataloader_idx: int) -> Example:
        """Move a batch."""
        del dataloader_idx
        return type(batch)(batch.image.to(device), batch.truth.to(device), batch.weight.to(device))

    def val_dataloader(self) -> DataLoader[Example] | list[DataLoader[Example]]:
        """Return the slices to validate on; none where the run does not validate."""
        if not self.run.config.validate_every:
            return []
        patients = self.pack.patients[self.pack.scan_of]
        chosen = np.flatnonzero(np.isin(patients, sorted(self.run.validate)) & (self.pack.weights > 0))
        whole = WholeSlices(self.pack, chosen, margin_px=None if self.run.config.heads else 2)
        return DataLoader(whole, self.run.config.batch, collate_fn=collate)


def _check(run: Run, pack: Pack, allowed: np.ndarray) -> None:
    """Refuse what would train on nothing, on the wrong patients or in the wrong way."""
    if run.config.loss not in LOSSES:
        raise Misuse(f"There is no loss “{run.config.loss}”.", advice=f"Use one of: {', '.join(LOSSES)}.")
    both = sorted(run.train & run.validate)
    if both:
        raise Misuse(f"Patient {both[0]} is in the training and in the validation part.", advice="Split again.")
    missing = sorted((run.train | run.validate) - set(pack.patients.tolist()))
    if missing:
        raise Misuse(f"Patient {missing[0]} is not in the pack.", advice="Pack the data again, or correct the split.")
    if not run.train or not (allowed > 0).any():
        raise Misuse("The training part is empty.", advice="Check the split and `dataset_shares`.")
    if run.config.validate_every and not run.validate:
        raise Misuse("The validation part is empty.", advice="Name patients to validate on, or do not validate.")
