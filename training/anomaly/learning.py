"""How each network learns, on Lightning's trainer: seeded, budgeted in steps, on whatever device there is."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import lightning.pytorch as pl
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader

if TYPE_CHECKING:
    from training.anomaly.networks import Adversaries, VariationalAutoencoder
    from training.anomaly.samples import LesionFree, Sample

DIVERGENCE_SHARE = 2e-3
PENALTY = 10.0
CRITIC_STEPS = 3
FEATURE_SHARE = 0.1
INVERTING_SHARE = 0.4
"""Of the steps, how many the encoder of f-AnoGAN gets at the end."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What it took to teach a network."""

    steps: int
    wall_s: float
    device: str
    last_loss: float
    parameters: int


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """A network that has learned."""

    network: nn.Module
    effort: Effort


class Learner(pl.LightningModule):
    """A network with one loss, AdamW, and a learning rate that rises and falls."""

    def __init__(self, network: nn.Module, rate: float, steps: int) -> None:
        super().__init__()
        self.network, self.rate, self.steps = network, rate, steps
        self.last_loss = float("nan")

    def loss_of(self, sample: Sample) -> torch.Tensor:
        """Say how wrong the network is."""
        raise NotImplementedError

    def training_step(self, sample: Sample, _: int) -> torch.Tensor:
        """Return the loss of one batch."""
        loss = self.loss_of(sample)
        self.last_loss = float(loss.detach())
        return loss

    def configure_optimizers(self) -> dict[str, object]:
        """One cycle over the whole budget."""
        optimiser = torch.optim.AdamW(self.network.parameters(), lr=self.rate, weight_decay=1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, self.rate, total_steps=self.steps + 1)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class Remembering(Learner):
    """Autoencoders, and restoring ones: the answer is the clean slice."""

    def loss_of(self, sample: Sample) -> torch.Tensor:
        """Absolute difference inside the brain."""
        return inside(self.network(sample.given) - sample.clean, sample.brain)


class RememberingByChance(Learner):
    """The variational autoencoder."""

    network: VariationalAutoencoder

    def loss_of(self, sample: Sample) -> torch.Tensor:
        """Absolute difference, and the distance of the bottleneck from a normal distribution."""
        made, mean, log_variance = self.network.sampled(sample.given)
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).mean()
        return inside(made - sample.clean, sample.brain) + DIVERGENCE_SHARE * divergence


class Pointing(Learner):
    """Networks that say where a slice was spoilt."""

    def loss_of(self, sample: Sample) -> torch.Tensor:
        """Cross-entropy plus Dice."""
        logits = self.network(sample.given)
        crossed = functional.binary_cross_entropy_with_logits(logits, sample.where, reduction="none")
        found = torch.sigmoid(logits)
        overlap = (2 * (found * sample.where).sum() + 1.0) / (found.sum() + sample.where.sum() + 1.0)
        return (crossed * sample.brain).sum() / sample.brain.sum().clamp(min=1.0) * 4 + 1 - overlap


class Contending(pl.LightningModule):
    """f-AnoGAN: first generator against critic (Wasserstein, gradient penalty), then the encoder."""

    network: Adversaries

    def __init__(self, network: Adversaries, rate: float, steps: int) -> None:
        super().__init__()
        self.network, self.rate, self.steps = network, rate, steps
        self.automatic_optimization = False
        self.batches = 0
        self.last_loss = float("nan")

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        """One for the critic, one for the generator, one for the encoder."""
        net = self.network
        parts = ([net.features, net.judge], [net.seed, net.generator], [net.encoder])
        return [
            torch.optim.Adam([w for part in group for w in part.parameters()], lr=self.rate, betas=(0.5, 0.9))
            for group in parts
        ]

    def training_step(self, sample: Sample, _: int) -> None:
        """Teach the critic and now and then the generator; at the end the encoder."""
        self.batches += 1
        critic, generator, encoder = self.optimizers()
        if self.batches > self.steps * (1 - INVERTING_SHARE):
            self._follow(encoder, self._inversion(sample))
            return
        self._follow(critic, self._criticism(sample.clean))
        if self.batches % CRITIC_STEPS == 0:
            self._follow(generator, -self.network.judged(self._made(len(sample.clean))).mean())

    def _follow(self, optimiser: torch.optim.Optimizer, loss: torch.Tensor) -> None:
        optimiser.zero_grad()
        self.manual_backward(loss)
        optimiser.step()
        self.last_loss = float(loss.detach())

    def _made(self, count: int) -> torch.Tensor:
        return self.network.made(2 * torch.rand(count, self.network.seed[0].in_features, device=self.device) - 1)

    def _criticism(self, real: torch.Tensor) -> torch.Tensor:
        made = self._made(len(real)).detach()
        share = torch.rand(len(real), 1, 1, 1, device=self.device)
        between = (share * real + (1 - share) * made).requires_grad_()
        (slope,) = torch.autograd.grad(self.network.judged(between).sum(), between, create_graph=True)
        penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
        return self.network.judged(made).mean() - self.network.judged(real).mean() + PENALTY * penalty

    def _inversion(self, sample: Sample) -> torch.Tensor:
        back = self.network(sample.clean)
        seen, meant = self.network.features(back), self.network.features(sample.clean).detach()
        return inside(back - sample.clean, sample.brain) + FEATURE_SHARE * (seen - meant).square().mean()


def inside(difference: torch.Tensor, brain: torch.Tensor) -> torch.Tensor:
    """Average an absolute difference: the brain counts, the dark around it a little."""
    return (difference.abs() * (0.1 + brain)).mean()


def learn(learner: Learner | Contending, samples: LesionFree, batch: int, seed: int) -> Learned:
    """Train for the learner's steps."""
    pl.seed_everything(seed, verbose=False)
    trainer = pl.Trainer(
        max_epochs=1,
        accelerator="auto",
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        gradient_clip_val=None if isinstance(learner, Contending) else 1.0,
    )
    started = time.monotonic()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        warnings.filterwarnings("ignore", message=".*lr_scheduler.step.*")
        trainer.fit(learner, DataLoader(samples, batch_size=batch, shuffle=False))
    device = (
        torch.cuda.get_device_name() if learner.device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    )
    network = learner.network.cpu().eval()
    size = sum(weights.numel() for weights in network.parameters())
    return Learned(network, Effort(learner.steps, time.monotonic() - started, device, learner.last_loss, size))
