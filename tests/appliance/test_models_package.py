"""A model package that is damaged, incomplete, swapped or hostile is refused by name, before any runtime sees it."""

from __future__ import annotations

import copy
import io
import json
import os
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from model_builders import (
    CHANNELS,
    CLASSES,
    COLUMNS,
    IMAGES,
    ROWS,
    WEIGHTS,
    Package,
    convolution,
    explaining,
    in_halves,
    model,
    sound_package,
    zipped,
)
from onnx import TensorProto, helper, numpy_helper

from appliance.errors import BadModel, ExitCode
from appliance.exact_json import NotAsAgreed, parsed, written
from appliance.models import ModelPackage, explainer_of, load_package, network_of
from appliance.models.agreement import input_parameters, spec_from
from appliance.models.onnx_file import facts_of
from appliance.preprocess import BrainInput
from appliance.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SMALL = Limits(max_model_bytes=2_000_000)


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


def refusal(folder: Path, limits: Limits = SMALL) -> str:
    """Load a package that must be refused; return the sentence."""
    with pytest.raises(BadModel) as caught:
        load_package(folder, limits)
    assert caught.value.exit_code is ExitCode.SOME_REFUSED
    assert caught.value.advice
    assert "\n" not in caught.value.what
    return caught.value.what


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


def golden(package: Package) -> dict[str, np.ndarray]:
    """Return the arrays of a package's golden case."""
    with np.load(io.BytesIO(package.files["golden.npz"])) as arrays:
        return dict(arrays)


# What may happen to a folder on a stick


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


# What model.json may say


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


# What an ONNX file may hold


def outside(name: str) -> onnx.ModelProto:
    """Make a graph whose weights lie in another file."""
    graph = convolution()
    tensor = graph.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=name)
    return graph


def with_constant(**attribute: Any) -> onnx.ModelProto:  # noqa: ANN401 - any attribute
    """Make a graph whose weights are the output of a Constant."""
    nodes = [
        helper.make_node("Constant", [], ["w"], **attribute),
        helper.make_node("Conv", ["image", "w"], ["logits"], pads=[1, 1, 1, 1]),
    ]
    return model(nodes, [])


def not_numbers(kind: int, *, raw: bool = True) -> onnx.ModelProto:
    """Make a graph with one weight that is no number, stored in one of the format's ways."""
    graph = convolution()
    values = WEIGHTS.astype({TensorProto.FLOAT: "f4", TensorProto.FLOAT16: "f2", TensorProto.DOUBLE: "f8"}[kind])
    values[0, 0, 0, 0] = np.nan
    stored = values.tobytes() if raw else values.ravel()
    tensor = helper.make_tensor("w", kind, values.shape, stored, raw=raw)
    graph.graph.initializer[0].CopyFrom(tensor)
    return graph


def one_by_one() -> onnx.ModelProto:
    """Make a graph with a weight that is no number, each value as a field of its own, as old writers did."""
    tensor = b"\x10\x0a" + b"".join(b"\x28" + bytes([0x80, 0xF8, 0x01]) for _ in range(3)) + b"\x42\x01w"
    graph = b"\x2a" + bytes([len(tensor)]) + tensor
    return onnx.ModelProto.FromString(convolution().SerializeToString() + b"\x3a" + bytes([len(graph)]) + graph)


def packed_badly() -> bytes:
    tensor = b"\x10\x0a\x2a\x02\x80\x80"
    graph = b"\x2a" + bytes([len(tensor)]) + tensor
    return b"\x3a" + bytes([len(graph)]) + graph


def in_bfloat16(value: int) -> onnx.ModelProto:
    graph = convolution()
    tensor = TensorProto(name="w", data_type=TensorProto.BFLOAT16, dims=[1], raw_data=value.to_bytes(2, "little"))
    graph.graph.initializer.append(tensor)
    return graph


def looping() -> onnx.ModelProto:
    body = helper.make_graph([helper.make_node("Identity", ["image"], ["logits"])], "body", [], [])
    return model([helper.make_node("If", ["image"], ["logits"], then_branch=body, else_branch=body)], [])


def foreign() -> onnx.ModelProto:
    return model([helper.make_node("Conv", ["image"], ["logits"], domain="com.example")], [])


def foreign_opset() -> onnx.ModelProto:
    graph = convolution()
    graph.opset_import.append(helper.make_opsetid("com.example", 1))
    return graph


def with_function() -> onnx.ModelProto:
    graph = convolution()
    graph.functions.add(name="f", domain="local")
    return graph


