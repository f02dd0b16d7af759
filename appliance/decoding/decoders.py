"""One compressed picture → its pixels, with the library that is surest for its kind.

Runs in a process of its own (see ``decoding``), since a damaged stream makes these libraries abort,
hang or print on the screen. One library for each kind and no second try: what the best one cannot read
is damaged, and another would only make up pixels for it. gdcm reads what no other free library does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gdcm
import numpy as np
from pydicom import uid
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.decoding.codestreams import Task

PLUGINS = {
    uid.JPEGBaseline8Bit: "pillow",
    uid.JPEGExtended12Bit: "pillow",
    uid.JPEGLossless: "gdcm",
    uid.JPEGLosslessSV1: "gdcm",
    uid.JPEGLSLossless: "pyjpegls",
    uid.JPEGLSNearLossless: "pyjpegls",
    uid.JPEG2000Lossless: "pylibjpeg",
    uid.JPEG2000: "pylibjpeg",
    uid.HTJ2KLossless: "pylibjpeg",
    uid.HTJ2KLosslessRPCL: "pylibjpeg",
    uid.HTJ2K: "pylibjpeg",
}
PILLOW_BITS = 8


def decode(task: Task) -> NDArray[np.integer[Any]]:
    """Decode one picture ``[row, column]``."""
    twelve_bits = task.syntax == uid.JPEGExtended12Bit and task.bits_stored > PILLOW_BITS
    pixels = _by_gdcm(task) if twelve_bits else _by_pydicom(task)
    if pixels.shape != (task.rows, task.columns) or pixels.dtype.kind not in "iu":
        raise ValueError(f"it decodes to {pixels.shape} of {pixels.dtype}")
    return pixels


def _by_pydicom(task: Task) -> NDArray[np.integer[Any]]:
    facts: dict[str, Any] = {
        "rows": task.rows,
        "columns": task.columns,
        "bits_allocated": task.bits_allocated,
        "bits_stored": task.bits_stored,
        "pixel_representation": int(task.signed),
        "samples_per_pixel": 1,
        "photometric_interpretation": "MONOCHROME2",
        "number_of_frames": 1,
        "pixel_keyword": "PixelData",
    }
    pixels, _facts = get_decoder(task.syntax).as_array(
        encapsulate([task.stream]), raw=True, decoding_plugin=PLUGINS[uid.UID(task.syntax)], **facts
    )
    return pixels


def _by_gdcm(task: Task) -> NDArray[np.integer[Any]]:
    """Decode JPEG of twelve bits, which pydicom's plugins leave out."""
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(task.stream)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((task.columns, task.rows, 1))
    image.SetDataElement(element)
    grey = gdcm.PhotometricInterpretation.MONOCHROME2
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGExtendedProcess2_4))
    bits = task.bits_stored
    image.SetPixelFormat(gdcm.PixelFormat(1, task.bits_allocated, bits, bits - 1, int(task.signed)))
    # gdcm hands its bytes over as text
    buffer = image.GetBuffer().encode("utf-8", "surrogateescape")
    kind = "i" if task.signed else "u"
    return np.frombuffer(buffer, f"<{kind}{task.bits_allocated // 8}").reshape(task.rows, task.columns)
