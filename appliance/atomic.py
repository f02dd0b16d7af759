"""One file, written whole or not at all.

It is written under another name beside its place, flushed to the disk, and then takes the place of what was
there. Whenever the plug is pulled, the old file or the new one is there, never half of one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

from appliance.errors import OutputFailed
from appliance.words import shown

if TYPE_CHECKING:
    from pathlib import Path

UNFINISHED = ".part"
"""The ending of what was being written when the plug was pulled."""


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, or raise ``OutputFailed`` and leave what was there."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        try:
            with unfinished.open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            unfinished.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputFailed(
            f"{shown(path.name)} could not be written ({error.strerror}).",
            advice="Check that the disk has room and that you may write there.",
        ) from error
    flush_names(path.parent)


def flush_names(folder: Path) -> None:
    """Flush the folder too, where the system knows how: a new name lives in it."""
    with contextlib.suppress(OSError, AttributeError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
