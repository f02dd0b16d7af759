"""The CUDA path on a real card, with a real network: left out where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from model_builders import IMAGES, sound_package

from appliance.engine.choice import Device
from appliance.engine.engines import Engines
from appliance.engine.graphics_card import ask_for_cards
from appliance.engine.network import Precision
from appliance.engine.runner import Runner
from appliance.engine.session import Engine
from appliance.models import ModelPackage, load_package, network_of
from appliance.settings import Computing, Settings

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("cuda_card")]


@pytest.fixture
def package(tmp_path: Path) -> ModelPackage:
    return load_package(sound_package().write(tmp_path), Settings().limits)


def test_a_real_card_proves_itself_and_agrees_with_the_processor(package: ModelPackage) -> None:
    many = np.concatenate([IMAGES] * 9)
    with Engines(Computing(), Device.CUDA) as on_card, Engines(Computing(), Device.CPU) as on_cpu:
        card, cpu = (Runner(engines, network_of(package, "lesions")) for engines in (on_card, on_cpu))
        assert card.engine is Engine.CUDA
        assert card.attempts[-1].precision is Precision.FP16
        np.testing.assert_allclose(card.run(many)["logits"], cpu.run(many)["logits"], atol=0.12)
        assert card.notes == ()


def test_a_cap_far_below_what_a_network_needs_ends_on_the_processor_with_a_reason(package: ModelPackage) -> None:
    with Engines(Computing(gpu_memory_bytes=1)) as engines:
        runner = Runner(engines, network_of(package, "lesions"))
        assert runner.engine is Engine.OPENVINO
        assert "the graphics card ran out of memory" in runner.description.lower()


def test_the_driver_names_the_card() -> None:
    found = ask_for_cards()
    assert found.cards
    assert found.cards[0].memory_mib > 0
