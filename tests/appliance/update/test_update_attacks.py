"""Attacks on an update; each looks at what is left on the disk."""

from __future__ import annotations

import io
import json
import lzma
import os
import shutil
import tarfile
from datetime import timedelta
from typing import TYPE_CHECKING

import bundle_make
import pytest
from model_builders import WEIGHTS, convolution, sound_package
from publishing import NOW, Clinic, Publisher, a_package, members_of, packed
from tuf.api.metadata import Metadata, TargetFile

from appliance.errors import ConsentNeeded, UpdateRefused
from appliance.ledger import open_ledger, verify_ledger
from appliance.update import carrier
from appliance.update.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UNTRUSTED = "not signed by the publisher"


def refuses(clinic: Clinic, bundle: Path, why: str, *, accept_expired: bool = False) -> UpdateRefused:
    """Check that nothing is left of an attack: the same models, no new file, and a record that says so."""
    models, files = clinic.models(), clinic.left_on_disk()
    with pytest.raises(UpdateRefused, match=why) as caught:
        clinic.install(bundle, accept_expired=accept_expired)
    assert clinic.models() == models
    assert clinic.left_on_disk() == files
    with open_ledger(clinic.machine.state.folder, operator="", app_version="0").ledger as ledger:
        last = ledger.updates()[-1]
    assert last["step"] == "refused"
    assert last["why"] == caught.value.what
    assert last["models_before"] == last["models_after"] != ""
    assert verify_ledger(clinic.machine.state.folder).sound
    return caught.value


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


def odd(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


GOOD = "targets/models/brain-lesions-1.1.0/card.md"


@pytest.mark.parametrize(
    ("member", "why"),
    [
        (odd("targets/../../../evil.onnx"), "no file that an update may hold"),
        (odd("targets/models/../../evil.onnx"), "no file that an update may hold"),
        (odd("/etc/evil.onnx"), "no file that an update may hold"),
        (odd("targets/models\\brain-lesions-1.1.0\\card.md"), "no file that an update may hold"),
        (odd("targets/programs/linux-x86_64/a:b"), "no file that an update may hold"),
        (odd("targets/programs/linux-x86_64/aux.txt"), "no file that an update may hold"),
        (odd("targets/programs/linux-x86_64/../../evil"), "no file that an update may hold"),
        (odd("targets/models/brain-lesions-1.1.0/CARD.md"), "no file that an update may hold"),
        (odd("targets/models/Brain-lesions-1.1.0/card.md"), "no file that an update may hold"),
        (odd(GOOD), "not among its signed files"),
        (odd(GOOD, tarfile.SYMTYPE, "/etc/passwd"), "not an ordinary file"),
        (odd(GOOD, tarfile.LNKTYPE, "metadata/timestamp.json"), "not an ordinary file"),
        (odd(GOOD, tarfile.CHRTYPE), "not an ordinary file"),
        (odd(GOOD, tarfile.BLKTYPE), "not an ordinary file"),
        (odd(GOOD, tarfile.FIFOTYPE), "not an ordinary file"),
        (odd("targets/models", tarfile.DIRTYPE), "not an ordinary file"),
        (odd("././@LongLink", tarfile.GNUTYPE_LONGNAME), "not an ordinary file"),
        (odd(GOOD, tarfile.XHDTYPE), "not an ordinary file"),
        (odd(GOOD, tarfile.XGLTYPE), "not an ordinary file"),
        (odd(GOOD, tarfile.GNUTYPE_SPARSE), "not an ordinary file"),
        (odd("metadata/timestamp.json"), "not in the order"),
    ],
    ids=lambda value: f"{value.name}-{value.type!r}" if isinstance(value, tarfile.TarInfo) else "",
)
def test_hostile_files_in_a_single_file(
    member: tarfile.TarInfo, why: str, clinic: Clinic, bundle: Path, tmp_path: Path
) -> None:
    file = tmp_path / "bad.outpost"
    content = (bundle / GOOD).read_bytes()
    file.write_bytes(packed(*members_of(bundle), (member, content)))
    refuses(clinic, file, why)
    assert not (tmp_path / "evil.onnx").exists()


@pytest.mark.parametrize("link", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_a_link_in_the_place_of_a_signed_file(link: bytes, clinic: Clinic, bundle: Path, tmp_path: Path) -> None:
    members = [
        (odd(GOOD, link, "release.json") if name == GOOD else name, content) for name, content in members_of(bundle)
    ]
    (tmp_path / "bad.outpost").write_bytes(packed(*members))
    refuses(clinic, tmp_path / "bad.outpost", "not an ordinary file")


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


def test_a_bomb_does_not_unpack(clinic: Clinic, bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "bomb.outpost"
    xz = lzma.LZMACompressor(preset=0)
    info = tarfile.TarInfo("metadata/snapshot.json")
    info.size = 1 << 32
    zeros = bytes(1 << 20)
    content = [xz.compress(info.tobuf(tarfile.USTAR_FORMAT))] + [xz.compress(zeros) for _ in range(32)]
    file.write_bytes(b"".join(content) + xz.flush())
    refuses(clinic, file, "unpacks to more than an update may hold")


def test_a_header_that_asks_for_much_memory(clinic: Clinic, tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 28}]
    (tmp_path / "greedy.outpost").write_bytes(lzma.compress(bytes(2048), filters=filters))
    refuses(clinic, tmp_path / "greedy.outpost", "cannot be read as an update")


def test_a_file_cut_anywhere_is_refused(clinic: Clinic, bundle: Path, tmp_path: Path) -> None:
    whole = packed(*members_of(bundle))
    for share in (0.0, 0.01, 0.3, 0.6, 0.9, 0.999):
        (tmp_path / "cut.outpost").write_bytes(whole[: int(len(whole) * share)])
        refuses(clinic, tmp_path / "cut.outpost", "cut.outpost")


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.95])
def test_a_file_packed_whole_around_a_cut_content_is_refused(
    share: float, clinic: Clinic, bundle: Path, tmp_path: Path
) -> None:
    whole = lzma.decompress(packed(*members_of(bundle)))
    (tmp_path / "cut.outpost").write_bytes(lzma.compress(whole[: int(len(whole) * share)]))
    refuses(clinic, tmp_path / "cut.outpost", "ends too early|is missing|metadata are damaged")


