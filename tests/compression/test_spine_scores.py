"""A spine package's graphs are compared with themselves: in FP32 and in INT8, on the same slices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from torch import nn

from appliance.models.spec import Role
from compression.gate import Figure, judged
from compression.graphs import exported
from compression.spine_scores import evenly, kept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.spine.answers import Answer

IMAGES = np.random.default_rng(1).random((20, 1, 8, 8), dtype=np.float32)


def graph_of(weight: float) -> bytes:
    network = nn.Conv2d(1, 1, 1, bias=False)
    nn.init.constant_(network.weight, weight)
    return exported(network, IMAGES[:1], "image", ("logits",)).SerializeToString()


def brightness(answers: Mapping[str, Answer]) -> dict[tuple[str, Figure], float]:
    said = answers["grader"](IMAGES)
    assert said.shape == IMAGES.shape
    return {("grader, canal", Figure.AUC): float(said.mean() / IMAGES.mean())}


def test_what_int8_costs_is_measured_and_judged() -> None:
    (one,) = kept({"grader": {Role.CPU_FP32: graph_of(0.9), Role.CPU_INT8: graph_of(0.88)}}, brightness)
    assert one.teacher == one.student
    assert abs(one.drop - 0.02) < 1e-4
    assert [refusal.rule for refusal in judged([one])] == [
        "INT8 loses too much AUC",
        "too little is left of the teacher's AUC",
    ]


def test_few_of_many_are_taken_from_everywhere() -> None:
    assert evenly(list(range(101)), 3) == [0, 50, 100]
    assert evenly([1, 2], 5) == [1, 2]
