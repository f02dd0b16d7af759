"""A NIfTI file → its volumes: one, or one for each time point.

The header is judged first, so that a file which claims too much, or a gzip that expands for ever, is
refused before memory is spent; no more bytes are unpacked than the header's picture needs.
"""

from __future__ import annotations

import gzip
import math
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

import nibabel as nib
import numpy as np
from nibabel.spatialimages import HeaderDataError
from nibabel.volumeutils import array_from_file
from nibabel.wrapstruct import WrapStructError

from appliance.contracts import Geometry, Reason, SliceOrigin, Volume
from appliance.errors import BadGeometry, OverLimit, Unreadable
from appliance.headers.foreign import BROKEN_BYTES, silenced
from appliance.sources import open_source
from appliance.volumes.nifti_place import placed
from appliance.words import counted, megabytes, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import IOBase

    from numpy.typing import NDArray

    from appliance.contracts import Affine, Series, Source, Study
    from appliance.settings import Limits, Settings

GZIP_MAGIC = b"\x1f\x8b"
HEADERS: dict[int, Any] = {348: nib.Nifti1Header, 540: nib.Nifti2Header}
LONGEST_HEADER = 540
BESIDE = (b"ni1", b"ni2")
"""Marks a header whose voxels lie in another file."""
TOGETHER = (b"n+1", b"n+2")
SPACE_AXES = 3
CONVERT_AGAIN = "Convert it again from the DICOM files."


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    """What a header promises."""

    header: Any
    shape: tuple[int, int, int]
    times: int
    stored_type: np.dtype[Any]
    slope: float
    intercept: float
    affine: Affine
    warnings: tuple[str, ...]

    @property
    def voxels(self) -> int:
        """In all time points."""
        return math.prod(self.shape) * self.times

    @property
    def value_type(self) -> np.dtype[Any]:
        """Integers stay what they are where nothing scales them."""
        unscaled = (self.slope, self.intercept) == (1.0, 0.0)
        native = self.stored_type.newbyteorder("=")
        return native if unscaled and native.kind in "iu" else np.dtype(np.float32)


def read_nifti_volumes(study: Study, series: Series, settings: Settings) -> tuple[Volume, ...]:
    """Read every volume of a NIfTI file."""
    source = series.sources[0]
    with _unpacked(source, settings.limits) as stream:
        picture = _promised(stream, source, settings)
        stored = _stored(stream, picture)
    return tuple(
        _volume(*_values(stored[..., time], picture, source), picture, study, series, time)
        for time in range(picture.times)
    )


@contextmanager
def _unpacked(source: Source, limits: Limits) -> Iterator[IO[bytes]]:
    """Open a file, gzipped or not, and translate everything that a library raises over its bytes."""
    with open_source(source, limits) as stream, silenced():
        try:
            packed = stream.read(len(GZIP_MAGIC)) == GZIP_MAGIC
            stream.seek(0)
            yield cast("IO[bytes]", gzip.GzipFile(fileobj=stream)) if packed else stream
        except (*BROKEN_BYTES, HeaderDataError, WrapStructError, zlib.error) as error:
            raise Unreadable(
                f"{shown(source.name)} is damaged or cut short.",
                advice="Copy it again from where it came from.",
                source=source,
            ) from error


def _promised(stream: IO[bytes], source: Source, settings: Settings) -> _Picture:
    header = _header(stream, source)
    shape, times = _shape(header, source, settings)
    stored_type = header.get_data_dtype()
    if stored_type.kind not in "iuf":
        raise _unsupported(source, "holds colours or complex numbers")
    slope, intercept = header.get_slope_inter()
    affine, warnings = placed(header, source, settings.reading)
    picture = _Picture(
        header=header,
        shape=shape,
        times=times,
        stored_type=stored_type,
        slope=1.0 if slope is None else float(slope),
        intercept=0.0 if intercept is None else float(intercept),
        affine=affine,
        warnings=warnings,
    )
    _check_size(picture, source, settings.limits)
    return picture


def _header(stream: IO[bytes], source: Source) -> Any:  # noqa: ANN401 - nibabel is untyped
    data = stream.read(LONGEST_HEADER)
    sizes = {int.from_bytes(data[:4], "little"), int.from_bytes(data[:4], "big")}
    for size, kind in HEADERS.items():
        if size in sizes:
            header = kind(binaryblock=data[:size], check=False)
            magic = bytes(header["magic"].tobytes())[:3]
            if magic in BESIDE:
                raise _unsupported(source, "keeps its voxels in another file")
            if magic in TOGETHER:
                return header
    raise Unreadable(f"{shown(source.name)} is not a NIfTI file.", advice=CONVERT_AGAIN, source=source)


