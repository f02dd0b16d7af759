"""Whether what ``model.json`` says fits together and fits this program. Looks at no file.

Each rule raises ``NotAsAgreed`` with the first thing that does not fit. File names are not free: a graph
is called ``<role>.onnx`` or ``<network>.<role>.onnx``, so that no name can lead out of the folder.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from appliance.exact_json import NotAsAgreed, fitted
from appliance.models.preparations import PARAMETERS, InputParameters, shape_of
from appliance.models.probabilities import BETWEEN, CLASS_AXIS, groups_of
from appliance.models.spec import SCHEMA, Activation, FileRecord, ModelSpec, NetworkSpec, OutputSpec, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})", re.ASCII)
NETWORK_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
TENSOR_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
SHA256 = re.compile(r"[0-9a-f]{64}")
GOLDEN = "golden.npz"
CARD = "card.md"
DESCRIPTION = "model.json"
IN_THE_CLINIC = (Role.CPU_INT8, Role.GPU_FP16)
"""Every network has these two."""
AXES = 4
LARGEST_BATCH = 64


def spec_from(value: object, app_version: str) -> ModelSpec:
    """Make the types of ``spec`` out of JSON, if everything in it fits together."""
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        given = value.get("schema") if isinstance(value, dict) else None
        raise NotAsAgreed(f"its schema is {given!r}, and this program knows {SCHEMA}")
    spec = fitted(value, ModelSpec)
    _check_versions(spec, app_version)
    for name, network in spec.networks.items():
        _check_network(name, network)
    _check_figures(spec)
    _check_files(spec)
    return spec


def version_of(text: str) -> tuple[int, ...]:
    """Return a version's three numbers, for comparing."""
    if not VERSION.fullmatch(text):
        raise NotAsAgreed(f"“{text}” is not a version of three numbers")
    return tuple(int(part) for part in text.split("."))


def input_parameters(network: NetworkSpec) -> InputParameters:
    """Return the parameters for preparing a network's input, in the type that the preparing code takes."""
    kind = PARAMETERS[network.preparation.kind]
    return fitted(dict(network.preparation.parameters), kind, f"the parameters of “{network.preparation.kind}”")


def _check_versions(spec: ModelSpec, app_version: str) -> None:
    version_of(spec.version)
    if version_of(spec.minimum_app_version) > version_of(app_version):
        raise NotAsAgreed(f"it needs program version {spec.minimum_app_version} or newer, and this is {app_version}")
    try:
        date.fromisoformat(spec.made_on)
    except ValueError:
        raise NotAsAgreed(f"made_on is “{spec.made_on}”, not a day such as 2026-01-31") from None
    if not spec.networks:
        raise NotAsAgreed("it holds no network")


def _check_network(name: str, network: NetworkSpec) -> None:
    place = f"networks.{name}"
    if not NETWORK_NAME.fullmatch(name):
        raise NotAsAgreed(f"“{name}” cannot be a network's name")
    if missing := [role for role in IN_THE_CLINIC if role not in network.graphs]:
        raise NotAsAgreed(f"{place} has no graph {missing[0]}")
    if network.graphs.keys() != network.golden.tolerances.keys():
        raise NotAsAgreed(f"{place}.golden.tolerances are not for the same graphs as {place}.graphs")
    for role, file in network.graphs.items():
        if file not in {f"{role}.onnx", f"{name}.{role}.onnx"}:
            raise NotAsAgreed(f"{place}.graphs.{role} is “{file}”, not {role}.onnx or {name}.{role}.onnx")
    _check_golden(place, network)
    _check_shapes(place, network)
    _check_preparation(place, network)


def _check_golden(place: str, network: NetworkSpec) -> None:
    numbers = [network.golden.seconds]
    numbers += [value for bound in network.golden.tolerances.values() for value in (bound.largest, bound.mean)]
    if min(numbers) <= 0:
        raise NotAsAgreed(f"{place}.golden allows no time or no difference at all")


def _check_shapes(place: str, network: NetworkSpec) -> None:
    names = [network.input.name, *(output.name for output in network.outputs)]
    if not network.outputs or len(set(names)) != len(names) or not all(map(TENSOR_NAME.fullmatch, names)):
        raise NotAsAgreed(f"{place} has inputs and outputs without a name of their own")
    if len(network.input.shape) != AXES or network.input.shape[1] is None:
        raise NotAsAgreed(f"{place}.input.shape is not batch, channels, rows, columns")
    shapes = [network.input.shape, *(output.shape for output in network.outputs)]
    if any(size is not None and size < 1 for shape in shapes for size in shape):
        raise NotAsAgreed(f"{place} has a shape with a size below 1")
    if not 1 <= network.largest_batch <= (network.input.shape[0] or LARGEST_BATCH):
        raise NotAsAgreed(f"{place}.largest_batch does not fit the input")
    for output in network.outputs:
        _check_classes(f"{place}: output {output.name}", output)


def _check_classes(place: str, output: OutputSpec) -> None:
    if len(output.shape) <= CLASS_AXIS or output.shape[CLASS_AXIS] != len(output.classes):
        raise NotAsAgreed(f"{place} has not one channel for each of its classes")
    if len(set(output.classes)) != len(output.classes):
        raise NotAsAgreed(f"{place} names a class twice")
    if output.activation is Activation.SOFTMAX_BY_GROUP:
        names = [name.partition(BETWEEN) for name in output.classes]
        if not all(all(parts) for parts in names) or len(groups_of(output.classes)) != len({name[0] for name in names}):
            raise NotAsAgreed(f"{place} has classes that are not in groups that stand together")


def _check_preparation(place: str, network: NetworkSpec) -> None:
    made = shape_of(input_parameters(network))
    for axis, given, prepared in zip(("channels", "rows", "columns"), network.input.shape[1:], made, strict=True):
        if prepared is not None and given != prepared:
            raise NotAsAgreed(f"{place}.input has {given} {axis}, but is prepared with {prepared}")


def _check_figures(spec: ModelSpec) -> None:
    for label, calibration in spec.calibration.items():
        if calibration.temperature <= 0:
            raise NotAsAgreed(f"calibration.{label}.temperature is not above zero")
    for measured in spec.measured:
        if not measured.low <= measured.value <= measured.high or measured.cases < 1:
            raise NotAsAgreed(f"measured: {measured.figure} lies outside its interval or has no cases")


def _check_files(spec: ModelSpec) -> None:
    used = [*_graph_files(spec), GOLDEN, CARD]
    if twice := sorted({file for file in used if used.count(file) > 1}):
        raise NotAsAgreed(f"{twice[0]} is used twice")
    if unused := sorted(spec.files.keys() - set(used)):
        raise NotAsAgreed(f"files names “{unused[0]}”, which nothing uses")
    if missing := sorted(set(used) - spec.files.keys()):
        raise NotAsAgreed(f"files does not name {missing[0]}")
    for name, record in spec.files.items():
        _check_record(name, record)


def _check_record(name: str, record: FileRecord) -> None:
    if not SHA256.fullmatch(record.sha256) or record.size < 1:
        raise NotAsAgreed(f"files.{name} has no proper SHA-256 or size")


def _graph_files(spec: ModelSpec) -> Iterator[str]:
    for network in spec.networks.values():
        yield from network.graphs.values()
