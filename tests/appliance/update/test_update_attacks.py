"""Attacks on an update; each looks at what is left on the disk."""

from __future__ import annotations

import json
import os
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import bundle_make
import pytest
from attacks import GOOD, refuses
from model_builders import WEIGHTS, convolution, sound_package
from publishing import NOW, Clinic, Publisher, a_package
from tuf.api.metadata import Metadata, TargetFile

from appliance.errors import ConsentNeeded
from appliance.ledger import open_ledger
from appliance.update import carrier

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UNTRUSTED = "not signed by the publisher"


@pytest.fixture
def bundle(publisher: Publisher, packages: dict[str, Path], tmp_path: Path) -> Path:
    """A good bundle, as a folder."""
    return publisher.bundle(tmp_path / "bundle", packages["brain-lesions-1.1.0"])


def rewrite(path: Path, change: Callable[[dict], None]) -> None:
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value), encoding="utf-8")


def test_signed_by_somebody_else(clinic: Clinic, packages: dict[str, Path], tmp_path: Path) -> None:
    stranger = Publisher.new(tmp_path / "stranger")
    refuses(clinic, stranger.bundle(tmp_path / "theirs", packages["brain-lesions-1.1.0"]), UNTRUSTED)


@pytest.mark.parametrize("role", ["targets", "snapshot", "timestamp"])
def test_a_signature_that_is_wrong(role: str, clinic: Clinic, bundle: Path) -> None:
    def spoil(value: dict) -> None:
        signature = value["signatures"][0]
        signature["sig"] = ("0" if signature["sig"][0] != "0" else "1") + signature["sig"][1:]

    rewrite(bundle / "metadata" / f"{role}.json", spoil)
    refuses(clinic, bundle, f"{UNTRUSTED}|changed after it was signed")


@pytest.mark.parametrize("role", ["targets", "snapshot", "timestamp"])
def test_no_signature_at_all(role: str, clinic: Clinic, bundle: Path) -> None:
    rewrite(bundle / "metadata" / f"{role}.json", lambda value: value["signatures"].clear())
    refuses(clinic, bundle, f"{UNTRUSTED}|changed after it was signed")


def test_a_new_root_with_one_signature_where_two_are_needed(
    clinic: Clinic, publisher: Publisher, packages: dict[str, Path], tmp_path: Path
) -> None:
    publisher.rotate("targets", by=["root-1"])
    refuses(clinic, publisher.bundle(tmp_path / "bundle", packages["brain-lesions-1.1.0"]), UNTRUSTED)


def test_one_root_key_that_signs_twice_counts_once(
    clinic: Clinic, publisher: Publisher, packages: dict[str, Path], tmp_path: Path
) -> None:
    publisher.rotate("targets", by=["root-1", "root-1"])
    bundle = publisher.bundle(tmp_path / "bundle", packages["brain-lesions-1.1.0"])
    refuses(clinic, bundle, UNTRUSTED)
    root = bundle / "metadata/2.root.json"
    rewrite(root, lambda value: value["signatures"].append(dict(value["signatures"][0])))
    refuses(clinic, bundle, "metadata are damaged")


@pytest.mark.parametrize("clinic_knows", [True, False])
@pytest.mark.parametrize("stolen", ["targets", "snapshot", "timestamp"])
def test_an_old_key_that_was_stolen_before_it_was_replaced(
    stolen: str,
    clinic_knows: bool,  # noqa: FBT001 - a parameter
    clinic: Clinic,
    publisher: Publisher,
    packages: dict[str, Path],
    tmp_path: Path,
    here: None,
) -> None:
    thief = publisher.copy(tmp_path / "thief")
    root = publisher.rotate(stolen)
    if clinic_knows:
        clinic.install(publisher.bundle(tmp_path / "good", packages["brain-lesions-1.1.0"]))
    else:
        shutil.copy(root, thief.folder / "metadata")
    thief.bundle(tmp_path / "first", packages["brain-lesions-1.1.0"])
    refuses(clinic, thief.bundle(tmp_path / "forged", packages["brain-lesions-1.2.0"]), UNTRUSTED)


def test_an_older_release_is_not_taken_for_a_newer_one(
    clinic: Clinic, publisher: Publisher, packages: dict[str, Path], tmp_path: Path, here: None
) -> None:
    old = publisher.bundle(tmp_path / "old", packages["brain-lesions-1.1.0"])
    clinic.install(publisher.bundle(tmp_path / "new", packages["brain-lesions-1.2.0"]))
    refuses(clinic, old, "older than what this machine has seen")
    refuses(clinic, old, "older than what this machine has seen", accept_expired=True)


