"""What does not fit, has no room or fails its self-test leaves the working models as they were."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest
from installing import OLD, steps_of
from model_builders import CHANNELS, COLUMNS, ROWS, model, sound_package
from onnx import helper, numpy_helper
from publishing import Clinic, Publisher, a_package

from appliance.engine.choice import Device
from appliance.errors import OutputFailed, UpdateRefused
from appliance.models.slots import Slots, switch_to
from appliance.settings import Computing, Limits, Settings
from appliance.update import activate, trial

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.state import MachineState


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"minimum_app_version": "9.0.0"}, "needs program version 9.0.0 or newer"),
    ],
)
def test_what_does_not_fit_is_refused_before_copying(
    said: dict[str, str],
    why: str,
    clinic: Clinic,
    publisher: Publisher,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package = a_package(tmp_path / "packages", version="1.1.0", **said)
    monkeypatch.setattr("appliance.models.package.__version__", "9.9.9")
    bundle = publisher.bundle(tmp_path / "bundle", package)
    monkeypatch.undo()
    with pytest.raises(UpdateRefused, match=why):
        clinic.install(bundle)
    assert clinic.packages() == OLD
    assert "copied" not in {step["step"] for step in steps_of(clinic)}


def test_models_for_a_newer_openvino_are_refused(
    clinic: Clinic, publisher: Publisher, packages: dict[str, Path], tmp_path: Path
) -> None:
    bundle = publisher.bundle(tmp_path / "bundle", packages["brain-lesions-1.1.0"], openvino="2099.0")
    with pytest.raises(UpdateRefused, match=r"OpenVINO 2099\.0 or newer, and this program has 2026"):
        clinic.install(bundle)


def test_an_update_larger_than_allowed_is_refused(clinic: Clinic, bundle: Path) -> None:
    small = Clinic(replace(clinic.machine, settings=Settings(limits=Limits(max_update_bytes=1000))))
    with pytest.raises(UpdateRefused, match=r"more than the 0\.0 MB allowed|more than an update may hold"):
        small.install(bundle)
    assert clinic.left_on_disk() == []


def test_a_full_disk_is_said_before_anything_is_copied(
    clinic: Clinic, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = type("Usage", (), {"free": 1_000_000})
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: full)
    with pytest.raises(OutputFailed, match=r"1\.0 MB are free"):
        clinic.install(bundle)
    assert clinic.left_on_disk() == []
    assert clinic.packages() == OLD


def test_a_disk_that_fails_while_copying_leaves_nothing(
    clinic: Clinic, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("appliance.update.staging.os.fsync", fail)
    with pytest.raises(OutputFailed):
        clinic.install(bundle)
    monkeypatch.undo()
    assert clinic.left_on_disk() == []
    assert clinic.packages() == OLD


def test_a_slot_that_is_not_what_was_tested_is_switched_back(
    clinic: Clinic, bundle: Path, here: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def switch_and_spoil(state: MachineState, slots: Slots) -> None:
        switch_to(state, slots)
        for card in state.model_slots.glob("*/brain-lesions-1.1.0/card.md"):
            card.write_bytes(b"?")

    monkeypatch.setattr(activate, "switch_to", switch_and_spoil)
    with pytest.raises(UpdateRefused, match="not on the disk as they were tested"):
        clinic.install(bundle)
    assert clinic.packages() == OLD


def test_a_model_that_hangs_in_its_self_test_is_ended(clinic: Clinic, publisher: Publisher, tmp_path: Path) -> None:
    package = sound_package()
    package.description["version"] = "1.1.0"
    for role in ("cpu-int8", "cpu-fp32"):
        package.replace_graph(role, endless())
    bundle = publisher.bundle(tmp_path / "hangs", package.write(tmp_path / "packages"))
    hasty = replace(clinic.machine, settings=Settings(computing=Computing(self_test_s=4.0)), device=Device.CPU)
    before = set(psutil.Process().children())
    with pytest.raises(UpdateRefused, match=r"not done within 4\.0 s and was ended"):
        Clinic(hasty).install(bundle)
    assert clinic.packages() == OLD
    started = set(psutil.Process().children()) - before
    assert not [child for child in started if "spawn_main" in " ".join(child.cmdline())]


def endless() -> object:
    """Make a graph of a few kilobytes that computes for hours: the image, far enlarged, through many convolutions."""
    sizes = numpy_helper.from_array(np.array([1, 1, 90, 90], dtype=np.float32), "sizes")
    shrink = numpy_helper.from_array(np.array([1, 1, 1 / 90, 1 / 90], dtype=np.float32), "shrink")
    wide = numpy_helper.from_array(np.zeros((CHANNELS, CHANNELS, 9, 9), dtype=np.float32), "wide")
    narrow = numpy_helper.from_array(np.zeros((2, CHANNELS, 1, 1), dtype=np.float32), "narrow")
    nodes = [helper.make_node("Resize", ["image", "", "sizes"], ["x0"])]
    nodes += [helper.make_node("Conv", [f"x{n}", "wide"], [f"x{n + 1}"], pads=[4] * 4) for n in range(200)]
    nodes.append(helper.make_node("Resize", ["x200", "", "shrink"], ["small"]))
    nodes.append(helper.make_node("Conv", ["small", "narrow"], ["logits"]))
    assert (ROWS, COLUMNS) == (24, 16)
    return model(nodes, [sizes, shrink, wide, narrow])


def test_a_self_test_that_dies_is_a_failure(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, packages: dict[str, Path]
) -> None:
    monkeypatch.setattr(trial, "live", os.abort)
    outcomes = list(trial.try_models((packages["brain-lesions-1.1.0"],), clinic.machine.settings, Device.CPU))
    assert [outcome.passed for outcome in outcomes] == [False]
    assert "ended by itself" in outcomes[0].sentence


def test_the_self_test_runs_in_a_process_of_its_own(clinic: Clinic, packages: dict[str, Path]) -> None:
    outcomes = list(trial.try_models((packages["brain-lesions-1.1.0"],), clinic.machine.settings, Device.CPU))
    assert [outcome.passed for outcome in outcomes] == [True, True]
