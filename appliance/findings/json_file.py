"""``findings.json``: the types of this package and nothing else, exactly and without loss.

What is read is held to the types: a key that is unknown or missing, a value of another type or a number that
is not finite is refused with the place where it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import Unreadable
from appliance.exact_json import NotAsAgreed, fitted, parsed, written
from appliance.findings.study import FORMAT, VERSION, Findings

if TYPE_CHECKING:
    from pathlib import Path

NAME = "findings.json"


def as_json(findings: Findings) -> str:
    """Write findings as text that ``from_json`` reads back to the same."""
    return written(findings)


def from_json(text: str) -> Findings:
    """Read findings back, or say what does not fit and where."""
    value = parsed(text)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise NotAsAgreed(f"it is not of the format {FORMAT}")
    if value.get("version") != VERSION:
        raise NotAsAgreed(f"its version is {value.get('version')!r}, and this program knows {VERSION}")
    return fitted(value, Findings)


def read_findings(path: Path) -> Findings:
    """Read a study's findings from the disk."""
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Unreadable(
            f"The findings {path.parent.name}/{path.name} cannot be opened ({error.strerror}).",
            advice="Check that the folder of results is there and may be read.",
        ) from error
    except (NotAsAgreed, UnicodeDecodeError) as error:
        raise Unreadable(
            f"The findings {path.parent.name}/{path.name} are damaged: {error}.", advice="Read the study again."
        ) from error