def test_a_newer_release_with_an_older_model(
    clinic: Clinic, publisher: Publisher, packages: dict[str, Path], tmp_path: Path, here: None
) -> None:
    clinic.install(publisher.bundle(tmp_path / "new", packages["brain-lesions-1.2.0"]))
    down = publisher.bundle(tmp_path / "down", packages["brain-lesions-1.1.0"])
    refuses(clinic, down, "brings brain-lesions-1.1.0, which is older")


def test_a_frozen_bundle_asks_before_it_is_installed(clinic: Clinic, bundle: Path, here: None) -> None:
    later = clinic.at(NOW + timedelta(days=bundle_make.DAYS + 1))
    assert isinstance(refuses(later, bundle, "was good until 2027-12-25"), ConsentNeeded)
    told = later.install(bundle, accept_expired=True)
    assert any("was good until" in each.sentence for each in told)
    assert "brain-lesions-1.1.0" in later.packages()
    with open_ledger(clinic.machine.state.folder, operator="", app_version="0").ledger as ledger:
        assert any(step["step"] == "consented" and "was good until" in step["to"] for step in ledger.updates())


def test_metadata_of_two_releases_mixed(
    clinic: Clinic, publisher: Publisher, packages: dict[str, Path], tmp_path: Path
) -> None:
    first = publisher.bundle(tmp_path / "first", packages["brain-lesions-1.1.0"])
    second = publisher.bundle(tmp_path / "second", packages["brain-lesions-1.2.0"])
    for role in ("targets", "snapshot"):
        mixed = tmp_path / f"mixed-{role}"
        shutil.copytree(second, mixed)
        shutil.copy(first / "metadata" / f"{role}.json", mixed / "metadata")
        refuses(clinic, mixed, "not installed: (it is older|a part of it was changed)")


def test_a_model_changed_after_it_was_signed(clinic: Clinic, bundle: Path) -> None:
    graph = bundle / "targets/models/brain-lesions-1.1.0/cpu-int8.onnx"
    content = bytearray(graph.read_bytes())
    content[100] ^= 1
    graph.write_bytes(content)
    refuses(clinic, bundle, "changed after it was signed")


def test_release_notes_changed_after_they_were_signed(clinic: Clinic, bundle: Path) -> None:
    rewrite(bundle / "targets/release.json", lambda value: value.update(notes="Hello."))
    refuses(clinic, bundle, "changed after it was signed|longer than what was signed")


def test_a_file_longer_than_what_was_signed(clinic: Clinic, bundle: Path) -> None:
    with (bundle / "targets/models/brain-lesions-1.1.0/card.md").open("ab") as card:
        card.write(b"x" * 1_000_000)
    refuses(clinic, bundle, "longer than what was signed")


def test_a_file_cut_short(clinic: Clinic, bundle: Path) -> None:
    card = bundle / "targets/models/brain-lesions-1.1.0/card.md"
    card.write_bytes(card.read_bytes()[:-1])
    refuses(clinic, bundle, "changed after it was signed")


def test_a_file_that_is_missing(clinic: Clinic, bundle: Path) -> None:
    (bundle / "targets/models/brain-lesions-1.1.0/card.md").unlink()
    refuses(clinic, bundle, "card.md” is missing")


def test_a_file_that_nobody_signed(clinic: Clinic, bundle: Path) -> None:
    shutil.copy(
        bundle / "targets/models/brain-lesions-1.1.0/card.md", bundle / "targets/models/brain-lesions-1.1.0/a.onnx"
    )
    refuses(clinic, bundle, "a.onnx” is not among its signed files")


@pytest.mark.parametrize("name", ["targets/run.sh", "autorun.inf", "metadata/more.json", "targets/models/x/y.onnx"])
def test_a_kind_of_file_that_is_not_known(name: str, clinic: Clinic, bundle: Path) -> None:
    (bundle / name).parent.mkdir(parents=True, exist_ok=True)
    (bundle / name).write_bytes(b"x")
    refuses(clinic, bundle, "is no file that an update may hold")


@pytest.mark.parametrize("what", ["timestamp", "snapshot", "targets", "1.root", "2.root"])
def test_metadata_without_end(what: str, clinic: Clinic, bundle: Path) -> None:
    with (bundle / "metadata" / f"{what}.json").open("ab") as file:
        file.truncate(carrier.MOST_METADATA + 1)
    refuses(clinic, bundle, "metadata are far too large")


