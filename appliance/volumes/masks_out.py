"""Masks and maps on a volume's grid → NIfTI files, whole or not at all. The file lies exactly where the volume lies."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np

from appliance.atomic import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from appliance.contracts import Geometry

SCANNER = 1
"""NIfTI's code for “millimetres in the scanner's frame”."""
UNKNOWN = 0
IN_8_BITS, IN_16_BITS = 255, 65535
SQUARE_WITHIN = 1e-6
PACKED = 1
"""How hard gzip works: more takes twice the time, and masks are small anyhow."""


def write_mask(path: Path, mask: NDArray[Any], geometry: Geometry) -> None:
    """Write labels 0–65535 as ``.nii`` or ``.nii.gz``."""
    data = _file_of(mask_image(mask, geometry))
    write_whole(path, packed(data) if path.suffix == ".gz" else data)


def mask_file(mask: NDArray[Any], geometry: Geometry) -> bytes:
    """Return labels 0–65535 as the bytes of a ``.nii.gz``."""
    return packed(_file_of(mask_image(mask, geometry)))


def map_file(values: NDArray[np.uint8], geometry: Geometry) -> bytes:
    """Return values from 0 to 1, given in 255ths, as the bytes of a ``.nii.gz``."""
    _require_grid(values, geometry)
    image = _image(values, geometry)
    image.header.set_slope_inter(1 / IN_8_BITS, 0)
    return packed(_file_of(image))


def mask_image(mask: NDArray[Any], geometry: Geometry) -> Any:  # noqa: ANN401 - nibabel is untyped
    """Return labels as an image of nibabel, in as few bits as hold them."""
    _require_grid(mask, geometry)
    if mask.size and not 0 <= mask.min() <= mask.max() <= IN_16_BITS:
        raise ValueError(f"labels from {mask.min()} to {mask.max()} do not fit into 0 to {IN_16_BITS}")
    return _image(mask.astype(np.uint8 if mask.max(initial=0) <= IN_8_BITS else np.uint16), geometry)


def packed(data: bytes) -> bytes:
    """Pack bytes so that the same bytes always give the same file."""
    return gzip.compress(data, PACKED, mtime=0)


def _require_grid(values: NDArray[Any], geometry: Geometry) -> None:
    if values.shape != geometry.shape:
        raise ValueError(f"a mask of {values.shape} does not lie on a grid of {geometry.shape}")


def _image(data: NDArray[Any], geometry: Geometry) -> Any:  # noqa: ANN401 - nibabel is untyped
    untyped: Any = nib.Nifti1Image
    image = untyped(data, geometry.affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(geometry.affine, SCANNER)
    # A qform cannot hold a leaning grid; a reader that prefers it must not find a wrong one.
    image.set_qform(geometry.affine, SCANNER if _is_square(geometry) else UNKNOWN)
    return image


def _file_of(image: Any) -> bytes:  # noqa: ANN401 - nibabel is untyped
    return bytes(image.to_bytes())


def _is_square(geometry: Geometry) -> bool:
    axes = geometry.affine[:3, :3] / geometry.spacing_mm
    return bool(np.abs(axes.T @ axes - np.eye(3)).max() < SQUARE_WITHIN)
