"""Shares that count a second twice, watch a name that is gone, or miss a layer's work would point at the wrong part."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from appliance.pipeline.estimate import Estimate
from tests.bench.floor import macs_of
from tests.bench.record import RECORDS, REPOSITORY, read_record
from tests.bench.shares import INFERENCE, KINDS, PARTS, REST, medians_of, together
from tests.bench.speed_page import faster_table, shares_table, whole, write_speed_page
from tests.bench.stopwatch import Stopwatch, _found

if TYPE_CHECKING:
    from pathlib import Path

STUDY = {
    "parts": {
        INFERENCE: {"wall": 1.0, "processor": 2.0},
        "DICOM objects": {"wall": 1.0, "processor": 1.0},
        "PDF": {"wall": 0.5, "processor": 0.5},
        REST: {"wall": 0.5, "processor": 0.5},
    },
    "networks": {"lesions": {"slices": 10, "gmacs_a_slice": 5.0}},
    "int8_peak_gmacs_a_core": 100.0,
    "inference_floor_s": 0.5,
}
MACHINE = {"measured_on": "2026-01-02", "processor": "A processor", "cores": 2, "busy_cores_at_the_start": 0.05}


def busy(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_time_inside_another_part_counts_there_alone() -> None:
    watch = Stopwatch()
    start = time.process_time()
    with watch.part("outer"):
        busy(0.02)
        with watch.part("inner"):
            busy(0.04)
        busy(0.02)
    spent = time.process_time() - start
    assert watch.processor["inner"] >= 0.04
    assert watch.processor["outer"] >= 0.04
    assert sum(watch.processor.values()) <= spent
    watch.start_again()
    assert not watch.processor
    assert not watch.wall


def test_an_opaque_part_keeps_what_is_spent_inside() -> None:
    watch = Stopwatch(opaque=frozenset({"outer"}))
    with watch.part("outer"), watch.part("inner"):
        busy(0.01)
    assert set(watch.processor) == {"outer"}


def test_a_part_that_fails_is_counted_and_left() -> None:
    watch = Stopwatch()
    with pytest.raises(KeyError), watch.part("broken"):
        raise KeyError
    with watch.part("next"):
        busy(0.01)
    assert set(watch.processor) == {"broken", "next"}


@pytest.mark.parametrize("place", [place for places in PARTS.values() for place in places])
def test_everything_that_is_watched_is_there(place: str) -> None:
    owner, name = _found(place)
    assert callable(getattr(owner, name))


def a_graph(node: onnx.NodeProto, given: list[int], weights: tuple[int, ...]) -> bytes:
    tensors = [helper.make_tensor("w", TensorProto.FLOAT, weights, np.ones(weights, np.float32).ravel().tolist())]
    graph = helper.make_graph(
        [node],
        "one layer",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, given)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        tensors,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


def test_multiplications_are_counted_layer_by_layer() -> None:
    convolution = helper.make_node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1])
    assert macs_of(a_graph(convolution, [1, 3, 8, 10], (5, 3, 3, 3))) == 5 * 8 * 10 * 3 * 3 * 3
    by_group = helper.make_node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1], group=4)
    assert macs_of(a_graph(by_group, [1, 4, 8, 10], (4, 1, 3, 3))) == 4 * 8 * 10 * 3 * 3
    assert macs_of(a_graph(helper.make_node("MatMul", ["x", "w"], ["y"]), [1, 6], (6, 7))) == 6 * 7


def test_the_median_study_counts() -> None:
    studies = [{"a": {"wall": float(n), "processor": 2.0 * n}} for n in (1, 2, 9)]
    assert medians_of(studies) == {"a": {"wall": 2.0, "processor": 4.0}}
    assert together([{"parts": each, "peak": number} for number, each in enumerate(studies)]) == {
        "parts": medians_of(studies),
        "peak": 0,
    }


def test_sums_leave_out_what_they_say() -> None:
    table = shares_table({**MACHINE, "studies": {"20 slices": STUDY}})
    assert "| **all but DICOM objects and PDF** | **2.50** |" in table
    assert "| **all but the PDF** | **3.50** |" in table
    assert "| **all** | **4.00** |" in table
    assert "| inference | 2.00 | 50% |" in table
    assert "multiply 50 billion times" in table
    assert "4.0 times its floor" in table
    assert whole(STUDY["parts"]) == 4.0


def test_before_stands_before_after() -> None:
    slower = {**STUDY, "parts": {**STUDY["parts"], INFERENCE: {"wall": 2.0, "processor": 3.0}}}
    record = {**MACHINE, "since": "version 1", "before": {"20 slices": slower}, "after": {"20 slices": STUDY}}
    table = faster_table(record)
    assert "| inference | 3.00 | 2.00 |" in table
    assert "| **all** | **5.00** | **4.00** |" in table
    assert "Before is version 1." in table


def test_the_page_shows_what_is_kept(tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "speed.md").read_text(encoding="utf-8")
    (tmp_path / "speed.md").write_text(page, encoding="utf-8")
    write_speed_page(tmp_path / "speed.md", RECORDS)
    assert (tmp_path / "speed.md").read_text(encoding="utf-8") == page
    assert set(read_record("shares")["studies"]) == {name for name, _ in KINDS.values()}


VOXELS = {"20 slices": 20 * 256 * 256, "1 mm, 172 slices": 172 * 224 * 184}


@pytest.mark.parametrize("seed", range(10))
def test_the_remaining_time_is_right_within_a_fifth_for_what_studies_really_took(seed: int) -> None:
    studies = read_record("shares")["studies"]
    cost = {name: sum(part["processor"] for part in study["parts"].values()) for name, study in studies.items()}
    rng = np.random.default_rng(seed)
    kinds = [*rng.permutation(["20 slices"] * 2 + ["1 mm, 172 slices"]), *rng.choice(list(VOXELS), 17)]
    estimate = Estimate()
    for number, kind in enumerate(kinds, 1):
        estimate.learn(VOXELS[kind], cost[kind])
        left = kinds[number:]
        if number >= 3 and left:
            said = estimate.remaining([VOXELS[each] for each in left])
            assert said == pytest.approx(sum(cost[each] for each in left), rel=0.2)
