"""A network as a function from arrays to arrays, whether it lives in PyTorch or in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from appliance.errors import Unreadable

if TYPE_CHECKING:
    from pathlib import Path

Answer: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""``[batch, plane, row, column]`` → what the network says of each."""
BATCH = 32


def torch_answer(net: torch.nn.Module) -> Answer:
    """Ask a PyTorch network, without gradients, a few pictures at a time."""
    net.eval()

    def answer(images: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            said = [net(batch) for batch in torch.from_numpy(images).split(BATCH)]
        return torch.cat(said).numpy()

    return answer


def onnx_answer(path: Path) -> Answer:
    """Ask an ONNX graph with one input and one output of interest, the first."""
    try:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise Unreadable(f"The graph {path.name} cannot be loaded ({error}).", advice="Export it again.") from error
    name = session.get_inputs()[0].name

    def answer(images: NDArray[np.float32]) -> NDArray[np.float32]:
        parts = [images[k : k + BATCH] for k in range(0, len(images), BATCH)]
        return np.concatenate([np.asarray(session.run(None, {name: part})[0], dtype=np.float32) for part in parts])

    return answer


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Turn logits into probabilities along the last axis."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
