"""A bundle made from model packages and program folders: copied, listed, described, signed, packed.

A bundle carries what its base does not have: give the last bundle as base, and packages that are the same are left
out and only named. As a single file it is a tar packed with xz as one: a network in two precisions shares most of
its bytes with itself, and packed one by one it would cost half as much again.
"""

from __future__ import annotations

import hashlib
import lzma
import shutil
import stat
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from bundle_inspect import looked_into
from bundle_keys import READABLE, roots_of
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from appliance.atomic import write_whole
from appliance.errors import Misuse
from appliance.exact_json import written
from appliance.models import load_package
from appliance.models.slots import numbers_of
from appliance.models.spec import SCHEMA as MODEL_SCHEMA
from appliance.settings import Settings
from appliance.update.names import METADATA, PROGRAMS, RELEASE, TARGETS, check_no_clash, check_target_name
from appliance.update.release import SCHEMA, Needs, Program, Release, folder_of
from appliance.update.staging import EXECUTABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from securesystemslib.signer import CryptoSigner

    from appliance.models import ModelPackage

DAYS = 400
"""For how long signatures hold: a stick that takes a year to arrive is still current."""
PRESET = 6
DICTIONARY = 64 * 1024 * 1024
"""Bytes that xz looks back: all models of a bundle."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a bundle is made from."""

    models: tuple[Path, ...]
    """Packages."""
    notes: str
    base: Path | None = None
    """An earlier bundle: what is the same there is not carried again."""
    programs: tuple[tuple[Program, Path], ...] = ()
    """Program folders, with what is said of them."""
    openvino: str = "2026.0"
    days: int = DAYS
    made_at: datetime | None = None
    """``None`` for now."""


def make_bundle(publisher: Path, order: Order, signers: list[CryptoSigner], out: Path) -> Path:
    """Make a signed bundle: a file if its name has an ending, else a folder."""
    packages = [_loaded(folder) for folder in order.models]
    base = _base_names(publisher, order)
    carried = [package for package in packages if package.spec.name not in base]
    number = _next_number(publisher)
    release = _release(order, packages, carried, number)
    staged = publisher / "work" / f"release-{number}"
    shutil.rmtree(staged, ignore_errors=True)
    _copy_files(release, carried, order, staged / TARGETS)
    _describe(publisher, staged, number, order)
    sign_bundle(staged, signers)
    _remember(publisher, staged)
    return pack(staged, out)


def _loaded(folder: Path) -> ModelPackage:
    return load_package(folder, Settings().limits)


def _base_names(publisher: Path, order: Order) -> set[str]:
    """Name what a clinic with the base has already; a package that changed without a new version is a mistake."""
    if order.base is None:
        return set()
    base = looked_into(order.base, roots_of(publisher)[0].read_bytes())
    for folder in order.models:
        name = f"{folder_of(folder.name)}model.json"
        ours = hashlib.sha256((folder / "model.json").read_bytes()).hexdigest()
        if name in base.files and base.files[name].hashes["sha256"] != ours:
            raise Misuse(f"{folder.name} is not the one of the base.", advice="Give it a higher version.")
    return {*base.release.models, *base.release.also}


def _next_number(publisher: Path) -> int:
    last = publisher / "metadata" / f"{Targets.type}.json"
    return Metadata[Targets].from_file(str(last)).signed.version + 1 if last.exists() else 1


def _release(order: Order, packages: list[ModelPackage], carried: list[ModelPackage], number: int) -> Release:
    names = {package.spec.name for package in carried}
    return Release(
        schema=SCHEMA,
        number=number,
        made_at=order.made_at or datetime.now(UTC).replace(microsecond=0),
        notes=order.notes,
        needs=Needs(
            app=max((package.spec.minimum_app_version for package in carried), key=numbers_of, default="0.0.0"),
            model_schema=MODEL_SCHEMA,
            openvino=order.openvino,
        ),
        models=tuple(sorted(names)),
        also=tuple(sorted(package.spec.name for package in packages if package.spec.name not in names)),
        programs=tuple(program for program, _ in order.programs),
    )


def _copy_files(release: Release, carried: list[ModelPackage], order: Order, targets: Path) -> None:
    targets.mkdir(parents=True)
    (targets / RELEASE).write_text(written(release), encoding="utf-8")
    for package in carried:
        shutil.copytree(package.folder, targets / folder_of(package.spec.name))
    for program, folder in order.programs:
        if not (folder / program.start).is_file():
            raise Misuse(f"{folder.name} has no file {program.start}.", advice="Name the file to start.")
        shutil.copytree(folder, targets / program.folder)


