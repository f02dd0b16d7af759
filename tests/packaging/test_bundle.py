"""The publisher's commands, from making keys to a bundle that a clinic takes."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import bundle
import bundle_keys
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from publishing import PASSPHRASE, Clinic, Publisher, a_package, tested_in_this_process
from tuf.api.metadata import Metadata

from appliance.errors import Misuse, UpdateRefused
from appliance.update.trust import embedded_root

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    tested_in_this_process(monkeypatch)


@pytest.fixture
def passphrase(tmp_path: Path) -> list[str]:
    file = tmp_path / "passphrase"
    file.write_bytes(PASSPHRASE + b"\n")
    return ["--passphrase-file", str(file)]


@pytest.fixture
def publisher(tmp_path: Path, passphrase: list[str]) -> Publisher:
    assert bundle.main(["keys", str(tmp_path / "publisher"), *passphrase]) == 0
    made = Publisher(tmp_path / "publisher")
    made.load()
    return made


def keys(publisher: Publisher, *names: str) -> list[str]:
    return ["--key", *(str(bundle_keys.key_path(publisher.folder, name)) for name in names)]


@pytest.fixture
def notes(tmp_path: Path) -> list[str]:
    file = tmp_path / "notes.txt"
    file.write_text("Finds smaller lesions.\nNothing else changed.\n", encoding="utf-8")
    return ["--notes", str(file)]


def test_keys_lie_encrypted_and_the_root_needs_two_of_three(publisher: Publisher) -> None:
    for path in (publisher.folder / "keys").iterdir():
        assert b"ENCRYPTED PRIVATE KEY" in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(TypeError):
            load_pem_private_key(path.read_bytes(), None)
    root = Metadata.from_bytes(embedded_root(publisher.root)).signed
    assert {name: (role.threshold, len(role.keyids)) for name, role in root.roles.items()} == {
        "root": (2, 3), "targets": (1, 1), "snapshot": (1, 1), "timestamp": (1, 1),
    }  # fmt: skip
    assert {key.keytype for key in root.keys.values()} == {"ed25519"}


def test_keys_are_not_overwritten(
    publisher: Publisher, passphrase: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in (publisher.folder / "keys").iterdir()}
    assert bundle.main(["keys", str(publisher.folder), *passphrase]) == 3
    assert "There are keys in this folder already." in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in (publisher.folder / "keys").iterdir()}


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    (tmp_path / "short").write_text("1234", encoding="ascii")
    assert bundle.main(["keys", str(tmp_path / "publisher"), "--passphrase-file", str(tmp_path / "short")]) == 3
    assert not (tmp_path / "publisher").exists()


def test_a_wrong_passphrase_opens_nothing(publisher: Publisher, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="cannot be opened"):
        bundle_keys.load_key(bundle_keys.key_path(publisher.folder, "targets"), b"wrong horse battery")
    with pytest.raises(Misuse, match="cannot be read"):
        bundle_keys.load_key(tmp_path / "nowhere.pem", b"")


def test_make_and_inspect(
    publisher: Publisher, passphrase: list[str], notes: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, model = tmp_path / "update.outpost", a_package(tmp_path / "packages", version="1.1.0")
    command = ["make", str(publisher.folder), str(out), "--models", str(model), *notes, *passphrase]
    assert bundle.main([*command, *keys(publisher, "targets", "snapshot", "timestamp")]) == 0
    assert bundle.main(["inspect", str(out), "--root", str(publisher.root)]) == 0
    told = capsys.readouterr().out
    assert "release 1 of" in told
    assert "models/brain-lesions-1.1.0/ 7 files" in told
    assert "| Finds smaller lesions." in told


def test_a_bundle_that_is_signed_key_by_key(
    publisher: Publisher, passphrase: list[str], notes: list[str], tmp_path: Path
) -> None:
    model, folder, out = a_package(tmp_path / "packages", version="1.1.0"), tmp_path / "folder", tmp_path / "u.outpost"
    assert bundle.main(["make", str(publisher.folder), str(folder), "--models", str(model), *notes, *passphrase]) == 0
    root = ["--root", str(publisher.root)]
    for name in ("targets", "snapshot"):
        assert bundle.main(["sign", str(folder), *keys(publisher, name), *passphrase]) == 0
        assert bundle.main(["inspect", str(folder), *root]) == 1
    assert bundle.main(["sign", str(folder), *keys(publisher, "timestamp"), *passphrase, "--out", str(out)]) == 0
    assert bundle.main(["inspect", str(out), *root]) == 0
    assert bundle.main(["inspect", str(folder), *root]) == 0


def test_a_package_that_changed_without_a_new_version_is_noticed(publisher: Publisher, tmp_path: Path) -> None:
    first = publisher.bundle(tmp_path / "first", a_package(tmp_path / "a", version="1.1.0"))
    changed = a_package(tmp_path / "b", version="1.1.0", made_on="2026-02-01")
    with pytest.raises(Misuse, match="is not the one of the base"):
        publisher.bundle(tmp_path / "second", changed, base=first)


def test_rotated_keys_are_followed_by_a_clinic_that_slept_through_it(
    publisher: Publisher, passphrase: list[str], tmp_path: Path
) -> None:
    old, new = a_package(tmp_path / "packages"), a_package(tmp_path / "packages", version="1.1.0")
    clinic = Clinic.new(tmp_path / "clinic", publisher.root, old)
    rotate = ["rotate-root", str(publisher.folder)]
    assert bundle.main([*rotate, "targets", "root-3", *keys(publisher, "root-1", "root-2"), *passphrase]) == 0
    assert (publisher.folder / "keys/targets.until-1.pem").exists()
    publisher.load()
    assert bundle.main([*rotate, "root-1", *keys(publisher, "root-2", "root-3"), *passphrase]) == 0
    publisher.load()
    clinic.install(publisher.bundle(tmp_path / "after", new))
    assert clinic.packages() == {"brain-lesions-1.1.0"}


def test_a_lost_root_key_is_replaced_by_the_other_two(
    publisher: Publisher, passphrase: list[str], tmp_path: Path
) -> None:
    bundle_keys.key_path(publisher.folder, "root-2").unlink()
    rotate = ["rotate-root", str(publisher.folder), "root-2", *keys(publisher, "root-1", "root-3"), *passphrase]
    assert bundle.main(rotate) == 0
    publisher.load()
    clinic = Clinic.new(tmp_path / "clinic", publisher.root, a_package(tmp_path / "packages"))
    clinic.install(publisher.bundle(tmp_path / "after", a_package(tmp_path / "packages", version="1.1.0")))
    assert clinic.packages() == {"brain-lesions-1.1.0"}


def test_a_new_root_counts_once_its_second_holder_has_signed(
    publisher: Publisher, passphrase: list[str], tmp_path: Path
) -> None:
    clinic = Clinic.new(tmp_path / "clinic", publisher.root, a_package(tmp_path / "packages"))
    package = a_package(tmp_path / "packages", version="1.1.0")
    rotate = ["rotate-root", str(publisher.folder), "snapshot", *keys(publisher, "root-1"), *passphrase]
    assert bundle.main(rotate) == 0
    publisher.load()
    with pytest.raises(UpdateRefused, match="not signed by the publisher"):
        clinic.install(publisher.bundle(tmp_path / "early", package))
    assert bundle.main(["sign", str(publisher.folder), "--root", *keys(publisher, "root-2"), *passphrase]) == 0
    clinic.install(publisher.bundle(tmp_path / "late", package))
    assert clinic.packages() == {"brain-lesions-1.1.0"}


def test_no_root_no_signature(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="no root in this folder"):
        bundle_keys.newest_root(tmp_path)
    publisher = Publisher.new(tmp_path / "publisher")
    with pytest.raises(Misuse, match="knows no key called"):
        bundle_keys.keyid_of(Metadata.from_bytes(publisher.root.read_bytes()).signed, "root-9")
