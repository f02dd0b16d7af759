"""A model package, read from its folder and checked from end to end before any runtime sees it.

In this order: the folder, ``model.json``, the list of files, every size and hash, every graph, the golden
case. The bytes that were checked stay in memory and are the bytes that are run, whatever happens to
the disk in between.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from appliance import __version__
from appliance.errors import BadModel, Refused
from appliance.exact_json import NotAsAgreed, parsed
from appliance.files import open_regular
from appliance.models.agreement import DESCRIPTION, GOLDEN, spec_from
from appliance.models.golden import RELEVANCE, WHERE, golden_arrays
from appliance.models.onnx_file import facts_of
from appliance.models.spec import Role
from appliance.words import counted, megabytes, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from appliance.engine.network import Floats
    from appliance.models.onnx_file import GraphFacts
    from appliance.models.spec import FileRecord, ModelSpec, NetworkSpec
    from appliance.settings import Limits

LONGEST_DESCRIPTION = 1024 * 1024
"""Bytes of ``model.json``."""
ANY = -1
"""A size that is whatever it is."""
BY_IMAGE = 2
"""Axes of an answer about whole images; its explanation gives one head's grades, the same at every place."""

Shapes: TypeAlias = "Mapping[str, tuple[int | None, ...]]"


@dataclass(frozen=True, slots=True, eq=False)
class ModelPackage:
    """A package that is what it says."""

    folder: Path
    spec: ModelSpec
    contents: Mapping[str, bytes]
    """Every file that ``model.json`` names."""
    golden: Mapping[str, Floats]
    digest: str
    """SHA-256 of ``model.json``, which holds those of all other files."""


def load_package(folder: Path, limits: Limits) -> ModelPackage:
    """Read and check a package, or raise ``BadModel`` with the first thing that is wrong."""
    try:
        spec, digest = _described(folder, limits)
        contents = {name: _verified(folder, name, record, limits) for name, record in spec.files.items()}
        _check_graphs(spec, contents)
        with _reading(GOLDEN):
            golden = golden_arrays(contents[GOLDEN], spec, limits.max_model_bytes)
    except NotAsAgreed as error:
        raise BadModel(
            f"The model package {shown(folder.name)} is not used: {error}.",
            advice="Copy it again from where it came from, or install the last update again.",
        ) from error
    return ModelPackage(folder, spec, MappingProxyType(contents), golden, digest)


def _described(folder: Path, limits: Limits) -> tuple[ModelSpec, str]:
    names = _file_names(folder)
    if DESCRIPTION not in names:
        raise NotAsAgreed(f"it has no {DESCRIPTION}")
    with _reading(DESCRIPTION):
        content = _content(folder / DESCRIPTION, LONGEST_DESCRIPTION, limits)
        spec = spec_from(parsed(_decoded(content)), __version__)
    if folder.name != spec.name:
        raise NotAsAgreed(f"{DESCRIPTION} is that of {spec.name}")
    if missing := sorted(spec.files.keys() - names):
        raise NotAsAgreed(f"{missing[0]} is missing")
    if extra := sorted(names - spec.files.keys() - {DESCRIPTION}):
        raise NotAsAgreed(f"“{shown(extra[0])}” does not belong to it")
    size = sum(record.size for record in spec.files.values())
    if size > limits.max_model_bytes:
        raise NotAsAgreed(f"it has {megabytes(size)}, more than the {megabytes(limits.max_model_bytes)} allowed")
    return spec, hashlib.sha256(content).hexdigest()


def _file_names(folder: Path) -> set[str]:
    try:
        with os.scandir(folder) as entries:
            kinds = {entry.name: entry.is_file(follow_symlinks=False) for entry in entries}
    except (OSError, ValueError) as error:
        raise NotAsAgreed("it is not a folder that can be read") from error
    if odd := sorted(name for name, is_file in kinds.items() if not is_file):
        raise NotAsAgreed(f"“{shown(odd[0])}” is not an ordinary file")
    return set(kinds)


def _verified(folder: Path, name: str, record: FileRecord, limits: Limits) -> bytes:
    with _reading(name):
        content = _content(folder / name, record.size, limits)
        if len(content) != record.size:
            raise NotAsAgreed(f"it has {counted(len(content), 'byte')}, and {record.size:,} were agreed")
        if hashlib.sha256(content).hexdigest() != record.sha256:
            raise NotAsAgreed("its SHA-256 is not the one that was agreed, so it was damaged or changed")
    return content


def _content(path: Path, longest: int, limits: Limits) -> bytes:
    """Read at most one byte more than expected: enough to know that a file is too long."""
    try:
        with open_regular(path, limits) as file:
            content = file.read(longest + 1)
    except (Refused, OSError) as error:
        raise NotAsAgreed(error.what if isinstance(error, Refused) else f"it cannot be read ({error})") from error
    if len(content) > longest:
        raise NotAsAgreed(f"it has more than {longest:,} bytes")
    return content


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotAsAgreed("it is not UTF-8") from error


def _check_graphs(spec: ModelSpec, contents: Mapping[str, bytes]) -> None:
    for network in spec.networks.values():
        for role, file in network.graphs.items():
            with _reading(file):
                _check_ports(facts_of(contents[file]), *_ports(role, network))


def _ports(role: Role, network: NetworkSpec) -> tuple[Shapes, Shapes]:
    """Return which inputs and outputs a graph of this role must have."""
    image, answer = network.input, network.outputs[0]
    if role is Role.EXPLAIN:
        one_image, sizes = (1, *image.shape[1:]), image.shape[2:]
        inputs = {image.name: one_image, WHERE: (1, 1, *sizes)}
        said = (1, *answer.shape[1:]) if len(answer.shape) > BY_IMAGE else (1, ANY, *sizes)
        return inputs, {answer.name: said, RELEVANCE: one_image}
    return {image.name: image.shape}, {output.name: output.shape for output in network.outputs}


def _check_ports(facts: GraphFacts, inputs: Shapes, outputs: Shapes) -> None:
    for what, ports, agreed in (("inputs", facts.inputs, inputs), ("outputs", facts.outputs, outputs)):
        if sorted(port.name for port in ports) != sorted(agreed):
            raise NotAsAgreed(f"its {what} are not {', '.join(agreed)}, as {DESCRIPTION} says")
        for port in ports:
            if not port.is_float32 or not _takes(port.shape, agreed[port.name]):
                raise NotAsAgreed(f"its {what[:-1]} “{port.name}” is not of the type and shape that were agreed")


def _takes(shape: tuple[int | None, ...], agreed: tuple[int | None, ...]) -> bool:
    """Whether every size that was agreed goes through a graph; one that fixes none takes all."""
    return len(shape) == len(agreed) and all(
        wanted == ANY or size in {None, wanted} for size, wanted in zip(shape, agreed, strict=True)
    )


@contextlib.contextmanager
def _reading(name: str) -> Iterator[None]:
    """Name the file in whatever is wrong with it."""
    try:
        yield
    except NotAsAgreed as error:
        raise NotAsAgreed(f"{name}: {error}") from error