def _describe(publisher: Path, staged: Path, number: int, order: Order) -> None:
    """Write the unsigned metadata, with the whole chain of roots: a clinic may have slept through some."""
    metadata = staged / METADATA
    metadata.mkdir()
    for root in roots_of(publisher):
        shutil.copy(root, metadata)
    expires = (order.made_at or datetime.now(UTC)).replace(microsecond=0) + timedelta(days=order.days)
    listed = {target.path: target for target in map(partial(_target, staged / TARGETS), _files_below(staged / TARGETS))}
    check_no_clash(listed)
    for role in (
        Targets(number, expires=expires, targets=listed),
        Snapshot(number, expires=expires, meta={"targets.json": MetaFile(number)}),
        Timestamp(number, expires=expires, snapshot_meta=MetaFile(number)),
    ):
        write_whole(metadata / f"{role.type}.json", Metadata(role).to_bytes(READABLE))


def _files_below(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _target(targets: Path, path: Path) -> TargetFile:
    name = path.relative_to(targets).as_posix()
    check_target_name(name)
    target = TargetFile.from_file(name, str(path))
    if path.stat().st_mode & stat.S_IXUSR and name.startswith(PROGRAMS):
        target.unrecognized_fields["custom"] = {EXECUTABLE: True}
    return target


def _remember(publisher: Path, staged: Path) -> None:
    """Keep the newest metadata: the next release counts on from them."""
    for role in (Targets.type, Snapshot.type, Timestamp.type):
        shutil.copy(staged / METADATA / f"{role}.json", publisher / "metadata")


def sign_bundle(folder: Path, signers: list[CryptoSigner]) -> None:
    """Sign targets, snapshot and timestamp with the keys that are given; each names the exact bytes of the one before.

    A key that signs again is no harm; one whose role comes after a newly signed one has to.
    """
    metadata = folder / METADATA
    newest = max(metadata.glob("*.root.json"), key=lambda path: int(path.name.partition(".")[0]))
    root = Metadata[Root].from_file(str(newest)).signed
    below = b""
    for role in (Targets.type, Snapshot.type, Timestamp.type):
        path = metadata / f"{role}.json"
        signed: Metadata[Any] = Metadata.from_file(str(path))
        if role != Targets.type and _name_exactly(signed.signed, below):
            signed.signatures.clear()
        for signer in signers:
            if signer.public_key.keyid in root.roles[role].keyids:
                signed.sign(signer, append=True)
        below = signed.to_bytes(READABLE)
        write_whole(path, below)


def _name_exactly(signed: Snapshot | Timestamp, below: bytes) -> bool:
    """Name the length and hash of what lies below; say whether they are others than before."""
    exact = MetaFile.from_data(signed.version, below, ["sha256"])
    if isinstance(signed, Snapshot):
        before, signed.meta["targets.json"] = signed.meta["targets.json"], exact
    else:
        before, signed.snapshot_meta = signed.snapshot_meta, exact
    return before != exact


def pack(folder: Path, out: Path) -> Path:
    """Write a bundle where it is wanted, as one file or as a folder."""
    if not out.suffix:
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(folder, out)
        return out
    write_whole(out, b"".join(_packed(folder)))
    return out


def names_in(folder: Path) -> list[str]:
    """List a bundle's files in the order in which they must come."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(names, key=lambda name: (not name.startswith(METADATA), name != TARGETS + RELEASE, _likeness(name)))


def _likeness(name: str) -> tuple[str, str]:
    """Put files side by side that share bytes: precisions of a network, then versions of a library."""
    folder, _, file = name.rpartition("/")
    return folder, file


def _packed(folder: Path) -> Iterator[bytes]:
    xz = lzma.LZMACompressor(filters=[{"id": lzma.FILTER_LZMA2, "preset": PRESET, "dict_size": DICTIONARY}])
    for name in names_in(folder):
        content = (folder / name).read_bytes()
        header = tarfile.TarInfo(name)
        header.size = len(content)
        yield xz.compress(header.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict"))
        yield xz.compress(content + bytes(-len(content) % tarfile.BLOCKSIZE))
    yield xz.compress(bytes(2 * tarfile.BLOCKSIZE))
    yield xz.flush()
