"""A sound package to spoil, and no runtime that could be opened on it."""

from __future__ import annotations

import copy

import pytest
from model_builders import Package, sound_package


@pytest.fixture(scope="module")
def template() -> Package:
    return sound_package()


@pytest.fixture
def sound(template: Package) -> Package:
    return copy.deepcopy(template)


@pytest.fixture(autouse=True)
def no_runtime_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test here is about what is refused before that."""

    def opened(*_: object) -> None:
        pytest.fail("a runtime was opened on a package that was not checked yet")

    monkeypatch.setattr("appliance.engine.openvino_cpu.open_session", opened)
    monkeypatch.setattr("appliance.engine.onnx_runtime.open_on_cpu", opened)
