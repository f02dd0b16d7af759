"""One way to train a spine network: Lightning, a budget of epochs or of minutes, exact resume after a kill.

A folder holds one run. ``last.ckpt`` is written after every epoch (weights, optimiser, schedule and the
epoch number), so a killed run goes on where its last whole epoch ended; ``metrics.csv`` has the curve.
Random draws are seeded by seed and epoch, so a resumed run draws what the unbroken one would have drawn.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from safetensors.torch import load_file, save_file
from torch.utils.data import DataLoader, TensorDataset

from training.elapsed import Elapsed

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn


class SeedByEpoch(pl.Callback):
    """Make the draws of an epoch depend on nothing but the seed and the epoch's number."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Seed anew."""
        del pl_module
        torch.manual_seed(self.seed * 100_003 + trainer.current_epoch)


class Clock(Elapsed):
    """Bring the learning rate down by the clock where that is further than the steps are, and stop when time is up."""

    def __init__(self, minutes: float) -> None:
        super().__init__()
        self.minutes = minutes

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:  # noqa: ANN401 - Lightning's signature
        """Move the schedule on."""
        super().on_train_batch_end(trainer)
        schedule = trainer.lr_scheduler_configs[0].scheduler
        by_clock = int(min(self.progress(trainer), 1.0) * (schedule.total_steps - 2))
        schedule.last_epoch = max(schedule.last_epoch, by_clock)

    def progress(self, trainer: pl.Trainer) -> float:
        """Return the share of the minutes that is spent."""
        del trainer
        return self.elapsed_s / (60 * self.minutes)


class SpineTask(pl.LightningModule):
    """A network, its loss and AdamW under a one-cycle schedule; a task says what a batch costs."""

    def __init__(self, net: nn.Module, *, rate: float = 2e-3, decay: float = 1e-2) -> None:
        super().__init__()
        self.net = net.to(memory_format=torch.channels_last)
        self.rate = rate
        self.decay = decay

    def cost(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Return the loss of one batch."""
        raise NotImplementedError

    def training_step(self, batch: tuple[Tensor, ...], _index: int) -> Tensor:
        """Log and return the cost."""
        loss = self.cost(batch)
        self.log("loss", loss, on_step=False, on_epoch=True)
        return loss

    def configure_optimizers(self) -> dict[str, object]:
        """AdamW, warmed up and brought down to nothing."""
        optimiser = torch.optim.AdamW(self.parameters(), lr=self.rate, weight_decay=self.decay)
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, self.rate, total_steps=steps, pct_start=0.2)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def fit(
    task: SpineTask, data: TensorDataset, folder: Path, *, epochs: int, batch: int, seed: int, minutes: float = 0.0
) -> None:
    """Train, or go on training, until the epochs are done or, if any are given, the minutes are over."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    loader = DataLoader(data, batch_size=batch, shuffle=True, drop_last=len(data) > batch)
    keep = ModelCheckpoint(folder, filename="last", save_on_train_epoch_end=True, enable_version_counter=False)
    trainer = pl.Trainer(
        max_epochs=epochs,
        accelerator="auto",
        devices=1,
        logger=CSVLogger(folder, name=None, version=""),
        callbacks=[keep, SeedByEpoch(seed), *([Clock(minutes)] if minutes else [])],
        enable_progress_bar=False,
        enable_model_summary=False,
        gradient_clip_val=1.0,
        log_every_n_steps=1,
    )
    last = folder / "last.ckpt"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*num_workers.*")
        warnings.filterwarnings("ignore", message=".*exists and is not empty.*")
        warnings.filterwarnings("ignore", message=".*LeafSpec.*")
        trainer.fit(task, loader, ckpt_path=str(last) if last.is_file() else None)
    task.eval()


def save_weights(net: nn.Module, path: Path, facts: dict[str, str]) -> None:
    """Write the weights as half precision, with the facts needed to build the network again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in net.state_dict().items()
    }
    save_file(half, path, metadata=facts)


def load_weights(net: nn.Module, path: Path) -> None:
    """Put saved weights into a network of the same kind, ready to read with."""
    weights = load_file(path)
    net.load_state_dict(
        {name: value.float() if value.is_floating_point() else value for name, value in weights.items()}
    )
    net.eval()
