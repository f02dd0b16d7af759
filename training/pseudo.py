"""Unlabelled scanners used: a network's own sure answers become labels that count for little.

Self-training in one round. The network that answers must not have learned from anybody who is held out
of the run that learns from its answers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from training.packed import BRAIN, LESION, VENTRICLE, Pack
from training.samples import WholeSlices

if TYPE_CHECKING:
    from torch import nn

MARGIN_PX = 2
"""How far around the brain the answering network sees, as in the clinic."""
ALL = BRAIN | VENTRICLE | LESION


@torch.inference_mode()
def with_pseudo_labels(pack: Pack, network: nn.Module, *, sure: float = 0.5, trust: float = 0.3) -> Pack:
    """Label the scans that nobody labelled; their slices weigh ``trust`` from then on."""
    labels, weights, known = pack.labels.copy(), pack.weights.copy(), pack.known.copy()
    unlabelled = np.flatnonzero((pack.known & LESION) == 0)
    slices = np.flatnonzero(np.isin(pack.scan_of, unlabelled))
    shown = WholeSlices(pack, slices, margin_px=MARGIN_PX)
    for place, index in enumerate(slices):
        likely = torch.sigmoid(network(shown[place].image[None]))[0].numpy()
        answered = (likely[1] > sure) * VENTRICLE + (likely[2] > sure) * LESION
        labels[index] = (pack.labels[index] & BRAIN) | answered.astype(np.uint8)
    known[unlabelled] = ALL
    weights[slices] = trust
    return replace(pack, labels=labels, weights=weights, known=known)
