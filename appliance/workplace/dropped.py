"""A path as it comes from a person: typed, pasted, or dropped, with whatever a terminal puts around it."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

DRIVE = re.compile(r"^/?([A-Za-z]):")


def path_from(text: str, *, windows: bool = sys.platform == "win32") -> Path | None:
    """Understand it; ``None`` if nothing was given."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if not line:
        return None
    if line.startswith("file://"):
        place = unquote(urlsplit(line).path)
        return Path(place.lstrip("/") if DRIVE.match(place) else place)
    return Path(_unquoted(line, windows=windows)).expanduser()


def _unquoted(line: str, *, windows: bool) -> str:
    if len(line) > 1 and line[0] == line[-1] and line[0] in "\"'":
        return line[1:-1]
    if windows or "\\" not in line:
        return line
    try:
        return " ".join(shlex.split(line))
    except ValueError:
        return line