def test_what_lies_behind_the_end_is_not_overlooked(clinic: Clinic, bundle: Path, tmp_path: Path) -> None:
    whole = packed(*members_of(bundle))
    for content in (whole + b"more", lzma.compress(lzma.decompress(whole) + b"more")):
        (tmp_path / "more.outpost").write_bytes(content)
        refuses(clinic, tmp_path / "more.outpost", "behind its end")


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_a_part_of_the_metadata_that_is_missing(role: str, clinic: Clinic, bundle: Path, tmp_path: Path) -> None:
    (bundle / "metadata" / f"{role}.json").unlink(missing_ok=True)
    for versioned in (bundle / "metadata").glob(f"*.{role}.json"):
        versioned.unlink()
    refuses(clinic, bundle, "a part of its metadata is missing")
    (tmp_path / "less.outpost").write_bytes(packed(*members_of(bundle)))
    refuses(clinic, tmp_path / "less.outpost", "a part of its metadata is missing")


def test_metadata_alone_and_metadata_given_twice(clinic: Clinic, bundle: Path, tmp_path: Path) -> None:
    metadata = [(name, content) for name, content in members_of(bundle) if str(name).startswith("metadata/")]
    for members, why in ((metadata, "not installed"), ((*metadata, metadata[0]), "is given twice")):
        (tmp_path / "odd.outpost").write_bytes(packed(*members))
        refuses(clinic, tmp_path / "odd.outpost", why)


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


def test_a_file_that_nobody_asks_for_is_passed_over() -> None:
    content = packed(("a", b"first" * 200_000), ("b", b"second"))
    archive = Archive(io.BytesIO(content), 2_000_000)
    assert [name for name, _ in archive.members()] == ["a", "b"]


def test_a_file_that_is_no_bundle(clinic: Clinic, tmp_path: Path) -> None:
    for content in (b"", b"PK\x03\x04", b"hello" * 1000):
        (tmp_path / "other.outpost").write_bytes(content)
        refuses(clinic, tmp_path / "other.outpost", "cannot be read as an update|is not an update")


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
