"""The transfer syntaxes that are read, by how they are."""

from __future__ import annotations

from typing import Final

from pydicom import uid

NATIVE: Final = frozenset(
    {
        uid.ImplicitVRLittleEndian,
        uid.ExplicitVRLittleEndian,
        uid.ExplicitVRBigEndian,
        uid.DeflatedExplicitVRLittleEndian,
    }
)
RUN_LENGTH: Final = frozenset({uid.RLELossless})
JPEG: Final = frozenset(
    {
        uid.JPEGBaseline8Bit,
        uid.JPEGExtended12Bit,
        uid.JPEGLossless,
        uid.JPEGLosslessSV1,
        uid.JPEGLSLossless,
        uid.JPEGLSNearLossless,
    }
)
JPEG_2000: Final = frozenset({uid.JPEG2000Lossless, uid.JPEG2000, uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K})
READABLE: Final = NATIVE | RUN_LENGTH | JPEG | JPEG_2000
