"""Layer-wise relevance propagation through any network of the registry, conserved to the last per mille.

``sum of the input's relevance = explained output``, where the explained output is the sum of one class's logit
over the voxels asked about. It is captum's ``LRP`` with another way of going through the network: captum hooks
modules, so it loses count at skip concatenations, residual sums, functional calls and biases (see ``tape`` and
``rules``). On a plain chain of layers without biases, both give the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from captum.attr import LRP

from appliance.errors import Misuse
from training.explain import operations  # noqa: F401 (fills the table of rules)
from training.explain.tape import Tape

if TYPE_CHECKING:
    from torch import Tensor, nn


class NothingReached(Misuse):
    """The network's answer does not depend on its input through anything that relevance can follow."""


def propagate(network: nn.Module, image: Tensor, where: Tensor, target: int) -> tuple[Tensor, Tensor]:
    """Give the logits, and the relevance of every input value for the class ``target`` in the voxels ``where``.

    ``where`` holds 0 or 1 for each voxel, ``[batch, 1, rows, columns]``. The network must be in evaluation mode.
    """
    frozen = {name: value.detach() for name, value in (*network.named_parameters(), *network.named_buffers())}
    signal = image.detach().requires_grad_()
    with torch.enable_grad(), Tape():
        logits = torch.func.functional_call(network, frozen, (signal,))
    if not logits.requires_grad:
        raise NothingReached(
            "The network's answer does not depend on the scan in a way that can be explained.",
            advice="Explain a network that gives logits, before any sigmoid or softmax.",
        )
    answer = logits.detach()
    asked = torch.tensor([float(index == target) for index in range(answer.shape[1])]).reshape(1, -1, 1, 1)
    (relevance,) = torch.autograd.grad(logits, signal, answer * asked * where)
    return answer, relevance


def predicted(network: nn.Module, image: Tensor, target: int) -> Tensor:
    """Mark the voxels that the network takes for the class ``target`` (its logit is above 0): 1 there, 0 elsewhere."""
    with torch.no_grad():
        return (network(image)[:, target : target + 1] > 0).to(image.dtype)


class ConservingLRP(LRP):
    """Captum's attribution interface over ``propagate``, so that captum's tools for attributions take it."""

    def attribute(  # type: ignore[override]
        self,
        inputs: Tensor,
        target: int,
        where: Tensor | None = None,
        *,
        return_convergence_delta: bool = False,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Explain the class ``target`` in ``where``, or in all voxels taken for it."""
        was_training = self.model.training
        self.model.eval()
        try:
            where = predicted(self.model, inputs, target) if where is None else where
            logits, relevance = propagate(self.model, inputs, where, target)
        finally:
            self.model.train(was_training)
        if not return_convergence_delta:
            return relevance
        explained = (logits[:, target : target + 1] * where).sum(dim=(1, 2, 3))
        return relevance, self.compute_convergence_delta(relevance, explained)
