"""What every reader is: it says whether it can read something, and reads it.

Readers compute and decide; they touch no file. What they are given and what they find are frozen types, so that
one reader's findings can be the next one's scan (anomalies are looked for where lesions were).
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from appliance.contracts import Reason
from appliance.errors import Refused

Given_contra = TypeVar("Given_contra", contravariant=True)
Found_co = TypeVar("Found_co", covariant=True)


class Reader(Protocol[Given_contra, Found_co]):
    """One kind of reading."""

    def accepts(self, given: Given_contra) -> bool:
        """Say whether this is something that it can read."""

    def read(self, given: Given_contra) -> Found_co:
        """Read it, or raise ``Refused`` with the reason."""


def read_with(reader: Reader[Given_contra, Found_co], given: Given_contra) -> Found_co:
    """Read what a reader accepts, and refuse what it does not."""
    if not reader.accepts(given):
        raise Refused(
            "This scan is not of the kind that it was to be read as.",
            advice="Say what it is with “--as”.",
            reason=Reason.NOT_KNOWN,
        )
    return reader.read(given)
