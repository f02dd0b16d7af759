"""A reader from trained networks: two checkpoints, or a model package of the clinic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import Misuse
from training.checkpoint import load_checkpoint
from training.predict import answer
from training.reading import Answer, Reader

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from torch import nn

    from appliance.preprocess import Floats, Prepared


def from_checkpoints(lesions: Path, brain: Path, *, mirrored: bool = True) -> Reader:
    """Return a reader on PyTorch; ``mirrored`` averages each slice's answer with that of its mirror image."""
    brain_network, brain_spec = load_checkpoint(brain)
    network, spec = load_checkpoint(lesions)
    if not brain_spec.heads or spec.heads:
        raise Misuse(f"{lesions.name} and {brain.name} are not a lesion and a brain network.", advice="Swap them.")
    return Reader(
        find_brain=answer_of(brain_network, mirrored=False),
        find_lesions=answer_of(network, mirrored=mirrored),
        brain_input=brain_spec.brain_input,
        lesion_input=spec.lesion_input,
        thresholds=spec.thresholds,
        smallest_lesion_ml=spec.smallest_lesion_ml,
    )


def answer_of(network: nn.Module, *, mirrored: bool) -> Answer:
    """Return a network as a function from prepared slices to probabilities."""

    def answered(prepared: Prepared, slices: Iterable[int]) -> Floats:
        return answer(network, prepared, slices, mirrored=mirrored)

    return answered
