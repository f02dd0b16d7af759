"""What each stage costs and what it is worth: parameters, operations, file sizes, Dice, and time on this machine.

Every stage that was measured (``compression/results/*/metrics.json``) and whose network is still here has its row. One
that was timed before and whose network is gone since keeps its row and says when it was timed; what it can do is read
from its record anew.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - rows are read back by their annotations
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from appliance.models.spec import Role
from compression.asking import PORTS
from compression.brain import LESIONS_IN_EIGHT, MARGIN_PX, slices_of
from compression.compact import compact
from compression.eight_bits import eight_bit
from compression.figures import INT8
from compression.graphs import exported, halved
from compression.pruned import load_any
from compression.rewrite import quantisable
from compression.teaching import weights_of
from compression.timing import PRECISIONS, PYTORCH, SIDE, Asked, fastest, in_pytorch, machine, on_runtimes, twice
from training.config import config_from
from training.record import read_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from appliance.engine.network import Floats

SLICES_A_STUDY = 20
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
    timed: str
    """When, UTC, and on which machine: times of different runs are not to be compared."""

    @property
    def study_s(self) -> float:
        """A study of twenty slices on OpenVINO INT8."""
        return SLICES_A_STUDY * self.milliseconds["OpenVINO INT8"] / 1000


def rows(stages: Sequence[Recorded], runs: Path) -> list[Row]:
    """Time every stage."""
    timed_here = f"{datetime.now(UTC):%Y-%m-%d %H:%M}, {machine()}"
    image = np.random.default_rng(0).random((1, 3, SIDE, SIDE), dtype=np.float32)
    networks = {stage.name: load_any(stage.network)[0] for stage in stages}
    graphs = {name: _graphs(network, image, runs) for name, network in networks.items()}
    timed = fastest(
        {
            (stage.name, runtime): partial(twice(run) if stage.mirrored else run, image)
            for stage in stages
            for runtime, run in _runs(networks[stage.name], graphs[stage.name]).items()
        }
    )
    return [
        Row(
            stage.name,
            stage.folds,
            weights_of(networks[stage.name]),
            operations(networks[stage.name], image) * (2 if stage.mirrored else 1),
            {PRECISIONS[role]: len(content) for role, content in graphs[stage.name].items()},
            stage.dice,
            {runtime: ms for (who, runtime), ms in timed.items() if who == stage.name},
            timed_here,
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


def kept(stages: Iterable[Recorded]) -> tuple[list[Recorded], list[Recorded]]:
    """Divide stages into those whose network is still here to be timed, and the others."""
    stages = list(stages)
    here = [one for one in stages if one.network.is_file()]
    return here, [one for one in stages if one not in here]


def timed_before(stages: Iterable[Recorded], facts: Path) -> list[Row]:
    """Return the rows that an earlier frontier has of stages; what these can do is told as it is recorded now."""
    if not facts.is_file():
        return []
    rows = {row["name"]: row for row in read_json(facts)["rows"]}
    return [
        replace(
            config_from(Row, {key: value for key, value in rows[stage.name].items() if key != "study_s"}, facts.name),
            dice=stage.dice,
        )
        for stage in stages
        if stage.name in rows
    ]


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


def _graphs(network: nn.Module, image: Floats, runs: Path) -> dict[Role, bytes]:
    whole = exported(quantisable(network), image, "image", ("logits",))
    samples = [_widened(one) for one in slices_of(runs / "brains.npz", MARGIN_PX, CALIBRATION)]
    graphs = {
        Role.CPU_FP32: whole,
        Role.CPU_INT8: eight_bit(whole, "image", samples, LESIONS_IN_EIGHT),
        Role.GPU_FP16: halved(whole),
    }
    return {role: compact(graph).SerializeToString() for role, graph in graphs.items()}


def _runs(network: nn.Module, graphs: Mapping[Role, bytes]) -> dict[str, Asked]:
    return {PYTORCH: in_pytorch(network)} | on_runtimes(graphs, PORTS)


def _widened(slices: Floats) -> Floats:
    """Put a slice into the middle of 256×256."""
    spare = [(SIDE - size) // 2 for size in slices.shape[2:]]
    return np.pad(
        slices, [(0, 0), (0, 0), *((s, SIDE - size - s) for s, size in zip(spare, slices.shape[2:], strict=True))]
    )
