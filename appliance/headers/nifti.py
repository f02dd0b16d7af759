"""The first bytes of a NIfTI file → its grid. Of a compressed file only the header is inflated.

What is no NIfTI gives ``None``; a header whose numbers cannot be is refused.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
from nibabel.spatialimages import HeaderDataError

from appliance.contracts import Plane, Reason
from appliance.errors import Unreadable
from appliance.headers.foreign import BROKEN_BYTES, silenced
from appliance.words import shown

if TYPE_CHECKING:
    from appliance.contracts import Affine, Source
    from appliance.headers.beginning import Beginning

GZIP = b"\x1f\x8b"
WITH_GZIP_HEADER = 31
HEADER_BYTES = 1024
"""More than either version's header."""
VERSIONS: tuple[tuple[Any, int, int], ...] = ((nib.Nifti1Header, 344, 348), (nib.Nifti2Header, 4, 540))
"""Each version, where its magic word stands, and how long its header is."""
ONE_FILE, TWO_FILES = b"n+", b"ni"
PLANES = (Plane.SAGITTAL, Plane.CORONAL, Plane.AXIAL)
"""Which plane is seen along the patient's right, front and head."""
CLEARLY_THICKER = 1.5
EIGHT_BIT = frozenset({2, 256})
"""The codes for eight bits, unsigned and signed."""
NO_SINGLE_NUMBERS = frozenset({32, 128, 1792, 2048, 2304})
"""The codes for complex numbers and for colours."""
LABELS_INTENT = 1002
THICKEST_MM = 1000.0


@dataclass(frozen=True, slots=True)
class NiftiGrid:
    """The grid that a NIfTI header describes."""

    shape: tuple[int, int, int]
    volumes: int
    """More than one for time points, directions or echoes."""
    spacing_mm: tuple[float, float, float]
    plane: Plane | None
    """Across the thickest axis, else across the third; ``None`` if the file does not say how it lies."""
    holds_labels: bool
    """The header says that its numbers stand for regions."""
    eight_bit: bool
    """As masks are stored, and hardly ever a scan."""


def read_nifti(source: Source, beginning: Beginning) -> NiftiGrid | None:
    """Read the grid of a NIfTI file, version 1 or 2, compressed or not."""
    data = _header_bytes(beginning.data)
    version = next((entry for entry in VERSIONS if data[entry[1] : entry[1] + 2] in (ONE_FILE, TWO_FILES)), None)
    if version is None or len(data) < version[2]:
        if source.name.lower().endswith((".nii", ".nii.gz")):
            raise _broken(source)
        return None
    kind, magic_at, length = version
    if data[magic_at : magic_at + 2] == TWO_FILES:
        raise _in_two_files(source)
    with silenced():
        try:
            return _grid(kind(data[:length], check=False))
        except (*BROKEN_BYTES, HeaderDataError) as error:
            raise _broken(source) from error


def _header_bytes(data: bytes) -> bytes:
    if not data.startswith(GZIP):
        return data[:HEADER_BYTES]
    try:
        return zlib.decompressobj(WITH_GZIP_HEADER).decompress(data, HEADER_BYTES)
    except zlib.error:
        return b""


def _grid(header: Any) -> NiftiGrid:  # noqa: ANN401 - nibabel ships no types
    axes = int(header["dim"][0])
    shape = [int(length) for length in header["dim"][1 : axes + 1]] + [1] * (3 - axes)
    spacing = [float(abs(step)) for step in header["pixdim"][1:4]]
    if not 1 <= axes <= 7 or min(shape) < 1 or not 0 < min(spacing) <= max(spacing) <= THICKEST_MM:  # noqa: PLR2004 - NIfTI has at most seven axes
        raise ValueError(shape, spacing)
    code = int(header["datatype"])
    if code in NO_SINGLE_NUMBERS:
        raise ValueError(code)
    says_where = int(header["qform_code"]) > 0 or int(header["sform_code"]) > 0
    return NiftiGrid(
        shape=(shape[0], shape[1], shape[2]),
        volumes=int(np.prod(shape[3:], dtype=object)),
        spacing_mm=(spacing[0], spacing[1], spacing[2]),
        plane=_plane(header.get_best_affine(), spacing) if says_where else None,
        holds_labels=int(header["intent_code"]) == LABELS_INTENT,
        eight_bit=code in EIGHT_BIT,
    )


def _plane(affine: Affine, spacing: list[float]) -> Plane | None:
    thickest = int(np.argmax(spacing))
    others = [step for axis, step in enumerate(spacing) if axis != thickest]
    across = thickest if spacing[thickest] >= CLEARLY_THICKER * max(others) else 2
    direction = affine[:3, across]
    if not np.isfinite(affine).all() or not direction.any():
        return None
    return PLANES[int(np.argmax(np.abs(direction)))]


def _broken(source: Source) -> Unreadable:
    return Unreadable(
        f"{shown(source.name)} is called a NIfTI file, but its header is broken or describes no greyscale image.",
        advice="Copy or export it again from where it came from.",
        source=source,
    )


def _in_two_files(source: Source) -> Unreadable:
    return Unreadable(
        f"{shown(source.name)} is half of an image that is stored in two files (.hdr and .img).",
        advice="Export it as one file (.nii or .nii.gz).",
        source=source,
        reason=Reason.UNSUPPORTED,
    )