def sparse() -> onnx.ModelProto:
    graph = convolution()
    values = helper.make_tensor("v", TensorProto.FLOAT, [1], [1.0])
    indices = helper.make_tensor("i", TensorProto.INT64, [1], [0])
    graph.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [4]))
    return graph


def of_text() -> onnx.ModelProto:
    graph = convolution()
    graph.graph.initializer.append(helper.make_tensor("t", TensorProto.STRING, [1], [b"x"]))
    return graph


def with_shapes(**shapes: Any) -> onnx.ModelProto:  # noqa: ANN401 - any shape
    return convolution(**shapes)


def in_doubles() -> onnx.ModelProto:
    graph = convolution()
    graph.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    return graph


def shapeless() -> onnx.ModelProto:
    graph = convolution()
    graph.graph.output[0].type.tensor_type.ClearField("shape")
    return graph


IMAGE, LOGITS = ["n", CHANNELS, ROWS, COLUMNS], ["n", CLASSES, ROWS, COLUMNS]


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        (lambda: outside("weights.bin"), "its weights “w” lie in another file"),
        (lambda: outside("../../../../etc/passwd"), "its weights “w” lie in another file"),
        (lambda: outside("/etc/passwd"), "its weights “w” lie in another file"),
        (lambda: with_constant(value=outside("x").graph.initializer[0]), "lie in another file"),
        (lambda: not_numbers(TensorProto.FLOAT), "“w” holds values that are not numbers"),
        (lambda: not_numbers(TensorProto.FLOAT, raw=False), "“w” holds values that are not numbers"),
        (lambda: not_numbers(TensorProto.FLOAT16), "“w” holds values that are not numbers"),
        (lambda: not_numbers(TensorProto.FLOAT16, raw=False), "“w” holds values that are not numbers"),
        (lambda: not_numbers(TensorProto.DOUBLE), "“w” holds values that are not numbers"),
        (lambda: not_numbers(TensorProto.DOUBLE, raw=False), "“w” holds values that are not numbers"),
        (one_by_one, "“w” holds values that are not numbers"),
        (packed_badly, "it is cut short"),
        (lambda: in_bfloat16(0x7FC0), "“w” holds values that are not numbers"),
        (lambda: in_bfloat16(0x7F80), "“w” holds values that are not numbers"),
        (lambda: with_constant(value_float=float("inf")), "a constant holds values that are not numbers"),
        (lambda: with_constant(value_floats=[1.0, float("nan")]), "a constant holds values that are not numbers"),
        (
            lambda: with_constant(value=numpy_helper.from_array(np.float32([np.inf]))),
            "holds values that are not numbers",
        ),
        (looping, "it holds control flow"),
        (foreign, "it uses operations of “com.example”"),
        (foreign_opset, "it uses operations of “com.example”"),
        (with_function, "it defines functions or training of its own"),
        (sparse, "it holds sparse weights"),
        (lambda: with_constant(sparse_value=sparse().graph.sparse_initializer[0]), "it holds sparse weights"),
        (of_text, "its weights “t” are of a type that is not read"),
        (lambda: with_shapes(inputs={"picture": IMAGE}), "its inputs are not image, as model.json says"),
        (lambda: with_shapes(outputs={"answer": LOGITS}), "its outputs are not logits, as model.json says"),
        (lambda: with_shapes(outputs={"logits": LOGITS, "more": LOGITS}), "its outputs are not logits"),
        (lambda: with_shapes(inputs={"image": ["n", 1, ROWS, COLUMNS]}), "its input “image” is not of the type and"),
        (lambda: with_shapes(inputs={"image": IMAGE[:3]}), "its input “image” is not of the type and shape"),
        (lambda: with_shapes(inputs={"image": [1, *IMAGE[1:]]}), "its input “image” is not of the type and shape"),
        (lambda: with_shapes(outputs={"logits": ["n", 7, ROWS, COLUMNS]}), "its output “logits” is not of the type"),
        (in_doubles, "its input “image” is not of the type and shape"),
        (shapeless, "“logits” is no tensor with a shape"),
        (lambda: onnx.ModelProto(ir_version=8), "it holds no graph with inputs and outputs"),
    ],
)
@pytest.mark.parametrize("role", ["cpu-int8", "gpu-fp16"])
def test_a_graph_that_is_not_plain_or_does_not_fit(
    sound: Package, tmp_path: Path, graph: Callable[[], onnx.ModelProto | bytes], words: str, role: str
) -> None:
    made = graph()
    sound.files[f"{role}.onnx"] = made if isinstance(made, bytes) else made.SerializeToString()
    said = refusal(sound.write(tmp_path))
    assert f"{role}.onnx: " in said
    assert words in said


