"""Voxel values → the bytes of one DICOM image, in any transfer syntax that a clinic's disk may hold.

Lossless syntaxes give back exactly what ``stored_values`` returned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import gdcm
import numpy as np

from appliance.sample.scan_spec import Storage, Syntax

if TYPE_CHECKING:
    from numpy.typing import NDArray

ENCAPSULATED: Final = frozenset(
    {
        Syntax.RLE,
        Syntax.JPEG_BASELINE,
        Syntax.JPEG_LOSSLESS,
        Syntax.JPEG_LOSSLESS_SV1,
        Syntax.JPEG_LS,
        Syntax.JPEG_2000_LOSSLESS,
        Syntax.JPEG_2000,
    }
)


def stored_values(values: NDArray[np.generic], storage: Storage) -> NDArray[np.integer]:
    """Scale to the stored numbers, clipped to what the bits can hold."""
    low, high = _range(storage)
    stored = np.rint((np.asarray(values, dtype=np.float64) - storage.intercept) / storage.slope)
    stored = np.clip(stored, low, high)
    if storage.monochrome1:
        stored = high + low - stored
    return stored.astype(_dtype(storage))


def frame_bytes(stored: NDArray[np.integer], storage: Storage, syntax: Syntax) -> bytes:
    """Encode one frame ``[row, column]``; uncompressed syntaxes give plain pixels in their byte order."""
    if syntax in ENCAPSULATED:
        return _compressed(stored, storage, syntax)
    big = syntax is Syntax.BIG_ENDIAN
    return stored.astype(stored.dtype.newbyteorder(">" if big else "<")).tobytes()


def _range(storage: Storage) -> tuple[int, int]:
    if storage.signed:
        return -(2 ** (storage.bits_stored - 1)), 2 ** (storage.bits_stored - 1) - 1
    return 0, 2**storage.bits_stored - 1


def _dtype(storage: Storage) -> np.dtype[np.integer]:
    kind = "i" if storage.signed else "u"
    return np.dtype(f"<{kind}{storage.bits_allocated // 8}")


def _compressed(stored: NDArray[np.integer], storage: Storage, syntax: Syntax) -> bytes:
    # The image must come from a writer that stays alive: gdcm counts references to it, not Python.
    writer = gdcm.ImageWriter()
    _fill(writer.GetImage(), stored, storage)
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(str(syntax))))
    change.SetInput(writer.GetImage())
    if not change.Change():
        raise ValueError(f"{stored.dtype} pixels of {storage.bits_stored} bits do not go into {syntax.name}")
    fragments = change.GetOutput().GetDataElement().GetSequenceOfFragments()
    parts = [fragments.GetFragment(n).GetByteValue().GetBuffer() for n in range(fragments.GetNumberOfFragments())]
    return b"".join(part.encode("utf-8", "surrogateescape") for part in parts)


def _fill(image: gdcm.Image, stored: NDArray[np.integer], storage: Storage) -> None:
    rows, columns = stored.shape
    image.SetNumberOfDimensions(2)
    image.SetDimensions((columns, rows, 1))
    mono = gdcm.PhotometricInterpretation.MONOCHROME1 if storage.monochrome1 else 0
    mono = mono or gdcm.PhotometricInterpretation.MONOCHROME2
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(mono))
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.ExplicitVRLittleEndian))
    bits = storage.bits_stored
    image.SetPixelFormat(gdcm.PixelFormat(1, storage.bits_allocated, bits, bits - 1, int(storage.signed)))
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetByteStringValue(stored.tobytes())
    image.SetDataElement(element)
