"""What every reader is: it says whether it can read something, and reads it.

Readers compute and decide; they touch no file. What they are given and what they find are frozen types, so that
one reader's findings can be the next one's scan (anomalies are looked for where lesions were).
"""

from __future__ import annotations

from typing import Protocol, TypeVar

Given_contra = TypeVar("Given_contra", contravariant=True)
Found_co = TypeVar("Found_co", covariant=True)


class Reader(Protocol[Given_contra, Found_co]):
    """One kind of reading."""

    def accepts(self, given: Given_contra) -> bool:
        """Say whether this is something that it can read."""

    def read(self, given: Given_contra) -> Found_co:
        """Read it, or raise ``Refused`` with the reason."""