def test_an_explanation_that_takes_something_else(sound: Package, tmp_path: Path) -> None:
    sound.replace_graph("explain", convolution())
    assert "explain.onnx: its inputs are not image, where, as model.json says" in refusal(sound.write(tmp_path))


@pytest.mark.parametrize("graph", [convolution, in_halves, explaining])
def test_no_prefix_of_a_good_file_is_taken_for_a_graph_with_all_its_parts(
    graph: Callable[[], onnx.ModelProto],
) -> None:
    content = graph().SerializeToString()
    whole = facts_of(content)
    for end in range(len(content)):
        try:
            assert facts_of(content[:end]) == whole
        except NotAsAgreed:
            continue
        assert graph().graph == onnx.ModelProto.FromString(content[:end]).graph


def test_weights_that_are_also_inputs_are_not_taken_for_inputs(sound: Package, tmp_path: Path) -> None:
    graph = convolution()
    graph.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, WEIGHTS.shape))
    sound.replace_graph("cpu-fp32", graph)
    load_package(sound.write(tmp_path), SMALL)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x3a\x7f", "it is cut short"),
        (b"\xff" * 40, "it is cut short"),
        (b"\x0b\x0c", "it is broken"),
        (b"\x38\x01", "it is broken"),
        (b"\x08\x00" * 200_001, "it has too many parts"),
    ],
    ids=["length", "varint", "group", "number for a graph", "parts"],
)
def test_bytes_that_are_no_graph(sound: Package, tmp_path: Path, content: bytes, words: str) -> None:
    sound.files["cpu-int8.onnx"] = content
    assert f"cpu-int8.onnx: {words}" in refusal(sound.write(tmp_path), Limits())


# What a golden case may hold


def stored(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def header(claim: str) -> bytes:
    """Make an ``npy`` file of a header alone."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {claim}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def changed(name: str, array: np.ndarray) -> Callable[[Package], bytes]:
    return lambda package: zipped(golden(package) | {name: array})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda _: b"no archive", "golden.npz: it is not a readable archive"),
        (lambda package: package.files["golden.npz"][:-30], "golden.npz: it is not a readable archive"),
        (lambda _: stored("lesions.image.npy", b"no array"), "is not a float32 array"),
        (lambda _: stored("lesions.image.npy", header("(1000000000000,)")), "has not the size that it claims"),
        (lambda _: stored("lesions.image.npy", header("()")), "is not a float32 array"),
        (lambda _: stored("big.npy", bytes(3_000_000)), "it unpacks to more than the settings allow"),
        (changed("lesions.image", IMAGES.astype(np.float64)), "is not a float32 array"),
        (changed("lesions.image", np.array([{}])), "is not a float32 array"),
        (changed("lesions.image", np.asfortranarray(IMAGES)), "is not a float32 array"),
        (changed("lesions.image", np.full_like(IMAGES, np.nan)), "holds values that are not numbers"),
        (changed("lesions.image", IMAGES[:0]), "has not the size that it claims"),
        (changed("lesions.image", np.concatenate([IMAGES] * 4)), "has not between 1 and 4 slices"),
        (changed("lesions.image", IMAGES[:, :1]), "“lesions.image” has the shape (2, 1, 24, 16)"),
        (changed("lesions.logits", IMAGES[:1, :2]), "“lesions.logits” has the shape (1, 2, 24, 16)"),
        (changed("lesions.explain.where", IMAGES[:1]), "does not have the shape of one slice"),
        (changed("lesions.more", IMAGES), "“lesions.more” is not used"),
        (
            lambda package: zipped({n: a for n, a in golden(package).items() if n != "lesions.logits"}),
            "“lesions.logits” is missing",
        ),
    ],
)
def test_a_golden_case_that_does_not_fit(
    sound: Package, tmp_path: Path, content: Callable[[Package], bytes], words: str
) -> None:
    sound.files["golden.npz"] = content(sound)
    assert words in refusal(sound.write(tmp_path))


def test_the_kind_of_package_is_a_value_that_can_be_shared(sound: Package, tmp_path: Path) -> None:
    package = load_package(sound.write(tmp_path), SMALL)
    assert isinstance(package, ModelPackage)
    with pytest.raises(TypeError):
        package.contents["card.md"] = b""  # type: ignore[index]  # that it cannot be changed is the point
