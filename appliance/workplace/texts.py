"""Small text files of this workplace: whole or not at all, in a folder that is made if it is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.atomic import write_whole
from appliance.errors import OutputFailed
from appliance.words import shown

if TYPE_CHECKING:
    from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write a file, or raise ``OutputFailed`` and leave what was there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputFailed(
            f"The folder {shown(path.parent.name)} could not be made ({error.strerror}).",
            advice="Check that the disk is plugged in and that you may write there.",
        ) from error
    write_whole(path, text.encode("utf-8"))
