"""Zips from CD burners, honest and hostile. Nothing may reach the disk, and no bomb may reach memory."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from appliance.archives import Archives
from appliance.contracts import LeftOut, Reason, Source
from appliance.errors import Unreadable
from appliance.settings import Limits
from appliance.sources import open_source, walk

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = Limits()


def make_zip(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def members(path: Path, limits: Limits = LIMITS) -> dict[str, bytes]:
    contents = {}
    for found in walk(path, limits):
        if isinstance(found, Source):
            with open_source(found, limits) as stream:
                contents[found.member] = stream.read()
    return contents


def left_out(path: Path, limits: Limits = LIMITS) -> list[LeftOut]:
    return [found for found in walk(path, limits) if isinstance(found, LeftOut)]


def patched(path: Path, old: bytes, new: bytes) -> Path:
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))
    return path


@pytest.mark.parametrize("ending", ["disc.zip", "DISC.ZIP"])
def test_a_zip_is_read_as_a_folder_whether_it_is_the_root_or_lies_in_it(tmp_path: Path, ending: str) -> None:
    path = make_zip(tmp_path / ending, {"b/2": b"two", "a/1": b"one", "empty folder/": b""})
    assert members(path) == members(tmp_path) == {"a/1": b"one", "b/2": b"two"}


def test_a_member_without_a_name_is_left_out_and_the_others_are_read(tmp_path: Path) -> None:
    """An empty name would stand for the zip itself."""
    path = make_zip(tmp_path / "disc.zip", {"x": b"nameless", "b": b"two"})
    listed = path.read_bytes().index(b"PK\x01\x02")
    data = bytearray(path.read_bytes())
    struct.pack_into("<HHH", data, listed + 28, 0, 0, 1)
    path.write_bytes(data)
    assert members(path) == {"b": b"two"}
    assert [(found.source, found.reason) for found in left_out(path)] == [(Source(path), Reason.UNREADABLE)]


def test_names_that_climb_out_or_are_absolute_write_nothing_anywhere(tmp_path: Path) -> None:
    box = tmp_path / "box"
    box.mkdir()
    hostile = {"../../climbs": b"1", "/etc/absolute": b"2", "C:\\windows": b"3", "..\\back": b"4"}
    path = make_zip(box / "z.zip", hostile)
    assert sorted(members(path).values()) == [b"1", b"2", b"3", b"4"]
    assert sorted(tmp_path.rglob("*")) == [box, path]


def test_names_in_old_and_new_spelling_can_be_opened_again(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z.zip", {"schädel/頭部": b"utf-8", "sch?del": b"cp437"})
    assert members(patched(path, b"sch?del", b"sch\x84del")) == {"schädel/頭部": b"utf-8", "schädel": b"cp437"}


def test_a_locked_member_is_left_out_and_the_others_are_read(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z.zip", {"locked": b"secret", "open": b"free"}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    for signature, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags_at] |= 1
    path.write_bytes(data)
    assert members(path) == {"open": b"free"}
    assert "locked with a password" in left_out(path)[0].sentence


def test_a_bomb_is_refused_without_its_weight_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros", "w") as member:
        for _ in range(64):
            member.write(bytes(1024 * 1024))
    tracemalloc.start()
    (refused,) = left_out(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.reason is Reason.TOO_LARGE
    assert "would unpack from" in refused.sentence
    assert peak < 4 * 1024 * 1024


def test_a_blank_slice_that_packs_very_well_is_no_bomb(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z.zip", {"blank": bytes(512 * 512 * 2)})
    assert path.stat().st_size < 512 * 512 * 2 / LIMITS.max_zip_ratio
    assert len(members(path)["blank"]) == 512 * 512 * 2


def test_a_member_that_claims_less_than_it_holds_gives_no_more_than_it_claims(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z.zip", {"liar": bytes(100_000)})
    patched(path, struct.pack("<L", 100_000), struct.pack("<L", 10))
    (source,) = (found for found in walk(path, LIMITS) if isinstance(found, Source))
    got = []
    with pytest.raises(Unreadable, match="damaged"), open_source(source, LIMITS) as stream:
        got.extend(iter(lambda: stream.read(4), b""))
    assert len(b"".join(got)) <= 10


def test_a_member_over_the_size_limit_is_left_out(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z.zip", {"big": bytes(2000)})
    (refused,) = left_out(path, replace(LIMITS, max_file_bytes=1999))
    assert refused.reason is Reason.TOO_LARGE


def test_too_many_members_are_counted_before_they_are_listed(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z.zip", {str(number): b"x" for number in range(50)})
    (refused,) = left_out(path, replace(LIMITS, max_zip_members=49))
    assert refused.reason is Reason.TOO_LARGE
    assert len(members(path, replace(LIMITS, max_zip_members=50))) == 50


def test_a_list_of_members_that_claims_to_be_endless_is_not_loaded(tmp_path: Path) -> None:
    end = b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 1, 1, 0xFFFFFFF0, 0, 0)
    (tmp_path / "z.zip").write_bytes(b"PK\x03\x04" + bytes(100) + end)
    (refused,) = left_out(tmp_path)
    assert refused.reason is Reason.TOO_LARGE


def test_the_long_form_of_the_list_is_measured_too(tmp_path: Path) -> None:
    end64 = b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, 1, 1, 2**40, 0)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, 104, 1)
    end = b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    (tmp_path / "z.zip").write_bytes(b"PK\x03\x04" + bytes(100) + end64 + locator + end)
    (refused,) = left_out(tmp_path)
    assert refused.reason is Reason.TOO_LARGE


def test_damage_inside_a_member_is_found_when_it_is_read(tmp_path: Path) -> None:
    path = patched(make_zip(tmp_path / "z.zip", {"scan": b"0123456789"}, zipfile.ZIP_STORED), b"01234", b"01x34")
    (source,) = (found for found in walk(path, LIMITS) if isinstance(found, Source))
    with pytest.raises(Unreadable, match=r"scan in z\.zip is damaged"), open_source(source, LIMITS) as stream:
        stream.read()


def test_a_zip_in_a_zip_is_left_out_with_what_to_do(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("scan", b"x")
    (refused,) = left_out(make_zip(tmp_path / "z.zip", {"inner.ZIP": inner.getvalue()}))
    assert refused.reason is Reason.UNSUPPORTED
    assert "Unpack" in refused.sentence


def test_an_empty_member_is_left_out_as_empty(tmp_path: Path) -> None:
    (refused,) = left_out(make_zip(tmp_path / "z.zip", {"none": b""}))
    assert refused.reason is Reason.EMPTY


def test_a_link_in_a_zip_is_not_followed(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    (refused,) = left_out(tmp_path)
    assert refused.reason is Reason.LINK


def test_a_way_of_packing_that_is_not_known_is_left_out(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z.zip", {"scan": b"x"}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    struct.pack_into("<H", data, data.index(b"PK\x01\x02") + 10, 99)
    path.write_bytes(data)
    (refused,) = left_out(path)
    assert "packed in a way that is not read" in refused.sentence


def test_a_name_that_stands_twice_is_read_once_and_said(tmp_path: Path) -> None:
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("scan", b"first")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("scan", b"last")
    assert members(path) == {"scan": b"last"}
    assert [refused.reason for refused in left_out(path)] == [Reason.DUPLICATE]


@pytest.mark.parametrize("data", [b"PK\x03\x04 broken", b"no zip at all", b"PK\x05\x06" + bytes(17), b"\0" * 70_000])
def test_what_only_calls_itself_a_zip_is_unreadable(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "z.zip").write_bytes(data)
    (refused,) = left_out(tmp_path)
    assert refused.reason is Reason.UNREADABLE
    assert "z.zip" in refused.sentence


def test_a_zip_cut_short_says_so_and_the_folder_goes_on(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z.zip", {"scan": os.urandom(5000)})
    path.write_bytes(path.read_bytes()[:-30])
    (tmp_path / "other").write_bytes(b"x")
    found = list(walk(tmp_path, LIMITS))
    assert [type(entry).__name__ for entry in found] == ["Source", "LeftOut"]


def test_many_members_are_read_without_listing_the_zip_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_zip(tmp_path / "z.zip", {str(number): b"x" for number in range(20)})
    opened = []
    real = zipfile.ZipFile
    monkeypatch.setattr("appliance.archives.zipfile.ZipFile", lambda stream: opened.append(stream) or real(stream))
    with Archives(LIMITS) as archives:
        for source in walk(path, LIMITS, archives):
            assert isinstance(source, Source)
            with open_source(source, LIMITS, archives) as stream:
                assert stream.read() == b"x"
    assert len(opened) == 1


def test_a_zip_is_let_go_so_that_the_stick_can_be_pulled(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z.zip", {"scan": b"x"})
    with Archives(LIMITS) as archives:
        assert archives.holds(Source(path, "scan"))
        assert not archives.holds(Source(path, "other"))
        assert not archives.holds(Source(tmp_path / "gone.zip", "other"))
        stream = archives._stream
    assert stream is None or stream.closed
    assert archives._archive is None


def test_a_member_that_is_not_in_the_zip_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z.zip", {"scan": b"x"})
    with pytest.raises(Unreadable), open_source(Source(path, "other"), LIMITS):
        pass


def test_a_zip_without_any_file_does_not_end_the_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    (tmp_path / "scan.dcm").write_bytes(b"0")
    found = list(walk(tmp_path, Limits()))
    assert [item.reason for item in found if isinstance(item, LeftOut)] == [Reason.EMPTY]
    assert Source(tmp_path / "scan.dcm") in found
