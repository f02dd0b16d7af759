"""Stored numbers → values: rescaled where the header says so, integers kept as they are where it does not.

Real-world value maps are not applied: they turn a picture into physical units, which no reader needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.volumes.frames import Frame


def values_type(frame: Frame) -> np.dtype[Any]:
    """Say which type holds a frame's values without loss."""
    if not frame.scale.changes_nothing:
        return np.dtype(np.float32)
    kind = "i" if frame.coding.signed else "u"
    return np.dtype(f"{kind}{frame.coding.bits_allocated // 8}")


def valued(stored: NDArray[np.integer[Any]], frame: Frame) -> NDArray[Any]:
    """Turn the picture the right way round and scale it."""
    if frame.coding.inverted:
        low, high = _range(frame)
        stored = (np.int64(low + high) - stored).astype(stored.dtype)
    if frame.scale.changes_nothing:
        return stored
    return (stored * frame.scale.slope + frame.scale.intercept).astype(np.float32)


def _range(frame: Frame) -> tuple[int, int]:
    bits = frame.coding.bits_stored
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if frame.coding.signed else (0, (1 << bits) - 1)
