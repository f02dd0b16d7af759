"""Attacks on an update that comes as a single file; each looks at what is left on the disk."""

from __future__ import annotations

import io
import lzma
import tarfile
from typing import TYPE_CHECKING

import pytest
from attacks import GOOD, refuses
from publishing import Clinic, Publisher, members_of, packed

from appliance.update.archive import Archive

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bundle(publisher: Publisher, packages: dict[str, Path], tmp_path: Path) -> Path:
    """A good bundle, as a folder."""
    return publisher.bundle(tmp_path / "bundle", packages["brain-lesions-1.1.0"])


def odd(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


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


def test_a_file_that_nobody_asks_for_is_passed_over() -> None:
    content = packed(("a", b"first" * 200_000), ("b", b"second"))
    archive = Archive(io.BytesIO(content), 2_000_000)
    assert [name for name, _ in archive.members()] == ["a", "b"]


def test_a_file_that_is_no_bundle(clinic: Clinic, tmp_path: Path) -> None:
    for content in (b"", b"PK\x03\x04", b"hello" * 1000):
        (tmp_path / "other.outpost").write_bytes(content)
        refuses(clinic, tmp_path / "other.outpost", "cannot be read as an update|is not an update")
