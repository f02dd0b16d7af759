"""The report's number, and the square code that ties a printed page to the ledger.

    OUTPOST1:<report number>:<SHA-256 of findings.json>

The ledger holds the same hash among the outputs of the study, chained, so that a printed page whose numbers
were changed, or a result that never was, can be told from a true one (``outpost ledger check``).
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

import segno

from appliance.errors import Misuse

PREFIX = "OUTPOST1"
PATTERN = re.compile(rf"^{PREFIX}:([^:\s]{{1,120}}):([0-9a-f]{{64}})$")
PIXELS = 6
"""Of one square of the code."""


@dataclass(frozen=True, slots=True)
class ReportCode:
    """What a page says of itself."""

    number: str
    sha256: str
    """Of ``findings.json``."""

    def __str__(self) -> str:
        return f"{PREFIX}:{self.number}:{self.sha256}"

    @property
    def study(self) -> str:
        """The study's key."""
        return self.number.rpartition("/")[0]


def code_of(study: str, sha256: str) -> ReportCode:
    """Give a report its number: the study's key and the first letters of the hash, which change with the result."""
    return ReportCode(f"{study}/{sha256[:8]}", sha256)


def code_from(text: str) -> ReportCode:
    """Read what a scanner of codes gave."""
    found = PATTERN.match(text.strip())
    if found is None:
        raise Misuse(
            f"“{text[:40]}” is not the code of a report.",
            advice=f"Scan the square on the first page; what it says begins with {PREFIX}:.",
        )
    return ReportCode(found[1], found[2])


def square(code: ReportCode) -> io.BytesIO:
    """Draw the code as a PNG."""
    picture = io.BytesIO()
    segno.make(str(code), error="m", micro=False).save(picture, kind="png", scale=PIXELS, border=0)
    return picture
