"""What a teacher says of every slice of a pack, kept on the disk: a student then learns without asking again.

The answers are probabilities, a slice's and its mirror image's averaged over all the teacher's networks; the
features are what the first network's deepest level held. A kept file counts only for the same pack and weights.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit
from torch import nn

from appliance.engine.session import Ports
from compression.agreeing import opened
from compression.graphs import exported
from compression.rewrite import quantisable
from training.checkpoint import load_checkpoint
from training.packed import pack_hash
from training.samples import WholeSlices

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from training.packed import Pack

LEVELS = 255
MARGIN_PX = 2
"""How far around the brain a teacher sees, as in the clinic."""


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """A teacher's answers for every slice of a pack."""

    likely: NDArray[np.uint8]
    """``[slice, output, row, column]``: 0 … 255 stands for a probability of 0 … 1."""
    features: NDArray[np.float16]
    """``[slice, channel, row, column]``, coarse."""
    parameters: int
    """Of all the teacher's networks together."""


def lessons(pack: Pack, teachers: Sequence[Path], folder: Path) -> Lessons:
    """Ask the teachers, or find what they said before; several are averaged, and the first one gives the features."""
    told = [_told(pack, teacher, folder) for teacher in teachers]
    likely = told[0].likely
    if len(told) > 1:
        likely = np.rint(sum(one.likely.astype(np.float32) for one in told) / len(told)).astype(np.uint8)
    return Lessons(likely, told[0].features, sum(one.parameters for one in told))


def weights_of(network: nn.Module) -> int:
    """Count a network's parameters."""
    return sum(weights.numel() for weights in network.parameters())


def _told(pack: Pack, teacher: Path, folder: Path) -> Lessons:
    key = f"{pack_hash(pack)} {hashlib.sha256(teacher.read_bytes()).hexdigest()}"
    kept = folder / f"{teacher.parent.name}.npz"
    if kept.is_file():
        with np.load(kept) as stored:
            if str(stored["key"]) == key:
                return Lessons(stored["likely"], stored["features"], int(stored["parameters"]))
    asked = _asked(pack, load_checkpoint(teacher)[0])
    folder.mkdir(parents=True, exist_ok=True)
    partial = kept.with_suffix(".part.npz")
    np.savez(partial, key=key, likely=asked.likely, features=asked.features, parameters=asked.parameters)
    partial.replace(kept)
    return asked


class WithFeatures(nn.Module):
    """A residual U-Net that gives its deepest features beside its answer."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and features."""
        features = self.network.down[0](image)
        for block in self.network.down[1:]:
            features = block(self.network.shrink(features))
        return self.network(image), features


def _asked(pack: Pack, network: nn.Module) -> Lessons:
    """Ask on OpenVINO, which answers in a third of PyTorch's time."""
    shown = WholeSlices(pack, np.arange(len(pack.images)), MARGIN_PX)
    graph = exported(WithFeatures(quantisable(network)), shown[0].image[None].numpy(), "image", ("logits", "features"))
    session = opened("OpenVINO", graph.SerializeToString(), Ports(("image",), ("logits", "features")), threads=1)
    likely, features = [], []
    for place in range(len(shown)):
        image = shown[place].image[None].numpy()
        both = np.concatenate([image, np.ascontiguousarray(image[..., ::-1])])
        said = session.run({"image": both})
        chances = expit(said["logits"])
        likely.append(np.rint((chances[0] + chances[1, ..., ::-1]) / 2 * LEVELS).astype(np.uint8))
        features.append(said["features"][0].astype(np.float16))
    return Lessons(np.stack(likely), np.stack(features), weights_of(network))
