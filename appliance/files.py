"""One file on a disk, opened only if that cannot hang and cannot cost more than the limits allow.

A pipe, a socket or a device that lies where a file is expected is refused without waiting for it,
even if it took the file's place a moment ago. The file is never changed.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, BinaryIO

from appliance.contracts import Reason, Source
from appliance.errors import OverLimit, Unreadable
from appliance.words import megabytes, shown

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.settings import Limits

HOW_TO_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def open_regular(path: Path, limits: Limits) -> BinaryIO:
    """Open an ordinary file for reading, or say in a sentence why not."""
    source = Source(path)
    try:
        descriptor = os.open(path, HOW_TO_OPEN)
    except (OSError, ValueError) as error:
        raise unreadable(source, error) from error
    try:
        _check_cost(source, os.fstat(descriptor), limits)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def unreadable(source: Source, error: Exception) -> Unreadable:
    """Put an operating system's refusal into words."""
    why = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return Unreadable(
        f"{shown(source.name)} could not be read ({why}).",
        advice="Check that the disk is still plugged in and that you may open the file.",
        source=source,
    )


def _check_cost(source: Source, status: os.stat_result, limits: Limits) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise not_ordinary(source)
    check_size(source, status.st_size, limits)


def not_ordinary(source: Source) -> Unreadable:
    """Say that this is a pipe, a socket, a device or a folder."""
    return Unreadable(
        f"{shown(source.name)} is not an ordinary file.",
        advice="Nothing needs to be done; it was not opened.",
        source=source,
        reason=Reason.NOT_AN_IMAGE,
    )


def check_size(source: Source, size: int, limits: Limits) -> None:
    """Refuse what is empty or larger than the settings allow."""
    if size == 0:
        raise Unreadable(
            f"{shown(source.name)} is empty.",
            advice="Copy it again from where it came from.",
            source=source,
            reason=Reason.EMPTY,
        )
    if size > limits.max_file_bytes:
        raise OverLimit(
            f"{shown(source.name)} has {megabytes(size)}, more than the {megabytes(limits.max_file_bytes)} allowed.",
            advice="If it really is a scan, raise limits.max_file_bytes in the settings.",
            source=source,
        )
