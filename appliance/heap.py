"""Memory that one study gave back does not stay with the program while the next one is read."""

from __future__ import annotations

import ctypes
import sys

MMAP_THRESHOLD, TRIM_THRESHOLD, ARENAS = -3, -1, -8
"""What glibc's ``mallopt`` calls them."""
LARGE_BYTES = 1 << 20
KEPT_BYTES = 4 << 20
MOST_ARENAS = 2


def return_large_blocks() -> bool:
    """Give every large array back to the system when it is freed; say whether the C library can be told so.

    Left alone, glibc raises its threshold with each large block that is freed, keeps those blocks in its heap, and
    a fine scan after another needs 170 MB more than the first one did. Other C libraries do not do this.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    settings = ((MMAP_THRESHOLD, LARGE_BYTES), (TRIM_THRESHOLD, KEPT_BYTES), (ARENAS, MOST_ARENAS))
    heard = [mallopt(*setting) == 1 for setting in settings]
    return all(heard)
