"""What a printing system must answer."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from appliance.errors import OutpostError

if TYPE_CHECKING:
    from pathlib import Path


class NotPrinted(OutpostError):
    """Nothing came out, for now; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The system took a report."""

    printer: str
    sentence: str


class PrintSystem(Protocol):
    """One system's printers."""

    def hand_over(self, pdf: Path, printer: str) -> Taken:
        """Give a PDF to a printer, the usual one if its name is empty; or raise ``NotPrinted``."""


def this_system() -> PrintSystem:
    """Give the printing system of the machine that this runs on."""
    if sys.platform == "win32":
        from appliance.report.printing.windows import WindowsPrinting  # noqa: PLC0415 - only there

        return WindowsPrinting()
    from appliance.report.printing.cups import Cups  # noqa: PLC0415 - only elsewhere

    return Cups()
