"""A model.json that does not fit its package is refused by the key that is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from model_builders import CHANNELS, ROWS, Package
from refusals import SMALL, refusal

from appliance.exact_json import parsed, written
from appliance.models import load_package
from appliance.models.agreement import spec_from

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def say(path: str, value: Any) -> Callable[[dict[str, Any]], None]:  # noqa: ANN401 - any JSON
    """Make a change to the description: set what lies at a path, or remove it."""
    *parents, last = path.split("|") if "|" in path else path.split("/")

    def change(description: dict[str, Any]) -> None:
        inner: Any = description
        for key in parents:
            inner = inner[int(key) if isinstance(inner, list) else key]
        if value is REMOVED:
            del inner[last]
        else:
            inner[int(last) if isinstance(inner, list) else last] = value

    return change


REMOVED = object()
NET = "networks/lesions"
ANYTHING = {"sha256": "0" * 64, "size": 1}


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("schema", 2, "its schema is 2, and this program knows 1"),
        ("schema", REMOVED, "its schema is None"),
        ("surprise", 1, "surprise is not known"),
        ("thresholds", REMOVED, "thresholds is missing"),
        ("task", "brain-surgery", 'task is "brain-surgery", not one of brain-lesions'),
        ("version", "1.2", "“1.2” is not a version of three numbers"),
        ("version", 1, "version is 1, not text"),
        ("minimum_app_version", "99.0.0", "it needs program version 99.0.0 or newer, and this is"),
        ("made_on", "yesterday", "made_on is “yesterday”"),
        ("networks", {}, "it holds no network"),
        ("networks", [], "networks is [], not an object with keys"),
        (f"{NET}/extra", None, "networks.lesions.extra is not known"),
        (f"{NET}/preparation/kind", "foot", 'networks.lesions.preparation.kind is "foot", not one of head'),
        (f"{NET}/preparation/parameters/spacing_mm", REMOVED, "the parameters of “head”.spacing_mm is missing"),
        (f"{NET}/preparation/parameters/tilt", 3, "the parameters of “head”.tilt is not known"),
        (f"{NET}/preparation/parameters/rows", 24.5, "the parameters of “head”.rows is 24.5, not a whole number"),
        (f"{NET}/preparation/parameters/rows", 32, "has 24 rows, but is prepared with 32"),
        (f"{NET}/input/shape", [None, CHANNELS, ROWS], "input.shape is not batch, channels, rows, columns"),
        (f"{NET}/input/shape", [None, CHANNELS, ROWS, 0], "has a shape with a size below 1"),
        (f"{NET}/input/shape/1", 1, "has 1 channels, but is prepared with 3"),
        (f"{NET}/input/shape/1", "three", 'networks.lesions.input.shape[1] is "three", not a whole number'),
        (f"{NET}/input/shape/1", True, "networks.lesions.input.shape[1] is true, not a whole number"),
        (f"{NET}/input/name", "../x", "inputs and outputs without a name of their own"),
        (f"{NET}/outputs", [], "inputs and outputs without a name of their own"),
        (f"{NET}/outputs/0/name", "image", "inputs and outputs without a name of their own"),
        (f"{NET}/outputs/0/classes", ["lesion"], "has not one channel for each of its classes"),
        (f"{NET}/outputs/0/classes", ["lesion", "lesion"], "names a class twice"),
        (f"{NET}/outputs/0/activation", "relu", "activation"),
        (f"{NET}/outputs/0/activation", "softmax-by-group", "has classes that are not in groups"),
        (f"{NET}/largest_batch", 0, "largest_batch does not fit"),
        (f"{NET}/largest_batch", 65, "largest_batch does not fit"),
        (f"{NET}/graphs/gpu-fp16", REMOVED, "networks.lesions has no graph gpu-fp16"),
        (f"{NET}/graphs/cpu-int8", "../../../etc/passwd", "is “../../../etc/passwd”, not cpu-int8.onnx"),
        (f"{NET}/graphs/cpu-int8", "/etc/passwd", "is “/etc/passwd”, not cpu-int8.onnx"),
        (f"{NET}/graphs/cpu-int8", "C:\\cpu-int8.onnx", "not cpu-int8.onnx or lesions.cpu-int8.onnx"),
        (f"{NET}/graphs/cpu-int8", "gpu-fp16.onnx", "is “gpu-fp16.onnx”, not cpu-int8.onnx"),
        (f"{NET}/graphs/cpu-int4", "cpu-int4.onnx", 'key is "cpu-int4", not one of cpu-int8'),
        (f"{NET}/golden/tolerances/gpu-fp16", REMOVED, "golden.tolerances are not for the same graphs"),
        (f"{NET}/golden/tolerances/gpu-fp16/mean", 0, "golden allows no time or no difference at all"),
        (f"{NET}/golden/seconds", -1, "golden allows no time or no difference at all"),
        (f"{NET}/golden/seconds", 10**400, "golden.seconds is too large a number"),
        ("calibration/lesion/temperature", 0, "calibration.lesion.temperature is not above zero"),
        ("thresholds/lesion", "high", 'thresholds.lesion is "high", not a number'),
        ("measured/0/value", 0.95, "measured: Dice lies outside its interval"),
        ("measured/0/cases", 0, "measured: Dice lies outside its interval or has no cases"),
        ("files|../evil.onnx", ANYTHING, "files names “../evil.onnx”, which nothing uses"),
        ("files/card.md", REMOVED, "files does not name card.md"),
        ("files/card.md/sha256", "0" * 63, "files.card.md has no proper SHA-256 or size"),
        ("files/card.md/size", 0, "files.card.md has no proper SHA-256 or size"),
    ],
)
def test_a_description_that_does_not_fit(sound: Package, tmp_path: Path, path: str, value: object, words: str) -> None:
    folder = sound.write(tmp_path)
    say(path, value)(sound.description)
    (folder / "model.json").write_text(json.dumps(sound.description), encoding="utf-8")
    assert words in refusal(folder)


def test_what_is_written_is_read_back_to_the_same(sound: Package, tmp_path: Path) -> None:
    spec = load_package(sound.write(tmp_path), SMALL).spec
    assert spec_from(parsed(written(spec)), "0.1.0") == spec
    assert json.loads(written(spec)) == sound.description


def test_a_network_that_could_not_be_a_file_name(sound: Package, tmp_path: Path) -> None:
    sound.description["networks"]["../x"] = sound.description["networks"].pop("lesions")
    assert "“../x” cannot be a network's name" in refusal(sound.write(tmp_path))


def test_a_file_that_two_networks_use(sound: Package, tmp_path: Path) -> None:
    sound.description["networks"]["more"] = sound.network
    assert "is used twice" in refusal(sound.write(tmp_path))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"schema": 1, "schema": 1}', "schema is given twice"),
        ('{"schema": 1, "version": NaN}', "NaN is not a number"),
        ('{"schema": 1, "version": -Infinity}', "-Infinity is not a number"),
        ("1" * 5000, "it is not valid JSON"),
    ],
)
def test_json_that_the_standard_library_would_let_through(
    sound: Package, tmp_path: Path, text: str, words: str
) -> None:
    folder = sound.write(tmp_path)
    (folder / "model.json").write_text(text, encoding="utf-8")
    assert words in refusal(folder)
