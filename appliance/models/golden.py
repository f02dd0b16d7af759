"""The arrays of ``golden.npz``: float32, named as the networks need them, and never larger than the file says.

``numpy.load`` is not used: it allocates what a header claims before it has seen the data.
"""

from __future__ import annotations

import io
import math
import zipfile
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.lib import format as npy

from appliance.exact_json import NotAsAgreed
from appliance.models.spec import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from appliance.engine.network import Floats
    from appliance.models.spec import ModelSpec, NetworkSpec

ENDING = ".npy"
WHERE, RELEVANCE = "where", "relevance"


def golden_arrays(content: bytes, spec: ModelSpec, max_bytes: int) -> Mapping[str, Floats]:
    """Read every array that the networks of a package need, and no other."""
    arrays = _read(content, max_bytes)
    wanted = {name for network in spec.networks for name in _names(network, spec.networks[network])}
    if odd := sorted(wanted ^ arrays.keys()):
        raise NotAsAgreed(f"“{odd[0]}” is {'missing' if odd[0] in wanted else 'not used'}")
    for name, network in spec.networks.items():
        _check_shapes(name, network, arrays)
    return MappingProxyType(arrays)


def _names(name: str, network: NetworkSpec) -> Iterator[str]:
    yield f"{name}.{network.input.name}"
    for output in network.outputs:
        yield f"{name}.{output.name}"
    if Role.EXPLAIN in network.graphs:
        yield f"{name}.{Role.EXPLAIN}.{WHERE}"
        yield f"{name}.{Role.EXPLAIN}.{RELEVANCE}"


def _check_shapes(name: str, network: NetworkSpec, arrays: Mapping[str, Floats]) -> None:
    given = arrays[f"{name}.{network.input.name}"]
    if not 1 <= len(given) <= network.largest_batch:
        raise NotAsAgreed(f"“{name}.{network.input.name}” has not between 1 and {network.largest_batch} slices")
    tensors = {network.input.name: network.input.shape} | {output.name: output.shape for output in network.outputs}
    for tensor, agreed in tensors.items():
        shape = arrays[f"{name}.{tensor}"].shape
        if not _fits(shape, agreed) or shape[0] != len(given):
            raise NotAsAgreed(f"“{name}.{tensor}” has the shape {shape}")
    if Role.EXPLAIN in network.graphs:
        _check_explanation(f"{name}.{Role.EXPLAIN}", given[:1].shape, arrays)


def _check_explanation(place: str, one_slice: tuple[int, ...], arrays: Mapping[str, Floats]) -> None:
    where, relevance = arrays[f"{place}.{WHERE}"].shape, arrays[f"{place}.{RELEVANCE}"].shape
    if relevance != one_slice or where != (1, 1, *one_slice[2:]):
        raise NotAsAgreed(f"“{place}” does not have the shape of one slice")


def _fits(shape: tuple[int, ...], agreed: tuple[int | None, ...]) -> bool:
    return len(shape) == len(agreed) and all(wanted in {None, size} for size, wanted in zip(shape, agreed, strict=True))


def _read(content: bytes, max_bytes: int) -> dict[str, Floats]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > max_bytes:
                raise NotAsAgreed("it unpacks to more than the settings allow")
            return {member.filename.removesuffix(ENDING): _array(archive, member) for member in members}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise NotAsAgreed(f"it is not a readable archive ({error})") from error


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Floats:
    with archive.open(member) as file:
        content = io.BytesIO(file.read(member.file_size))
    try:
        shape = _shape(content)
    except ValueError as error:
        raise NotAsAgreed(f"“{member.filename}” is not a float32 array") from error
    rest = content.read()
    if len(rest) != math.prod(shape) * np.dtype("<f4").itemsize or not len(rest):
        raise NotAsAgreed(f"“{member.filename}” has not the size that it claims")
    values = np.frombuffer(rest, dtype="<f4").reshape(shape)
    if not np.isfinite(values).all():
        raise NotAsAgreed(f"“{member.filename}” holds values that are not numbers")
    return values


def _shape(content: BinaryIO) -> tuple[int, ...]:
    reader = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(npy.read_magic(content))
    if reader is None:
        raise ValueError
    shape, by_columns, kind = reader(content)
    if by_columns or kind != np.dtype("<f4") or not shape:
        raise ValueError
    return tuple(int(size) for size in shape)
