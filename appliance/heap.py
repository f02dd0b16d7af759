"""Memory that one study gave back does not stay with the program while the next one is read."""

from __future__ import annotations

import ctypes
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

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
    mallopt = _told_by_c("mallopt")
    if mallopt is None:
        return False
    settings = ((MMAP_THRESHOLD, LARGE_BYTES), (TRIM_THRESHOLD, KEPT_BYTES), (ARENAS, MOST_ARENAS))
    heard = [mallopt(*setting) == 1 for setting in settings]
    return all(heard)


def give_back_free_pages() -> bool:
    """Give back what is free between small blocks that are not; say whether the C library can be told so.

    A heap that holds networks of several kinds has holes: after three fine scans they were 120 MB, which the system
    counts as used until it is told.
    """
    trim = _told_by_c("malloc_trim")
    if trim is None:
        return False
    trim(0)
    return True


def _told_by_c(name: str) -> Callable[..., int] | None:
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(None), name, None)
