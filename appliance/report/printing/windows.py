"""Windows: the shell's print verb, which lets the program that shows PDFs print them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from appliance.report.printing.system import NotPrinted, Taken

if TYPE_CHECKING:
    from pathlib import Path


class WindowsPrinting:
    """The shell knows one printer: the usual one."""

    def hand_over(self, pdf: Path, printer: str) -> Taken:
        """Let the shell print."""
        if sys.platform == "win32":
            import os  # noqa: PLC0415 - startfile exists only here

            try:
                os.startfile(pdf, "print")  # noqa: S606 - our own report
            except OSError as error:
                raise NotPrinted(
                    f"Windows could not print {pdf.name} ({error.strerror}).",
                    advice="Check the printer, and that a program for PDFs is installed.",
                ) from error
        return Taken(printer, f"{pdf.name} was given to the usual printer.")
