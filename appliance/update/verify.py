"""Whether a bundle is the publisher's: python-tuf's own client, fed from the bundle instead of a network.

In this order, and never another: the chain of roots from the embedded one, the timestamp, the snapshot, the targets.
After that every file is compared with its signed length and hash while it is copied. Versions only rise: what this
machine saw before is what the client starts from. Whether a signature has run out is told apart from whether it is
right (``Verified.ran_out``), because a clinic's clock is often wrong; who asks decides, and a person confirms.
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuf.api import exceptions
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp
from tuf.ngclient import FetcherInterface, Updater

from appliance.errors import UpdateRefused
from appliance.exact_json import NotAsAgreed
from appliance.update.carrier import ADVICE, told
from appliance.update.names import check_no_clash, check_target_name
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tuf.api.metadata import TargetFile

    from appliance.update.carrier import Bundle, Carried
    from appliance.update.trust import Trust

METADATA_URL, TARGETS_URL = "bundle:metadata/", "bundle:targets/"
ROLES = (Timestamp.type, Snapshot.type, Targets.type)
NOT_FOUND = 404
BEFORE_EVERYTHING = datetime.min.replace(tzinfo=UTC)
LIBRARY_TROUBLE = (exceptions.RepositoryError, exceptions.DownloadError, ValueError, KeyError, TypeError)


class Verified:
    """A bundle whose metadata hold; receives its files one by one."""

    def __init__(self, updater: Updater, fetcher: _FromBundle, folder: Path, before: Trust) -> None:
        self._updater, self._fetcher = updater, fetcher
        texts = {role: (folder / f"{role}.json").read_text(encoding="utf-8") for role in (Root.type, *ROLES)}
        self.trust = replace(
            before,
            roots=tuple(_chain(folder, Metadata[Root].from_bytes(texts[Root.type].encode()).signed.version)),
            timestamp=texts[Timestamp.type],
            snapshot=texts[Snapshot.type],
            targets=texts[Targets.type],
        )
        """What this machine has seen now."""
        signed: dict[str, Any] = {role: Metadata.from_bytes(text.encode()).signed for role, text in texts.items()}
        self.files: Mapping[str, TargetFile] = signed[Targets.type].targets
        """Every signed file by its name."""
        self.good_until: datetime = min(each.expires for each in signed.values())
        """When the first of the signatures runs out."""

    def ran_out(self, now: datetime) -> datetime | None:
        """Say since when the first of the signatures has run out; ``None`` while all hold."""
        return self.good_until if self.good_until <= now else None

    def length(self, name: str) -> int:
        """Say how long a file is, as signed; 0 if it is not among them."""
        return self.files[name].length if name in self.files else 0

    def receive(self, carried: Carried, into: Path) -> None:
        """Copy one file, comparing it with what was signed."""
        info = self._updater.get_targetinfo(carried.name)
        if info is None:
            raise refused(carried.bundle, f"“{shown(carried.name)}” is not among its signed files")
        self._fetcher.carried = carried
        with translated(carried.bundle):
            self._updater.download_target(info, str(into))


class _FromBundle(FetcherInterface):
    """Hands out what the bundle holds; there is no network."""

    def __init__(self, metadata: Mapping[str, bytes]) -> None:
        self._metadata = metadata
        self.carried: Carried | None = None

    def _fetch(self, url: str) -> Iterator[bytes]:
        if url.startswith(TARGETS_URL) and self.carried and url == TARGETS_URL + self.carried.name:
            return self.carried.chunks()
        content = self._metadata.get(url.removeprefix(METADATA_URL))
        if content is None:
            raise exceptions.DownloadHTTPError(url, NOT_FOUND)
        return iter((content,))


class _AtAnyTime(Updater):
    """The client, for whom nothing has run out: that is judged apart, where a person can be asked."""

    def __init__(self, folder: Path, fetcher: FetcherInterface, root: bytes) -> None:
        super().__init__(str(folder), METADATA_URL, None, TARGETS_URL, fetcher, bootstrap=root)
        self._trusted_set.reference_time = BEFORE_EVERYTHING


@contextlib.contextmanager
def verified(bundle: Bundle, trust: Trust, root: bytes) -> Iterator[Verified]:
    """Verify a bundle's metadata, or raise ``UpdateRefused``; nothing outside a temporary folder is written."""
    with tempfile.TemporaryDirectory(prefix="outpost-") as name:
        folder = Path(name)
        with translated(bundle.path):
            result = _refreshed(bundle, trust, root, folder)
        yield result


def _refreshed(bundle: Bundle, trust: Trust, root: bytes, folder: Path) -> Verified:
    fetcher = _FromBundle(bundle.metadata)
    _lay_out(trust, folder, Metadata[Root].from_bytes(root).signed.version)
    updater = _AtAnyTime(folder, fetcher, root)
    updater.refresh()
    found = Verified(updater, fetcher, folder, trust)
    with told(bundle.path):
        for name in found.files:
            check_target_name(name)
        check_no_clash(found.files)
    return found


def _lay_out(trust: Trust, folder: Path, first_root: int) -> None:
    """Put what was seen before where the client looks for it."""
    (folder / "root_history").mkdir()
    for text in trust.roots:
        version = Metadata[Root].from_bytes(text.encode()).signed.version
        if version > first_root:
            (folder / "root_history" / f"{version}.root.json").write_text(text, encoding="utf-8")
    for role in ROLES:
        if text := getattr(trust, role):
            (folder / f"{role}.json").write_text(text, encoding="utf-8")


def _chain(folder: Path, newest: int) -> Iterator[str]:
    """Give out the roots after the embedded one, up to the one that holds now."""
    versions = sorted(int(path.name.partition(".")[0]) for path in (folder / "root_history").iterdir())
    for version in versions[1:]:
        if version <= newest:
            yield (folder / "root_history" / f"{version}.root.json").read_text(encoding="utf-8")


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Put what the library raises into a sentence."""
    try:
        yield
    except LIBRARY_TROUBLE as error:
        if isinstance(error, NotAsAgreed):
            raise
        raise refused(path, _why(error)) from error


def refused(path: Path, why: str) -> UpdateRefused:
    """Say why a bundle is not trusted."""
    return UpdateRefused(f"{shown(path.name)} is not installed: {why}.", advice=ADVICE)


def _why(error: Exception) -> str:
    match error:
        case exceptions.UnsignedMetadataError():
            return "it is not signed by the publisher that this program trusts"
        case exceptions.BadVersionNumberError():
            return "it is older than what this machine has seen, or put together from two updates"
        case exceptions.LengthOrHashMismatchError():
            return "a part of it was changed after it was signed, or damaged"
        case exceptions.DownloadLengthMismatchError():
            return "a file of it is longer than what was signed"
        case exceptions.DownloadHTTPError():
            return "a part of its metadata is missing"
        case _:
            return f"its metadata are damaged ({shown(str(error), longest=120)})"
