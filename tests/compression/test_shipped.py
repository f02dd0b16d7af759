"""What ships is timed from what lies in the repository, and none of its figures is of another graph than it says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from appliance.machine import processor
from appliance.models import load_package
from appliance.models.spec import Role
from appliance.settings import Limits
from compression import shipped, timing
from compression.agreeing import opened
from compression.asking import PORTS
from compression.compact import compact
from compression.graphs import stored_in_halves, whole_again
from compression.shipped import CAME_FROM, IN_THE_CLINIC, SIDE, Cost, costs
from compression.shipped_report import report_shipped

ROOT = Path(__file__).resolve().parents[2]
FACTORY, CHECKPOINTS = ROOT / "appliance" / "factory", ROOT / "training" / "checkpoints"
GRAPHS = sorted(FACTORY.glob("*/*.onnx"))


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "ROUNDS", 1)


def lesions(role: str) -> bytes:
    return (FACTORY / "brain-lesions-1.0.0" / f"lesions.{role}.onnx").read_bytes()


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_graph_that_ships_is_as_small_as_it_can_be_made_without_changing_it(path: Path) -> None:
    graph = onnx.load(path)
    assert compact(graph).ByteSize() == graph.ByteSize()


@pytest.mark.usefixtures("once")
def test_every_network_of_every_package_is_timed_beside_what_it_came_from(tmp_path: Path) -> None:
    found = costs(FACTORY, CHECKPOINTS)
    packages = [load_package(folder, Limits()).spec for folder in FACTORY.iterdir()]
    assert {(one.package, one.network) for one in found} == {
        (spec.task, name) for spec in packages for name in spec.networks
    }
    assert {(one.package, one.network) for one in found if one.full_weights} == set(CAME_FROM)
    large = [one.shape for one in found if one.shape[2:] == (SIDE, SIDE)]
    assert large == [(1, 3, SIDE, SIDE), (IN_THE_CLINIC, 3, SIDE, SIDE)]
    for one in found:
        assert {"OpenVINO INT8", "OpenVINO FP32", "ONNX Runtime INT8", "ONNX Runtime FP32"} <= set(one.milliseconds)
        assert all(value > 0 for value in one.milliseconds.values())
        assert one.bytes_of["INT8"] == next(FACTORY.glob(f"{one.package}-*/{one.network}.cpu-int8.onnx")).stat().st_size
    student = next(one for one in found if one.network == "lesions")
    assert student.bytes_of["FP32"] > 4 * student.weights
    assert student.full_weights is not None
    assert student.weights < student.full_weights / 4

    table = report_shipped(found, tmp_path)
    assert "| brain-anomaly: expectation | 1×3×224×192 |" in table
    assert (tmp_path / "shipped.md").read_text(encoding="utf-8") == table
    facts = json.loads((tmp_path / "shipped.json").read_text(encoding="utf-8"))
    assert len(facts["costs"]) == len(found)
    assert processor().name in facts["machine"]


def test_times_are_those_of_one_slice_and_ratios_say_which_way() -> None:
    times = {"OpenVINO FP32": 6.0, "OpenVINO INT8": 3.0, "PyTorch FP32": 90.0}
    cost = Cost("a", "b", (4, 3, 8, 8), 100, 400, {"FP32": 400, "INT8": 100, "FP16": 200}, times)
    assert (cost.smaller, cost.faster, cost.faster_than_full) == (4.0, 2.0, 30.0)
    alone = Cost("a", "b", (4, 3, 8, 8), 100, None, {}, {"OpenVINO INT8": 3.0})
    assert alone.faster_than_full is None


def test_the_graph_for_large_slices_says_what_the_one_that_ships_says() -> None:
    package = load_package(FACTORY / "brain-lesions-1.0.0", Limits())
    golden = package.golden["lesions.image"]
    case = next(one for one in shipped._cases(package) if one.image.shape[2:] == (SIDE, SIDE))
    padded = np.zeros((1, 3, SIDE, SIDE), np.float32)
    padded[:, :, 16:240, 32:224] = golden
    large = opened("OpenVINO", case.graphs[Role.CPU_FP32], PORTS).run({"image": padded})["logits"]
    small = opened("OpenVINO", lesions(Role.CPU_FP32), PORTS).run({"image": golden})["logits"]
    middle = (slice(None), slice(None), slice(80, 144), slice(64, 128))
    np.testing.assert_allclose(
        large[:, :, 96:160, 96:160], small[middle], atol=0.1
    )  # the deepest layers see the border


def test_what_was_kept_in_halves_becomes_whole_and_says_the_same() -> None:
    halves = onnx.load_from_string(lesions(Role.CPU_FP32))
    plain = whole_again(halves)
    assert {numpy_helper.to_array(tensor).dtype for tensor in plain.graph.initializer} == {np.dtype(np.float32)}
    assert "Cast" not in {node.op_type for node in plain.graph.node}
    assert stored_in_halves(plain).ByteSize() < 0.6 * plain.ByteSize()
    image = load_package(FACTORY / "brain-lesions-1.0.0", Limits()).golden["lesions.image"]
    before, after = (
        opened("ONNX Runtime", model.SerializeToString(), PORTS).run({"image": image})["logits"]
        for model in (halves, plain)
    )
    np.testing.assert_array_equal(before, after)
