"""Every way of preparing an input takes its numbers from the package, and a package cannot contradict them."""

from __future__ import annotations

import copy
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from model_builders import sound_package

from appliance.exact_json import NotAsAgreed
from appliance.models.agreement import input_parameters, spec_from, version_of
from appliance.models.probabilities import probabilities
from appliance.models.spec import Activation, Calibration, OutputSpec
from appliance.preprocess import BrainInput, LesionInput
from appliance.spine_inputs import SpineCropInput, SpineDiscInput, SpineLocatorInput, SpineSagittalInput

if TYPE_CHECKING:
    from appliance.models.preparations import InputParameters
    from appliance.models.spec import ModelSpec


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    package = sound_package()
    files = {name: {"sha256": "0" * 64, "size": 1} for name in package.files}
    return package.description | {"files": files}


def described(template: dict[str, Any], kind: str, parameters: InputParameters, shape: list[int | None]) -> ModelSpec:
    """Describe a network that is prepared in this way."""
    description = copy.deepcopy(template)
    network = description["networks"]["lesions"]
    network["preparation"] = {"kind": kind, "parameters": asdict(parameters)}
    network["input"]["shape"] = shape
    network["largest_batch"] = shape[0] or 4
    return spec_from(description, "0.1.0")


KINDS = [
    ("head", BrainInput(rows=32, columns=48), [None, 3, 32, 48]),
    ("brain", LesionInput(rows=32, columns=48), [None, 3, 32, 48]),
    ("spine-axial-locator", SpineLocatorInput(spacing_mm=0.6875, step=2, side=128), [None, 1, 128, 128]),
    ("spine-axial-crop", SpineCropInput(spacing_mm=0.6875, rows=80, columns=96, lift=6), [None, 1, 80, 96]),
    ("spine-sagittal", SpineSagittalInput(longest_side=384, multiple=32), [1, 1, None, None]),
    ("spine-disc", SpineDiscInput(side=64, span=2.0), [None, 17, 64, 64]),
]


@pytest.mark.parametrize(("kind", "parameters", "shape"), KINDS)
def test_the_numbers_of_a_package_reach_the_code_that_prepares(
    template: dict[str, Any], kind: str, parameters: InputParameters, shape: list[int | None]
) -> None:
    spec = described(template, kind, parameters, shape)
    assert input_parameters(spec.networks["lesions"]) == parameters


@pytest.mark.parametrize(("kind", "parameters", "shape"), [entry for entry in KINDS if entry[2][3] is not None])
def test_an_input_that_is_not_prepared_at_its_size_is_refused(
    template: dict[str, Any], kind: str, parameters: InputParameters, shape: list[int | None]
) -> None:
    with pytest.raises(NotAsAgreed, match="columns, but is prepared with"):
        described(template, kind, parameters, [*shape[:3], 7])


@pytest.mark.parametrize(
    ("older", "newer"), [("0.1.0", "0.2.0"), ("0.9.0", "0.10.0"), ("1.2.3", "1.2.4"), ("9.9.9", "10.0.0")]
)
def test_versions_are_compared_as_numbers(older: str, newer: str) -> None:
    assert version_of(older) < version_of(newer)


@pytest.mark.parametrize(
    "word", ["", "1", "1.2", "1.2.3.4", "1.2.x", "01.2.3", " 1.2.3", "1.2.3\n", "1.2.-3", "1٣.1.1"]
)
def test_what_is_no_version_is_refused(word: str) -> None:
    with pytest.raises(NotAsAgreed, match="not a version of three numbers"):
        version_of(word)


def meaning(
    values: list[list[float]], classes: tuple[str, ...], activation: Activation, **calibration: Calibration
) -> np.ndarray:
    output = OutputSpec("logits", (None, len(classes)), classes, activation)
    return probabilities(np.array(values, dtype=np.float32), output, calibration)


def test_probabilities_of_classes_by_themselves() -> None:
    np.testing.assert_allclose(meaning([[0.0, np.log(3)]], ("a", "b"), Activation.SIGMOID), [[0.5, 0.75]], rtol=1e-6)


def test_probabilities_of_one_class_of_all_sum_to_one() -> None:
    found = meaning([[0.0, np.log(3)], [900.0, -900.0]], ("a", "b"), Activation.SOFTMAX)
    np.testing.assert_allclose(found, [[0.25, 0.75], [1, 0]], atol=1e-6)


def test_probabilities_of_grades_sum_to_one_for_each_structure() -> None:
    classes = ("canal:none", "canal:severe", "disc:one", "disc:two", "disc:three")
    found = meaning([[0.0, np.log(3), 5.0, 5.0, 5.0]], classes, Activation.SOFTMAX_BY_GROUP)
    np.testing.assert_allclose(found, [[0.25, 0.75, 1 / 3, 1 / 3, 1 / 3]], rtol=1e-5)
    assert found.dtype == np.float32


def test_numbers_that_are_final_are_left_alone() -> None:
    assert meaning([[1.5, -2.0]], ("a", "b"), Activation.NONE).tolist() == [[1.5, -2.0]]


def test_calibration_comes_before_the_activation_and_reaches_its_class_alone() -> None:
    found = meaning([[2.0, 2.0]], ("a", "b"), Activation.SIGMOID, b=Calibration(temperature=2.0, bias=-1.0))
    np.testing.assert_allclose(found, [[1 / (1 + np.exp(-2)), 0.5]], rtol=1e-6)


def test_calibration_of_maps_is_by_class_and_not_by_row() -> None:
    output = OutputSpec("logits", (None, 2, 2, 2), ("a", "b"), Activation.NONE)
    found = probabilities(np.ones((1, 2, 2, 2), np.float32), output, {"a": Calibration(temperature=0.5, bias=0.0)})
    assert found[0, 0].tolist() == [[2, 2], [2, 2]]
    assert found[0, 1].tolist() == [[1, 1], [1, 1]]
