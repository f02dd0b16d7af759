"""The anomaly graph draws the same map as the table that was measured."""

from __future__ import annotations

import numpy as np
import torch

from appliance.measure.expectation import DEPTHS, HEIGHTS, Expectation
from compression.anomaly import UnusuallyBright, with_places


def invented(count: int = 3) -> np.ndarray:
    draw = np.random.default_rng(8)
    images = np.zeros((count, 48, 40), dtype=np.float32)
    images[:, 6:42, 6:34] = draw.uniform(0.2, 0.9, (count, 36, 28))
    return images


def test_the_graph_and_the_table_draw_the_same_map() -> None:
    draw = np.random.default_rng(9)
    mean, deviation = draw.uniform(0.3, 0.5, (DEPTHS, HEIGHTS)), draw.uniform(0.02, 0.1, (DEPTHS, HEIGHTS))
    images = invented()
    given = torch.from_numpy(with_places(images, np.linspace(0.0, 1.0, len(images))))
    with torch.no_grad():
        drawn = UnusuallyBright(mean.tolist(), deviation.tolist())(given)[:, 0].numpy()
    assert np.abs(drawn - Expectation(mean, deviation).maps(images)).max() < 1e-4
    assert drawn.max() > 0.1


def test_nothing_is_unusual_outside_the_brain() -> None:
    flat = [[0.0] * HEIGHTS] * DEPTHS
    given = torch.from_numpy(with_places(invented(1), np.array([0.5])))
    with torch.no_grad():
        drawn = UnusuallyBright(flat, [[0.01] * HEIGHTS] * DEPTHS)(given)[0, 0].numpy()
    assert drawn[:4].max() == 0
    assert drawn[10:38, 10:30].min() == 1
