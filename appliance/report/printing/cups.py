"""Linux: CUPS, through ``lp`` and ``lpstat``, which talk to it over its own socket.

Guarantees: what CUPS says of a printer (stopped, jam, no paper, offline) is said in plain words, and nothing is
given to a printer that does not take it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

from appliance.report.printing.system import NotPrinted, Taken
from appliance.words import shown

if TYPE_CHECKING:
    from pathlib import Path

ANSWER_S = 20
REASONS = {
    "media-jam": "paper is jammed",
    "media-empty": "it is out of paper",
    "media-needed": "it is out of paper",
    "toner-empty": "it is out of toner",
    "marker-supply-empty": "it is out of ink or toner",
    "door-open": "its door is open",
    "cover-open": "its cover is open",
    "offline": "it is offline",
    "connecting-to-device": "it does not answer",
    "paused": "it is stopped",
}
WAITS = ("offline", "connecting-to-device", "media-jam", "door-open", "cover-open", "paused")
ANY_PRINTER = re.compile(r"^printer (\S+) ", re.MULTILINE)


class Cups:
    """The printers that CUPS knows."""

    def hand_over(self, pdf: Path, printer: str) -> Taken:
        """Give a PDF to CUPS if its printer takes it."""
        name = printer or self._usual()
        trouble = self._trouble(name)
        if trouble:
            raise NotPrinted(
                f"The printer {shown(name)} does not print: {trouble}.", advice="See to the printer, then print again."
            )
        done = _run("lp", "-d", name, "-t", pdf.stem, "-o", "fit-to-page", "--", str(pdf))
        if done.returncode != 0:
            raise NotPrinted(
                f"The printer {shown(name)} did not take {shown(pdf.name)} ({shown(_last_line(done.stderr))}).",
                advice="See to the printer, then print again.",
            )
        return Taken(name, f"{shown(pdf.name)} was given to the printer {shown(name)}.")

    def _usual(self) -> str:
        """Find the system's usual printer, or its only one."""
        told = _run("lpstat", "-d").stdout
        _, colon, name = told.partition("destination: ")
        if colon and name.strip():
            return name.strip()
        known = ANY_PRINTER.findall(_run("lpstat", "-p").stdout)
        if len(known) == 1:
            return str(known[0])
        if known:
            raise NotPrinted(
                f"There are {len(known)} printers and none is the usual one.",
                advice=f"Name one in the settings (clinic.printer): {', '.join(map(shown, known))}.",
            )
        raise NotPrinted(
            "This computer has no printer.", advice="Connect one and add it in the system's settings, then print again."
        )

    def _trouble(self, name: str) -> str:
        """Say what keeps a printer from printing; empty if nothing does."""
        told = _run("lpstat", "-l", "-p", name)
        if told.returncode != 0 or not told.stdout.strip():
            return "the system does not know it"
        text = told.stdout
        for word in WAITS:
            if word in text:
                return REASONS[word]
        if " disabled since" in text.partition("\n")[0]:
            return next((said for word, said in REASONS.items() if word in text), "it is stopped")
        return "" if _takes(name) else "it takes no jobs"


def _takes(name: str) -> bool:
    return "not accepting" not in _run("lpstat", "-a", name).stdout


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Ask one of CUPS' programs, in English, and never wait for ever."""
    path = shutil.which(program)
    if path is None:
        raise NotPrinted(
            "This computer cannot print: CUPS is not installed.",
            advice="Install the system's package cups, then again.",
        )
    environment = {**os.environ, "LC_ALL": "C", "LANG": "C"}
    try:
        return subprocess.run(  # noqa: S603 - a program of the system, its arguments apart
            [path, *arguments], capture_output=True, text=True, timeout=ANSWER_S, check=False, env=environment,
            errors="replace",
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotPrinted(
            "The printing system does not answer.", advice="Start it again (CUPS), or start the computer again."
        ) from error


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("lp: ") if lines else "no reason given"
