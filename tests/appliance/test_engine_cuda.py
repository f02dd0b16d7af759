"""What happens when the card, its driver or its libraries fail: the answer is right, and says where it comes from.

There is no card here: the runtime is simulated (``simulated_runtimes``). ``test_engine_real_card`` runs the
same on a real one.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import simulated_runtimes as simulated
from model_builders import IMAGES, sound_package
from simulated_runtimes import SimulatedCard

from appliance.engine.choice import Device
from appliance.engine.engines import Engines
from appliance.engine.runner import Runner
from appliance.engine.session import Engine
from appliance.errors import EngineFailed, ExitCode
from appliance.models import ModelPackage, explainer_of, load_package, network_of
from appliance.settings import Computing, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IMPATIENT = Computing(start_s=0.5, gpu_answer_s=0.5)
WARM_UP = 3
"""Runs on the card until a network is open: one is judged, two are timed."""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> ModelPackage:
    return load_package(sound_package().write(tmp_path_factory.mktemp("models")), Settings().limits)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SimulatedCard]:
    """A card that works, with a driver that answers."""
    simulated.install_driver(monkeypatch, tmp_path, simulated.driver_says(simulated.GTX_1650))
    working = simulated.install_card(monkeypatch, SimulatedCard())
    yield working
    working.answering.set()


def runner_of(package: ModelPackage, device: Device = Device.AUTO, computing: Computing | None = None) -> Runner:
    return Runner(Engines(computing or Computing(), device), network_of(package, "lesions"))


def assert_right(package: ModelPackage, outputs: dict[str, np.ndarray]) -> None:
    golden = package.golden["lesions.logits"]
    np.testing.assert_allclose(outputs["logits"][: len(golden)], golden, atol=0.1)


def test_a_card_that_proves_itself_is_used_and_said(package: ModelPackage, card: SimulatedCard) -> None:
    runner = runner_of(package)
    assert runner.engine is Engine.CUDA
    assert runner.description.startswith("The graphics card passed the self-test, so this runs on the graphics card")
    assert_right(package, runner.run(IMAGES))
    assert card.runs == WARM_UP + 1
    assert runner.notes == ()


def test_the_working_space_on_the_card_is_capped(package: ModelPackage, card: SimulatedCard) -> None:
    runner_of(package, computing=Computing(gpu_memory_bytes=123_456_789))
    assert card.options[0]["gpu_mem_limit"] == 123_456_789
    assert card.options[0]["arena_extend_strategy"] == "kSameAsRequested"
    assert card.options[0]["cudnn_conv_algo_search"] == "HEURISTIC"


def test_the_cpu_is_used_when_it_is_asked_for(package: ModelPackage, card: SimulatedCard) -> None:
    runner = runner_of(package, Device.CPU)
    assert runner.engine is Engine.OPENVINO
    assert runner.description.startswith("The CPU was asked for, so this runs on the CPU: about ")
    assert card.runs == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            simulated.DRIVER_TOO_OLD,
            "The NVIDIA driver is too old (CUDA failure 35: CUDA driver version is insufficient",
        ),
        (simulated.NO_DEVICE, "No NVIDIA driver answered"),
        (simulated.LIBRARY_MISSING, "A library is missing for CUDA (Failed to load library libonnxruntime_providers"),
        (simulated.OUT_OF_MEMORY, "The graphics card ran out of memory"),
        (simulated.CUDA_OUT_OF_MEMORY, "The graphics card ran out of memory"),
        (simulated.CUBLAS_OUT_OF_MEMORY, "The graphics card ran out of memory"),
        (simulated.DEVICE_LOST, "The graphics card stopped working"),
        (ValueError("quite unheard of"), "CUDA with FP16 failed (quite unheard of)"),
    ],
)
@pytest.mark.parametrize("moment", ["opening", "warm-up"])
def test_a_card_that_fails_at_the_start_is_named_and_not_used(
    package: ModelPackage, card: SimulatedCard, fault: Exception, words: str, moment: str
) -> None:
    if moment == "opening":
        card.at_opening = fault
    else:
        card.from_run(1, fault)
    runner = runner_of(package)
    assert runner.engine is Engine.OPENVINO
    assert runner.description.startswith(words)
    assert ", so this runs on the CPU: about " in runner.description
    assert not {"ONNXRuntimeError", "hostname", "expr="} & set(re.findall(r"\w+=?", runner.description))
    assert_right(package, runner.run(IMAGES))


@pytest.mark.parametrize(
    ("driver", "complaint", "cuda", "words"),
    [
        (None, "", "12.8", "No NVIDIA driver answered"),
        (simulated.DRIVER_BROKEN, "", "12.8", "No NVIDIA driver answered"),
        (simulated.driver_says(simulated.OLD_DRIVER), "", "12.8", "The NVIDIA driver is too old (it is 470.82.01, and"),
        (simulated.driver_says(simulated.GTX_1650), "", "13.0", "and 580 or newer is needed)"),
        (simulated.driver_says(simulated.GTX_1650), "Failed to load libcudnn.so.9: gone", "12.8", "libcudnn.so.9"),
        (simulated.driver_says(simulated.GTX_1650), "", "12.8", "CUDA took the network but left the work to the CPU"),
        (simulated.driver_says(simulated.GTX_1650), "", "", "CUDA took the network but left the work to the CPU"),
    ],
)
def test_a_silent_fallback_at_opening_is_found_out_and_explained(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    package: ModelPackage,
    driver: str | None,
    complaint: str,
    cuda: str,
    words: str,
) -> None:
    simulated.install_driver(monkeypatch, tmp_path, driver)
    simulated.install_card(monkeypatch, SimulatedCard(takes_the_network=False, complaint=complaint), cuda=cuda)
    runner = runner_of(package)
    assert runner.engine is Engine.OPENVINO
    assert words in runner.description


def test_a_silent_fallback_during_the_warm_up_is_found_out(package: ModelPackage, card: SimulatedCard) -> None:
    card.at_run = {1: simulated.falls_back}
    runner = runner_of(package)
    assert runner.engine is Engine.OPENVINO
    assert "left the work to the CPU" in runner.description


def test_a_card_that_computes_nonsense_in_half_precision_is_used_in_full(
    package: ModelPackage, card: SimulatedCard
) -> None:
    card.at_run = {1: simulated.not_numbers}
    runner = runner_of(package)
    assert runner.engine is Engine.CUDA
    assert runner.description.startswith(
        "CUDA with FP16 gave values that are not numbers, so this runs on the graphics card with FP32: about "
    )
    assert_right(package, runner.run(IMAGES))


def test_a_card_that_is_always_wrong_is_not_used(package: ModelPackage, card: SimulatedCard) -> None:
    card.from_run(1, simulated.slightly_wrong)
    runner = runner_of(package)
    assert runner.engine is Engine.OPENVINO
    assert "CUDA with FP16 gave wrong numbers (logits is off by 0.5" in runner.description
    assert "CUDA with FP32 gave wrong numbers" in runner.description


def test_memory_that_ends_in_mid_batch_costs_no_result(package: ModelPackage, card: SimulatedCard) -> None:
    runner = runner_of(package)
    card.from_run(card.runs + 2, simulated.OUT_OF_MEMORY)
    many = np.concatenate([IMAGES] * 5)
    outputs = runner.run(many)
    on_cpu = runner_of(package, Device.CPU).run(many)
    np.testing.assert_array_equal(outputs["logits"], on_cpu["logits"], "part of it came from the card")
    assert runner.engine is Engine.OPENVINO
    (note,) = runner.notes
    assert note.startswith("In the middle of a study, the graphics card ran out of memory. It was computed again on")
    assert "so this runs on the CPU" in runner.description


def test_a_card_lost_in_mid_batch_is_not_tried_by_any_other_network(package: ModelPackage, card: SimulatedCard) -> None:
    engines = Engines(Computing())
    first, second = (Runner(engines, network_of(package, "lesions")) for _ in range(2))
    card.from_run(card.runs + 1, simulated.DEVICE_LOST)
    assert_right(package, first.run(IMAGES))
    runs = card.runs
    assert_right(package, second.run(IMAGES))
    third = Runner(engines, network_of(package, "lesions"))
    assert card.runs == runs
    assert second.engine is third.engine is Engine.OPENVINO
    assert "the graphics card stopped working" in second.notes[0]
    assert "CUDA failure 719" in third.description


def test_memory_that_ended_for_one_network_may_suffice_for_another(package: ModelPackage, card: SimulatedCard) -> None:
    engines = Engines(Computing())
    card.at_run = {1: simulated.OUT_OF_MEMORY}
    assert Runner(engines, network_of(package, "lesions")).engine is Engine.OPENVINO
    assert Runner(engines, network_of(package, "lesions")).engine is Engine.CUDA


def test_a_silent_fallback_in_mid_batch_is_found_out(package: ModelPackage, card: SimulatedCard) -> None:
    runner = runner_of(package)
    card.from_run(card.runs + 1, simulated.falls_back)
    assert_right(package, runner.run(IMAGES))
    assert "left the work to the CPU" in runner.notes[0]


def test_values_that_are_not_numbers_in_mid_batch_are_never_returned(
    package: ModelPackage, card: SimulatedCard
) -> None:
    runner = runner_of(package)
    card.from_run(card.runs + 1, simulated.not_numbers)
    assert_right(package, runner.run(IMAGES))
    assert "gave values that are not numbers" in runner.notes[0]


def test_a_card_that_hangs_at_the_start_is_given_up(package: ModelPackage, card: SimulatedCard) -> None:
    card.from_run(1, simulated.hangs)
    runner = runner_of(package, computing=IMPATIENT)
    assert runner.engine is Engine.OPENVINO
    assert "CUDA with FP16 gave no answer (within 0.5 s)" in runner.description


def test_a_card_that_hangs_in_mid_batch_is_given_up(package: ModelPackage, card: SimulatedCard) -> None:
    runner = runner_of(package, computing=Computing(gpu_answer_s=0.5))
    card.from_run(card.runs + 1, simulated.hangs)
    assert_right(package, runner.run(IMAGES))
    assert "gave no answer" in runner.notes[0]
    assert_right(package, runner.run(IMAGES))


def test_a_card_slower_than_the_package_allows_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, card: SimulatedCard
) -> None:
    hasty = sound_package()
    hasty.network["golden"]["seconds"] = 1e-9
    runner = runner_of(load_package(hasty.write(tmp_path / "hasty"), Settings().limits))
    assert runner.engine is Engine.OPENVINO
    assert "CUDA with FP16 was too slow" in runner.description


def test_a_card_that_was_demanded_but_does_not_work_is_an_error(package: ModelPackage, card: SimulatedCard) -> None:
    card.at_opening = simulated.DRIVER_TOO_OLD
    with pytest.raises(EngineFailed) as caught:
        runner_of(package, Device.CUDA)
    assert "brain-lesions-1.2.3/lesions could not be run: the NVIDIA driver is too old" in str(caught.value)
    assert "Install a newer driver" in caught.value.advice
    assert caught.value.exit_code is ExitCode.SOME_REFUSED


def test_what_has_no_graph_for_the_card_runs_on_the_cpu_even_so(package: ModelPackage, card: SimulatedCard) -> None:
    explainer = explainer_of(package, "lesions")
    assert explainer
    assert Runner(Engines(Computing(), Device.CUDA), explainer).engine is Engine.OPENVINO


@pytest.mark.parametrize(
    ("driver", "words"),
    [(None, "No NVIDIA driver answered"), (simulated.driver_says(simulated.GTX_1650), "CUDA is not part of this")],
)
@pytest.mark.parametrize("runtime", ["missing", "without CUDA"])
def test_an_installation_without_cuda_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    package: ModelPackage,
    driver: str | None,
    words: str,
    runtime: str,
) -> None:
    simulated.install_driver(monkeypatch, tmp_path, driver)
    if runtime == "missing":
        simulated.without_runtime(monkeypatch, "onnxruntime")
    else:
        simulated.install_card(monkeypatch, SimulatedCard(listed=False))
    runner = runner_of(package)
    assert runner.engine is Engine.OPENVINO
    assert runner.description.startswith(words)


def test_without_a_driver_the_gigabytes_of_cuda_are_not_even_loaded(
    package: ModelPackage, card: SimulatedCard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    empty = tmp_path / "no driver"
    empty.mkdir()
    simulated.install_driver(monkeypatch, empty, None)
    loaded: list[bool] = []
    monkeypatch.setattr(sys.modules["onnxruntime"], "preload_dlls", lambda: loaded.append(True))
    runner = runner_of(package)
    assert runner.description.startswith("No NVIDIA driver answered, so this runs on the CPU")
    assert (loaded, card.options) == ([], [])
