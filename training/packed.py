"""Prepared slices in one array file, small enough to travel: what every training run reads.

Each slice is stored once, 8 bits a pixel, with its labels as bits of a second byte. Neighbouring slices
of a scan are neighbours in the file, so that channels and thicker slices can be made while training.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from appliance.errors import Unreadable

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

BRAIN, VENTRICLE, LESION = 1, 2, 4
"""Bits of a label byte."""
OUTPUTS = ("brain", "ventricle", "lesion")
"""The channels of every network's answer, in this order; each is a probability of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """Slices of many scans, one after the other."""

    images: NDArray[np.uint8]
    """``[slice, row, column]``: 0 … 255 stands for the network input's 0 … 1."""
    labels: NDArray[np.uint8]
    """``[slice, row, column]``: BRAIN, VENTRICLE and LESION bits."""
    weights: NDArray[np.float32]
    """How far each slice's labels are trusted: 0 … 1."""
    scan_of: NDArray[np.int32]
    """Which scan each slice belongs to."""
    keys: NDArray[np.str_]
    """Each scan's ``dataset/name``."""
    patients: NDArray[np.str_]
    """Each scan's ``dataset/patient``."""
    known: NDArray[np.uint8]
    """For each scan: the bits that are labelled at all."""
    steps: NDArray[np.int32]
    """For each scan: how many slices away the neighbour channels are."""
    slice_mm: NDArray[np.float32]
    """For each scan: from one slice to the next."""

    def first_and_last(self, scan: int) -> tuple[int, int]:
        """Return the first slice of a scan and the one after its last."""
        places = np.flatnonzero(self.scan_of == scan)
        return int(places[0]), int(places[-1]) + 1


def save_pack(pack: Pack, path: Path) -> None:
    """Write a pack as one compressed file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **{entry.name: getattr(pack, entry.name) for entry in fields(Pack)})


def load_pack(path: Path) -> Pack:
    """Read a pack, or say that the file is none."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return Pack(**{entry.name: stored[entry.name] for entry in fields(Pack)})
    except (OSError, ValueError, KeyError) as error:
        raise Unreadable(f"{path.name} is not a pack of slices ({error}).", advice="Run the `pack` verb.") from error


def pack_hash(pack: Pack) -> str:
    """Return a short hash of everything in the pack: the data's name in a recorded run."""
    digest = hashlib.sha256()
    for entry in fields(Pack):
        digest.update(np.ascontiguousarray(getattr(pack, entry.name)).tobytes())
    return digest.hexdigest()[:16]


def joined(parts: list[Pack]) -> Pack:
    """Put packs one behind the other."""
    offsets = np.cumsum([0, *(len(part.keys) for part in parts)])
    values = {entry.name: np.concatenate([getattr(part, entry.name) for part in parts]) for entry in fields(Pack)}
    values["scan_of"] = np.concatenate(
        [part.scan_of + offset for part, offset in zip(parts, offsets, strict=False)]
    ).astype(np.int32)
    return Pack(**values)
