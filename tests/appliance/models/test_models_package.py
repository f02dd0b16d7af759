"""A model package whose folder is damaged, incomplete, swapped or hostile is refused by name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from model_builders import COLUMNS, IMAGES, ROWS, Package, zipped
from refusals import SMALL, golden, refusal

from appliance.errors import BadModel
from appliance.models import ModelPackage, explainer_of, load_package, network_of
from appliance.models.agreement import input_parameters
from appliance.preprocess import BrainInput
from appliance.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_sound_package_is_loaded_with_all_that_it_says(sound: Package, tmp_path: Path) -> None:
    package = load_package(sound.write(tmp_path), SMALL)
    network = package.spec.networks["lesions"]
    assert package.spec.name == "brain-lesions-1.2.3"
    assert network.outputs[0].classes == ("lesion", "ventricle")
    assert input_parameters(network) == BrainInput(rows=ROWS, columns=COLUMNS)
    assert package.spec.calibration["lesion"].temperature == 1.3
    np.testing.assert_array_equal(package.golden["lesions.image"], IMAGES)


def test_what_was_checked_is_what_is_run_even_if_the_disk_changes(sound: Package, tmp_path: Path) -> None:
    folder = sound.write(tmp_path)
    package = load_package(folder, SMALL)
    (folder / "cpu-int8.onnx").write_bytes(b"something else")
    assert network_of(package, "lesions").cpu[0].content == sound.files["cpu-int8.onnx"]


def test_a_network_that_the_package_does_not_hold_is_an_error_with_its_name(sound: Package, tmp_path: Path) -> None:
    package = load_package(sound.write(tmp_path), SMALL)
    with pytest.raises(BadModel, match=r"brain-lesions-1\.2\.3 holds no network called brain"):
        network_of(package, "brain")


def test_a_package_without_explanation_has_no_explainer(sound: Package, tmp_path: Path) -> None:
    for part in (sound.files, sound.network["graphs"], sound.network["golden"]["tolerances"]):
        part.pop("explain.onnx", None)
        part.pop("explain", None)
    sound.files["golden.npz"] = zipped(
        {name: array for name, array in golden(sound).items() if ".explain." not in name}
    )
    assert explainer_of(load_package(sound.write(tmp_path), SMALL), "lesions") is None


def flip_a_byte(folder: Path) -> None:
    file = folder / "cpu-int8.onnx"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def cut_short(folder: Path) -> None:
    file = folder / "gpu-fp16.onnx"
    file.write_bytes(file.read_bytes()[:-7])


def grow(folder: Path) -> None:
    with (folder / "card.md").open("ab") as file:
        file.write(b"more")


def link_instead(folder: Path) -> None:
    target = folder.parent / "elsewhere.onnx"
    (folder / "cpu-fp32.onnx").rename(target)
    (folder / "cpu-fp32.onnx").symlink_to(target)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (flip_a_byte, "cpu-int8.onnx: its SHA-256 is not the one that was agreed"),
        (cut_short, "gpu-fp16.onnx: it has"),
        (grow, "card.md: it has more than"),
        (lambda folder: (folder / "cpu-int8.onnx").unlink(), "cpu-int8.onnx is missing"),
        (lambda folder: (folder / "golden.npz").unlink(), "golden.npz is missing"),
        (lambda folder: (folder / "model.json").unlink(), "it has no model.json"),
        (lambda folder: (folder / "weights.bin").write_bytes(b"x"), "“weights.bin” does not belong to it"),
        (lambda folder: (folder / "more").mkdir(), "“more” is not an ordinary file"),
        (link_instead, "“cpu-fp32.onnx” is not an ordinary file"),
        (lambda folder: (folder / "model.json").write_bytes(b""), "model.json: model.json is empty"),
        (lambda folder: (folder / "model.json").write_bytes(b"\xff\xfe"), "model.json: it is not UTF-8"),
        (lambda folder: (folder / "model.json").write_bytes(b"{"), "model.json: it is not valid JSON"),
        (lambda folder: (folder / "model.json").write_bytes(b"[" * 100_000), "model.json: it is not valid JSON"),
        (lambda folder: (folder / "model.json").write_bytes(b" " * 2_000_000), "model.json: it has more than"),
        (lambda folder: (folder / "model.json").write_bytes(b"null"), "its schema is None"),
    ],
)
def test_a_folder_that_is_not_as_agreed(
    sound: Package, tmp_path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    folder = sound.write(tmp_path)
    spoil(folder)
    assert words in refusal(folder)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert "it is not a folder that can be read" in refusal(tmp_path / "brain-lesions-9.9.9")


def test_a_file_in_the_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert "it is not a folder that can be read" in refusal(tmp_path / "file")


def test_a_package_under_another_name_than_its_own(sound: Package, tmp_path: Path) -> None:
    folder = sound.write(tmp_path)
    assert "is that of brain-lesions-1.2.3" in refusal(folder.rename(tmp_path / "brain-lesions-1.2.4"))


def test_a_name_that_would_drive_the_screen_is_shown_harmlessly(sound: Package, tmp_path: Path) -> None:
    folder = sound.write(tmp_path)
    (folder / "evil\x1b[31m").write_bytes(b"x")
    assert "\x1b" not in refusal(folder)


def test_a_package_larger_than_the_settings_allow(sound: Package, tmp_path: Path) -> None:
    assert "more than the 0.0 MB allowed" in refusal(sound.write(tmp_path), Limits(max_model_bytes=4096))


def test_a_pipe_in_the_place_of_a_file_does_not_hang(sound: Package, tmp_path: Path) -> None:
    folder = sound.write(tmp_path)
    (folder / "card.md").unlink()
    os.mkfifo(folder / "card.md")
    assert "not an ordinary file" in refusal(folder)


def test_the_kind_of_package_is_a_value_that_can_be_shared(sound: Package, tmp_path: Path) -> None:
    package = load_package(sound.write(tmp_path), SMALL)
    assert isinstance(package, ModelPackage)
    with pytest.raises(TypeError):
        package.contents["card.md"] = b""  # type: ignore[index]  # that it cannot be changed is the point
