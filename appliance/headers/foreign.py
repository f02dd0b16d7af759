"""The edge to the libraries that parse headers: what they raise on broken bytes, and their warnings.

They are written for valid files. On others they raise whatever the line that stumbled raises, so the
list is long; it leaves out only what must end the program.
"""

from __future__ import annotations

import struct
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BROKEN_BYTES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)


@contextmanager
def silenced() -> Iterator[None]:
    """Keep a library's warnings off the screen: what matters in them is said in our own words."""
    with warnings.catch_warnings(action="ignore"):
        yield
