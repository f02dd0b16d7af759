"""A mask on a volume's grid → a NIfTI file, whole or not at all.

The file lies exactly where the volume lies. A half-written one is never visible: it is written under
another name, flushed to the disk, and then takes the place of what was there.
"""

from __future__ import annotations

import gzip
import os
import secrets
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np

from appliance.errors import OutputFailed
from appliance.words import shown

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from appliance.contracts import Geometry

SCANNER = 1
"""NIfTI's code for “millimetres in the scanner's frame”."""
UNKNOWN = 0
LARGEST_LABEL = 255
SQUARE_WITHIN = 1e-6


def write_mask(path: Path, mask: NDArray[Any], geometry: Geometry) -> None:
    """Write labels 0–255 as ``.nii`` or ``.nii.gz``."""
    if mask.shape != geometry.shape:
        raise ValueError(f"a mask of {mask.shape} does not lie on a grid of {geometry.shape}")
    if mask.size and not 0 <= mask.min() <= mask.max() <= LARGEST_LABEL:
        raise ValueError(f"labels from {mask.min()} to {mask.max()} do not fit into 0 to {LARGEST_LABEL}")
    data = _image(mask, geometry).to_bytes()
    _put(path, gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def _image(mask: NDArray[Any], geometry: Geometry) -> Any:  # noqa: ANN401 - nibabel is untyped
    untyped: Any = nib.Nifti1Image
    image = untyped(mask.astype(np.uint8), geometry.affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(geometry.affine, SCANNER)
    # A qform cannot hold a leaning grid; a reader that prefers it must not find a wrong one.
    image.set_qform(geometry.affine, SCANNER if _is_square(geometry) else UNKNOWN)
    return image


def _is_square(geometry: Geometry) -> bool:
    axes = geometry.affine[:3, :3] / geometry.spacing_mm
    return bool(np.abs(axes.T @ axes - np.eye(3)).max() < SQUARE_WITHIN)


def _put(path: Path, data: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        try:
            with unfinished.open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputFailed(
            f"{shown(path.name)} could not be written ({error.strerror}).",
            advice="Check that the disk has room and that you may write there.",
        ) from error
