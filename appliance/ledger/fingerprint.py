"""What a study's files and the results' files are, by their bytes.

A study's fingerprint depends on the bytes of its files alone: not on names, folders, order or dates. The same
scan copied to another stick is the same; one changed byte is another.
"""

from __future__ import annotations

import hashlib
from typing import IO, TYPE_CHECKING

from appliance.archives import Archives
from appliance.errors import OutputFailed
from appliance.ledger.records import Output
from appliance.sources import open_source
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from appliance.contracts import Source
    from appliance.settings import Limits

PIECE = 1 << 20
"""Bytes read at once."""


def fingerprint_of(sources: Iterable[Source], limits: Limits) -> str:
    """Hash a study's files; one that cannot be read raises ``Unreadable``."""
    archives = Archives(limits)
    try:
        digests = []
        for source in sources:
            with open_source(source, limits, archives) as stream:
                digests.append(_digest(stream))
    finally:
        archives.close()
    return hashlib.sha256(b"".join(sorted(digests))).hexdigest()


def _digest(stream: IO[bytes]) -> bytes:
    digest = hashlib.sha256()
    while piece := stream.read(PIECE):
        digest.update(piece)
    return digest.digest()


def output_of(path: Path, folder: Path) -> Output:
    """Describe a result that was written below the output folder."""
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return Output(path.relative_to(folder).as_posix(), digest, path.stat().st_size)
    except OSError as error:
        raise OutputFailed(
            f"{shown(path.name)} could not be read back after it was written ({error.strerror}).",
            advice="Check the disk; this study will be read again.",
        ) from error