def _shape(header: Any, source: Source, settings: Settings) -> tuple[tuple[int, int, int], int]:  # noqa: ANN401 - nibabel is untyped
    axes = [int(length) for length in header.get_data_shape()]
    i, j, k, times = (axes + [1] * 4)[:4]
    if any(length != 1 for length in axes[4:]):
        raise _unsupported(source, "has more than four axes")
    if min(i, j, k, times) < 1:
        raise Unreadable(f"{shown(source.name)} says that it is empty.", advice=CONVERT_AGAIN, source=source)
    if max(i, j) > settings.limits.max_rows_or_columns or k * times > settings.limits.max_slices:
        raise OverLimit(
            f"{shown(source.name)} claims to have {i:,} × {j:,} × {k * times:,} voxels.",
            advice="If it really is a scan, raise the limits in the settings.",
            source=source,
        )
    if min(i, j, k) < settings.reading.min_slices:
        raise BadGeometry(
            f"{shown(source.name)} has {counted(min(i, j, k), 'slice')}; "
            f"at least {settings.reading.min_slices} make a volume.",
            advice="Convert the whole series.",
            source=source,
            reason=Reason.TOO_FEW_SLICES,
        )
    return (i, j, k), times


def _check_size(picture: _Picture, source: Source, limits: Limits) -> None:
    size = picture.voxels * max(picture.stored_type.itemsize, picture.value_type.itemsize)
    if size > limits.max_volume_bytes:
        raise OverLimit(
            f"{shown(source.name)} takes {megabytes(size)} unpacked; {megabytes(limits.max_volume_bytes)} are allowed.",
            advice="If it really is a scan, raise limits.max_volume_bytes in the settings.",
            source=source,
        )
    if picture.header.get_data_offset() > limits.max_header_bytes:
        raise OverLimit(
            f"{shown(source.name)} has a header of {megabytes(picture.header.get_data_offset())}.",
            advice=CONVERT_AGAIN,
            source=source,
        )


def _stored(stream: IO[bytes], picture: _Picture) -> NDArray[Any]:
    """Read what was promised and not a byte more, but for the checksum behind it."""
    offset = int(picture.header.get_data_offset()) or picture.header.single_vox_offset
    shape = (*picture.shape, picture.times)
    stored = array_from_file(shape, picture.stored_type, cast("IOBase", stream), offset, mmap=False)
    stream.read(1)
    return stored


def _values(stored: NDArray[Any], picture: _Picture, source: Source) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Scale one time point slice by slice, so that no second copy of it is made on the way."""
    if picture.value_type.kind != "f":
        return stored.astype(picture.value_type, order="F"), ()
    values = np.empty(picture.shape, np.float32, order="F")
    lost = 0
    for k in range(picture.shape[2]):
        with np.errstate(all="ignore"):
            scaled = stored[:, :, k].astype(np.float64) * picture.slope + picture.intercept
            values[:, :, k] = scaled
        strange = ~np.isfinite(values[:, :, k])
        values[:, :, k][strange] = 0.0
        lost += int(strange.sum())
    if lost == values.size:
        raise Unreadable(f"{shown(source.name)} holds no numbers.", advice=CONVERT_AGAIN, source=source)
    return values, (f"{counted(lost, 'voxel')} held no number; they were set to zero.",) if lost else ()


def _volume(
    values: NDArray[Any], lost: tuple[str, ...], picture: _Picture, study: Study, series: Series, time: int
) -> Volume:
    return Volume(
        voxels=values,
        geometry=Geometry(picture.affine, picture.shape),
        kind=series.recognition.kind,
        weighting=series.recognition.weighting,
        patient=study.patient,
        study=study.facts,
        series=series.facts,
        origins=(SliceOrigin(series.sources[0]),),
        part=f"time point {time + 1}" if picture.times > 1 else "",
        warnings=(*picture.warnings, *lost),
    )


def _unsupported(source: Source, what: str) -> Unreadable:
    return Unreadable(f"{shown(source.name)} {what}.", advice=CONVERT_AGAIN, source=source, reason=Reason.UNSUPPORTED)
