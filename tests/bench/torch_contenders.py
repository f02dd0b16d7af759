"""What PyTorch runs: the teacher, and networks of the size that nnU-Net's rules give, which slide and mirror as it.

Those have random weights, so that only their time and memory mean anything. Where a whole scan would take hours, some
passes are timed, the rest is multiplied, and ``Cost.passes`` says how many of how many.
"""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import torch
from monai.data.utils import compute_importance_map
from monai.networks.nets import DynUNet

from tests.bench.contenders import THREADS, Cost, timed
from tests.bench.published_plan import Plan, as_published, mirrorings, places, plan_2d, plan_3d
from training.checkpoint import load_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.contracts import Volume
    from appliance.engine.network import Floats
    from tests.bench.contenders import Run

CLASSES = 2
torch.set_num_threads(THREADS)


def teacher_run(path: Path) -> Run:
    """Load a checkpoint that answers batches of slices."""
    network = load_checkpoint(path)[0].to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def run(images: Floats) -> Floats:
        answer: Floats = network(torch.from_numpy(images).to(memory_format=torch.channels_last)).numpy()
        return answer

    return run


def network_of(plan: Plan) -> DynUNet:
    """Build the network with random weights; deep supervision is for training only."""
    torch.manual_seed(1)
    return DynUNet(
        len(plan.window), 1, CLASSES, plan.kernels, plan.strides, plan.strides[1:], norm_name="instance"
    ).eval()


def sliding_cost(volume: Volume, most: int | None, *, flat: bool) -> Cost:
    """Slide and mirror a network over a scan; ``most`` bounds how many passes are timed."""
    image, spacing = as_published(volume)
    plan = plan_2d(image.shape) if flat else plan_3d(image.shape, spacing)
    network = network_of(plan)
    all_passes = list(product(places(image.shape, plan.window), mirrorings(len(plan.window))))
    chosen = all_passes[:most]
    answer = np.zeros((CLASSES, *image.shape), dtype=np.float32)
    ask = partial(_one_pass, network, image, answer)
    ask(*chosen[0])
    took = [timed(partial(ask, *one)) for one in chosen]
    rest = timed(lambda: answer.argmax(axis=0))
    share = len(all_passes) / len(chosen)
    seconds, processor = (sum(each) * share + more for each, more in zip(zip(*took, strict=True), rest, strict=True))
    weights = sum(parameter.numel() for parameter in network.parameters()) * 4 / 1e6
    return Cost(seconds, processor, weights, (len(chosen), len(all_passes)))


@torch.inference_mode()
def _one_pass(
    network: DynUNet, image: Floats, answer: Floats, place: tuple[slice, ...], mirrored: tuple[int, ...]
) -> None:
    """Ask about one window seen in one mirror, and add the answer, weighted towards the window's middle."""
    seen = torch.from_numpy(image[place])
    window = seen.reshape(1, 1, *seen.shape[-network.spatial_dims :])
    found = network(window.flip(mirrored) if mirrored else window).softmax(dim=1)
    found = (found.flip(mirrored) if mirrored else found)[0].numpy()
    weights = compute_importance_map(window.shape[2:], mode="gaussian").numpy()
    answer[:, *place] += (found * weights).reshape(CLASSES, *seen.shape)
