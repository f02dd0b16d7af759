"""What each stage costs and what it is worth: parameters, operations, file sizes, Dice, and time on this machine.

Every stage that was measured (``compression/results/*/metrics.json``) and whose network is still here has its row.
All runtimes are timed in turns, round after round, so that whatever else the machine does slows all of them; the
fastest round counts.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from appliance.engine import onnx_runtime
from appliance.engine.session import Resources
from appliance.engine.trouble import Trouble
from compression.agreeing import CORES, opened
from compression.asking import PORTS
from compression.brain import LESIONS_IN_EIGHT, MARGIN_PX, slices_of
from compression.compact import compact
from compression.eight_bits import eight_bit
from compression.figures import INT8
from compression.graphs import exported, halved
from compression.pruned import load_any
from compression.rewrite import quantisable
from compression.teaching import weights_of
from training.record import read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from appliance.engine.network import Floats

SIDE = 256
SLICES_A_STUDY = 20
ROUNDS = 12
GPU_MEMORY = 4 * 1024**3
CALIBRATION = 40


@dataclass(frozen=True, slots=True)
class Row:
    """One stage."""

    name: str
    folds: tuple[int, ...]
    """Whose patients its Dice was measured on."""
    parameters: int
    operations: int
    """Multiplications with addition, for a slice of 256×256."""
    bytes_of: Mapping[str, int]
    dice: Mapping[str, float]
    """Of lesions, by precision."""
    milliseconds: Mapping[str, float]
    """A slice of 256×256, by runtime."""

    @property
    def study_s(self) -> float:
        """A study of twenty slices on OpenVINO INT8."""
        return SLICES_A_STUDY * self.milliseconds["OpenVINO INT8"] / 1000


def rows(stages: Sequence[Recorded], runs: Path) -> list[Row]:
    """Time every stage."""
    image = np.random.default_rng(0).random((1, 3, SIDE, SIDE), dtype=np.float32)
    networks = {stage.name: load_any(stage.network)[0] for stage in stages}
    graphs = {name: _graphs(network, image, runs) for name, network in networks.items()}
    timed = fastest(
        {
            (stage.name, runtime): _twice(run) if stage.mirrored else run
            for stage in stages
            for runtime, run in _runs(networks[stage.name], graphs[stage.name]).items()
        },
        image,
    )
    return [
        Row(
            stage.name,
            stage.folds,
            weights_of(networks[stage.name]),
            operations(networks[stage.name], image) * (2 if stage.mirrored else 1),
            {kind: len(content) for kind, content in graphs[stage.name].items()},
            stage.dice,
            {runtime: ms for (who, runtime), ms in timed.items() if who == stage.name},
        )
        for stage in stages
    ]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A stage as it was measured."""

    name: str
    networks: str
    mirrored: bool
    folds: tuple[int, ...]
    dice: Mapping[str, float]
    """Of lesions, by precision."""

    @property
    def network(self) -> Path:
        """One of its folds' networks: they are all of one shape."""
        return Path(self.networks.format(fold=self.folds[0]))


def recorded(results: Path) -> list[Recorded]:
    """Find the stages that were measured; INT8 goes to the same row as FP32."""
    records = {path.parent.name: read_json(path) for path in sorted(results.glob("*/metrics.json"))}
    return [
        Recorded(
            name,
            record["stage"]["networks"],
            record["stage"]["mirrored"],
            tuple(record["folds"]),
            {
                kind: records[name + ending]["all"]["pooled"]["dice"]["lesion"]
                for kind, ending in (("FP32", ""), ("INT8", INT8))
                if name + ending in records
            },
        )
        for name, record in records.items()
        if not name.endswith(INT8)
    ]


def kept(stages: Iterable[Recorded]) -> tuple[list[Recorded], list[str]]:
    """Divide stages into those whose network is still here to be timed, and the names of the others."""
    stages = list(stages)
    return [one for one in stages if one.network.is_file()], [one.name for one in stages if not one.network.is_file()]


def fastest(runs: Mapping[Any, Callable[[Floats], object]], image: Floats) -> dict[Any, float]:
    """Time everything in turns; return each one's fastest round in milliseconds."""
    best = dict.fromkeys(runs, float("inf"))
    for number in range(ROUNDS + 1):
        for key, run in runs.items():
            start = time.perf_counter()
            run(image)
            if number:  # the first round warms up
                best[key] = min(best[key], 1000 * (time.perf_counter() - start))
    return best


def operations(network: nn.Module, image: Floats) -> int:
    """Count the multiplications of all convolutions for one slice."""
    counted: list[int] = []

    def count(layer: nn.Module, _: object, found: torch.Tensor) -> None:
        kernel = layer.weight[0].numel() if isinstance(layer, nn.Conv2d) else layer.weight[:, 0].numel()
        counted.append(kernel * (found.numel() if isinstance(layer, nn.Conv2d) else found.numel() // 4))

    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    with torch.inference_mode():
        network(torch.from_numpy(image))
    for hook in hooks:
        hook.remove()
    return sum(counted)


def _graphs(network: nn.Module, image: Floats, runs: Path) -> dict[str, bytes]:
    whole = exported(quantisable(network), image, "image", ("logits",))
    samples = [_widened(one) for one in slices_of(runs / "brains.npz", MARGIN_PX, CALIBRATION)]
    graphs = {
        "FP32": whole,
        "INT8": eight_bit(whole, "image", samples, LESIONS_IN_EIGHT),
        "FP16": halved(whole),
    }
    return {kind: compact(graph).SerializeToString() for kind, graph in graphs.items()}


def _runs(network: nn.Module, graphs: Mapping[str, bytes]) -> dict[str, Callable[[Floats], object]]:
    """Open one stage on every runtime that this machine has."""
    found: dict[str, Callable[[Floats], object]] = {"PyTorch FP32": _in_pytorch(network)}
    for runtime in ("OpenVINO", "ONNX Runtime"):
        for kind in ("FP32", "INT8"):
            found[f"{runtime} {kind}"] = _asking(opened(runtime, graphs[kind], PORTS, CORES))
    for kind in ("FP32", "FP16"):
        try:
            found[f"CUDA {kind}"] = _asking(
                onnx_runtime.open_on_cuda(graphs[kind], PORTS, Resources(CORES, GPU_MEMORY))
            )
        except Trouble:
            break
    return found


def _asking(session: Any) -> Callable[[Floats], object]:  # noqa: ANN401 - any runtime's session
    return lambda image: session.run({"image": image})


def _twice(run: Callable[[Floats], object]) -> Callable[[Floats], object]:
    """Ask for the slice and for its mirror image."""

    def both(image: Floats) -> None:
        run(image)
        run(np.ascontiguousarray(image[..., ::-1]))

    return both


def _in_pytorch(network: nn.Module) -> Callable[[Floats], object]:
    channels_last = network.eval().to(memory_format=torch.channels_last)

    def run(image: Floats) -> object:
        torch.set_num_threads(CORES)
        with torch.inference_mode():
            return channels_last(torch.from_numpy(image).to(memory_format=torch.channels_last))

    return run


def _widened(slices: Floats) -> Floats:
    """Put a slice into the middle of 256×256."""
    spare = [(SIDE - size) // 2 for size in slices.shape[2:]]
    return np.pad(
        slices, [(0, 0), (0, 0), *((s, SIDE - size - s) for s, size in zip(spare, slices.shape[2:], strict=True))]
    )
