"""A publisher and a clinic in temporary folders: real keys made on the spot, real bundles, real model packages."""

from __future__ import annotations

import hashlib
import io
import lzma
import shutil
import tarfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import bundle_keys
import bundle_make
from model_builders import WEIGHTS, sound_package

from appliance.engine.engines import Engines
from appliance.state import MachineState
from appliance.update import activate, trial
from appliance.update.install import install
from appliance.update.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import pytest
    from numpy.typing import NDArray
    from securesystemslib.signer import CryptoSigner

    from appliance.engine.choice import Device
    from appliance.settings import Settings
    from appliance.update.record import Told
    from appliance.update.trial import Outcome

PASSPHRASE = b"correct horse battery"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LESIONS, ANOMALY, AXIAL, SAGITTAL = "brain-lesions", "brain-anomaly", "spine-axial", "spine-sagittal"


@dataclass
class Publisher:
    """Whoever makes updates."""

    folder: Path
    signers: dict[str, CryptoSigner] = field(default_factory=dict)

    @classmethod
    def new(cls, folder: Path) -> Publisher:
        bundle_keys.make_keys(folder, PASSPHRASE)
        publisher = cls(folder)
        publisher.load()
        return publisher

    def load(self) -> None:
        """Open the keys that lie there now."""
        names = (*bundle_keys.ROOT_KEYS, *bundle_keys.ONLINE)
        paths = {name: bundle_keys.key_path(self.folder, name) for name in names}
        self.signers = {name: bundle_keys.load_key(path, PASSPHRASE) for name, path in paths.items()}

    def copy(self, folder: Path) -> Publisher:
        """Give a publisher with the same keys, who goes another way from here."""
        shutil.copytree(self.folder, folder)
        return Publisher(folder, dict(self.signers))

    @property
    def root(self) -> Path:
        """The first root: what programs are built with."""
        return self.folder / "metadata" / "1.root.json"

    def online(self) -> list[CryptoSigner]:
        return [self.signers[name] for name in bundle_keys.ONLINE]

    def bundle(self, out: Path, *packages: Path, **order: object) -> Path:
        """Make a signed bundle; ``order`` is of ``bundle_make.Order``."""
        given: dict[str, Any] = {"notes": "What is new.", "made_at": NOW - timedelta(days=1)} | order
        return bundle_make.make_bundle(self.folder, bundle_make.Order(models=packages, **given), self.online(), out)

    def rotate(self, *names: str, by: Iterable[str] = ("root-1", "root-2")) -> Path:
        """Replace keys."""
        path = bundle_keys.rotate_root(self.folder, list(names), [self.signers[name] for name in by], PASSPHRASE)
        self.load()
        return path


@dataclass
class Clinic:
    """Whoever gets them."""

    machine: Machine

    @classmethod
    def new(cls, folder: Path, root: Path, *packages: Path) -> Clinic:
        factory = folder / "factory"
        factory.mkdir(parents=True)
        for package in packages:
            shutil.copytree(package, factory / package.name)
        state = MachineState(folder / "state")
        return cls(Machine(state=state, factory=factory, root=root, clock=at(NOW), operator="Ama"))

    def at(self, now: datetime) -> Clinic:
        """Give the same clinic with another clock."""
        return Clinic(replace(self.machine, clock=at(now)))

    def install(self, bundle: Path, *, accept_expired: bool = False) -> list[Told]:
        return list(install(bundle, self.machine, accept_expired=accept_expired))

    def models(self) -> dict[str, str]:
        """Hash every file of the models in use, by package and name."""
        folder = self.machine.models()
        return {
            path.relative_to(folder).as_posix(): sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()
        }

    def packages(self) -> set[str]:
        return {name.partition("/")[0] for name in self.models()}

    def left_on_disk(self) -> list[str]:
        """Name every file but the record's, and the trust's."""
        state = self.machine.state.folder
        files = [
            path.relative_to(state).as_posix() for path in state.rglob("*") if not path.is_dir() or path.is_symlink()
        ]
        return sorted(name for name in files if not name.startswith(("ledger", "outpost.lock", "trust.json")))


def at(now: datetime) -> Callable[[], datetime]:
    """Stop the clock."""
    return lambda: now


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def a_package(
    folder: Path, task: str = LESIONS, version: str = "1.0.0", weights: NDArray[Any] = WEIGHTS, **said: object
) -> Path:
    """Write a sound package; ``said`` goes into its description."""
    package = sound_package(weights)
    package.description |= {"task": task, "version": version} | said
    return package.write(folder)


def tested_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the self-test of an update compute here: the same test, without the second that a process takes."""

    def try_models(folders: tuple[Path, ...], settings: Settings, device: Device) -> Iterator[Outcome]:
        with Engines(settings.computing, device) as engines:
            for folder in folders:
                yield from trial._tested(folder, settings, engines)

    monkeypatch.setattr(activate, "try_models", try_models)


def packed(*members: tuple[tarfile.TarInfo | str, bytes]) -> bytes:
    """Make a single file out of anything, as an attacker would."""
    stream = io.BytesIO()
    for member, content in members:
        info = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
        info.size = len(content) if info.isreg() else 0
        stream.write(info.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % tarfile.BLOCKSIZE))
    return lzma.compress(stream.getvalue() + bytes(2 * tarfile.BLOCKSIZE))


def members_of(folder: Path) -> list[tuple[tarfile.TarInfo | str, bytes]]:
    """List what a bundle's folder holds, in the order of a single file."""
    return [(name, (folder / name).read_bytes()) for name in bundle_make.names_in(folder)]