def test_metadata_that_are_no_metadata(clinic: Clinic, bundle: Path) -> None:
    for content in (b"", b"{", b"[]", b'{"signed": {}}', b"\xff" * 100, b"[" * 50_000):
        (bundle / "metadata/timestamp.json").write_bytes(content)
        refuses(clinic, bundle, "not installed")


def test_links_and_devices_in_a_folder(clinic: Clinic, bundle: Path, tmp_path: Path) -> None:
    card = bundle / "targets/models/brain-lesions-1.1.0/card.md"
    secret = tmp_path / "secret"
    secret.write_bytes(card.read_bytes())
    for make in (lambda: card.symlink_to(secret), lambda: os.mkfifo(card)):
        card.unlink()
        make()
        refuses(clinic, bundle, "is not an ordinary file")
    card.unlink()
    shutil.rmtree(card.parent)
    card.parent.symlink_to(tmp_path)
    refuses(clinic, bundle, "is not an ordinary file")


def test_a_hard_link_brings_content_never_the_file(clinic: Clinic, bundle: Path, tmp_path: Path, here: None) -> None:
    card = bundle / "targets/models/brain-lesions-1.1.0/card.md"
    os.link(card, tmp_path / "other-name")
    clinic.install(bundle)
    installed = clinic.machine.models() / "brain-lesions-1.1.0/card.md"
    assert installed.stat().st_nlink == 1
    assert not installed.samefile(card)


def test_a_model_that_fails_its_golden_case(clinic: Clinic, publisher: Publisher, tmp_path: Path, here: None) -> None:
    package = sound_package()
    package.description["version"] = "1.1.0"
    for role in ("cpu-int8", "cpu-fp32"):
        package.replace_graph(role, convolution(-3 * WEIGHTS))
    bad = publisher.bundle(tmp_path / "bad", package.write(tmp_path / "packages"))
    error = refuses(clinic, bad, "failed its self-test on this machine")
    assert "brain-lesions-1.1.0/lesions" in error.what
    assert "unchanged" in error.advice


def test_a_package_that_is_not_what_it_says(clinic: Clinic, publisher: Publisher, tmp_path: Path) -> None:
    package = a_package(tmp_path / "packages", version="1.1.0")
    bad = publisher.bundle(tmp_path / "bad", package)
    (bad / "targets/models/brain-lesions-1.1.0/card.md").write_bytes(b"signed, but not what model.json says")
    path = bad / "metadata/targets.json"
    metadata = Metadata.from_file(str(path))
    name = "models/brain-lesions-1.1.0/card.md"
    metadata.signed.targets[name] = TargetFile.from_file(name, str(bad / "targets" / name))
    path.write_bytes(metadata.to_bytes())
    bundle_make.sign_bundle(bad, publisher.online())
    refuses(clinic, bad, "brain-lesions-1.1.0 is not used: card.md")


@pytest.mark.parametrize(
    "names",
    [
        ("programs/linux-x86_64/outpost", "programs/linux-x86_64/OUTPOST"),
        ("programs/linux-x86_64/lib", "programs/linux-x86_64/lib/a.so"),
        ("models/brain-lesions-1.1.0/../../../evil.onnx",),
        ("programs/linux-x86_64/../../../evil",),
        ("programs/linux-x86_64/nul",),
        ("programs/linux-x86_64/trailing.",),
        ("/etc/passwd",),
    ],
)
def test_names_that_even_a_signature_does_not_allow(
    names: tuple[str, ...], clinic: Clinic, publisher: Publisher, bundle: Path
) -> None:
    path = bundle / "metadata/targets.json"
    metadata = Metadata.from_file(str(path))
    for name in names:
        metadata.signed.targets[name] = TargetFile.from_data(name, b"x")
    metadata.signatures.clear()
    path.write_bytes(metadata.to_bytes())
    bundle_make.sign_bundle(bundle, publisher.online())
    refuses(clinic, bundle, "is not an update")


def test_far_too_many_files(clinic: Clinic, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrier, "MOST_FILES", 3)
    refuses(clinic, bundle, "far too many files")


def test_a_file_that_turned_into_something_else_since_it_was_listed(
    clinic: Clinic, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed, card = carrier._names, bundle / GOOD

    def listed_then_swapped(folder: Path) -> list[str]:
        names = list(listed(folder))
        card.unlink()
        card.mkdir()
        return names

    monkeypatch.setattr(carrier, "_names", listed_then_swapped)
    refuses(clinic, bundle, "not an ordinary file|cannot be read as an update")
