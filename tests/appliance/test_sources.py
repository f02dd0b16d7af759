"""What a clinic's disk may hold besides scans, and must not hang, mislead or kill the walk."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Self

import psutil
import pytest

from appliance.contracts import LeftOut, Reason, Source
from appliance.errors import OverLimit, Unreadable
from appliance.settings import Limits
from appliance.sources import open_source, walk

LIMITS = Limits()


def names(root: Path, limits: Limits = LIMITS) -> list[str]:
    return [found.name for found in walk(root, limits) if isinstance(found, Source)]


def left_out(root: Path, limits: Limits = LIMITS) -> dict[str, LeftOut]:
    return {found.source.name: found for found in walk(root, limits) if isinstance(found, LeftOut)}


def write(path: Path, data: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_the_order_does_not_depend_on_the_disk(tmp_path: Path) -> None:
    for name in ("b", "a/2", "c", "a/1", "a/b/0"):
        write(tmp_path / name)
    found = [found.path.relative_to(tmp_path).as_posix() for found in walk(tmp_path, LIMITS)]  # type: ignore[union-attr]
    assert found == ["b", "c", "a/1", "a/2", "a/b/0"]


def test_a_single_file_is_a_root_too(tmp_path: Path) -> None:
    assert names(write(tmp_path / "one")) == ["one"]


def test_a_root_that_is_a_link_is_followed_because_the_operator_named_it(tmp_path: Path) -> None:
    write(tmp_path / "real" / "scan")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert names(tmp_path / "link") == ["scan"]


def test_a_root_that_is_not_there_is_said_and_does_not_raise(tmp_path: Path) -> None:
    (missing,) = walk(tmp_path / "gone", LIMITS)
    assert isinstance(missing, LeftOut)
    assert missing.reason is Reason.UNREADABLE
    assert "gone does not exist" in missing.sentence


def test_a_root_whose_name_no_system_allows_is_said_and_does_not_raise(tmp_path: Path) -> None:
    (impossible,) = walk(tmp_path / ("x" * 5000), LIMITS)
    assert isinstance(impossible, LeftOut)
    assert impossible.reason is Reason.UNREADABLE


def test_a_link_out_of_the_folder_is_named_and_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "secret")
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "out").symlink_to(tmp_path / "elsewhere")
    assert names(tmp_path / "disk") == []
    found = left_out(tmp_path / "disk")["out"]
    assert found.reason is Reason.LINK
    assert "leads out of this folder" in found.sentence


def test_a_link_inside_the_folder_brings_no_file_twice(tmp_path: Path) -> None:
    write(tmp_path / "scans" / "one")
    (tmp_path / "again").symlink_to(tmp_path / "scans")
    assert names(tmp_path) == ["one"]
    assert "read where it lies" in left_out(tmp_path)["again"].sentence


@pytest.mark.parametrize("target", ["loop", "nowhere", "."])
def test_a_link_that_loops_or_leads_nowhere_ends_the_walk_neither_way(tmp_path: Path, target: str) -> None:
    write(tmp_path / "one")
    (tmp_path / "loop").symlink_to(tmp_path / target)
    assert names(tmp_path) == ["one"]
    assert left_out(tmp_path)["loop"].reason is Reason.LINK


def test_a_junction_counts_as_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "junction" / "one")
    status = os.lstat(tmp_path)

    class WindowsStatus:
        st_mode = status.st_mode
        st_reparse_tag = 0xA0000003

    monkeypatch.setattr("appliance.sources.os.lstat", lambda _: WindowsStatus)
    assert names(tmp_path) == []
    assert left_out(tmp_path)["junction"].reason is Reason.LINK


@pytest.mark.timeout(20)
def test_a_pipe_is_never_opened_because_that_would_wait_forever(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert left_out(tmp_path)["pipe"].reason is Reason.NOT_AN_IMAGE
    assert left_out(tmp_path / "pipe")["pipe"].reason is Reason.NOT_AN_IMAGE
    with pytest.raises(Unreadable, match="not an ordinary file"), open_source(Source(tmp_path / "pipe"), LIMITS):
        pass


def test_a_socket_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's name must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert left_out(tmp_path)["socket"].reason is Reason.NOT_AN_IMAGE
        with pytest.raises(Unreadable), open_source(Source(tmp_path / "socket"), LIMITS):
            pass


def test_a_folder_that_may_not_be_opened_is_said_and_the_others_are_walked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "closed" / "one")
    write(tmp_path / "open" / "two")
    real = os.scandir

    def scandir(folder: Path) -> object:
        if Path(folder).name == "closed":
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr("appliance.sources.os.scandir", scandir)
    assert names(tmp_path) == ["two"]
    found = left_out(tmp_path)["closed"]
    assert found.reason is Reason.UNREADABLE
    assert "Permission denied" in found.sentence


def test_a_disk_pulled_out_while_a_folder_is_listed_loses_the_rest_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "one")
    real = os.scandir

    class Pulled:
        def __init__(self, folder: Path) -> None:
            self._entries = real(folder)

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            self._entries.close()

        def __iter__(self) -> Self:
            return self

        def __next__(self) -> os.DirEntry[str]:
            for entry in self._entries:
                return entry
            raise OSError(5, "Input/output error")

    monkeypatch.setattr("appliance.sources.os.scandir", Pulled)
    assert names(tmp_path) == ["one"]
    assert left_out(tmp_path)[tmp_path.name].reason is Reason.UNREADABLE


def test_folders_in_folders_without_end_are_cut_off_and_cost_no_recursion(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(80):
        folder = folder / "d"
    write(folder / "deep")
    write(tmp_path / "shallow")
    assert names(tmp_path) == ["shallow"]
    assert names(tmp_path, replace(LIMITS, max_folder_depth=100)) == ["shallow", "deep"]
    (cut,) = left_out(tmp_path).values()
    assert cut.reason is Reason.TOO_LARGE
    assert "64 folders deep" in cut.sentence


def test_more_files_than_allowed_are_cut_off_and_said(tmp_path: Path) -> None:
    for number in range(5):
        write(tmp_path / str(number))
    few = replace(LIMITS, max_files=3)
    assert len(names(tmp_path, few)) == 3
    assert left_out(tmp_path, few)[tmp_path.name].reason is Reason.TOO_LARGE


def test_names_that_are_no_text_or_drive_a_terminal_are_walked_and_shown_harmlessly(tmp_path: Path) -> None:
    write(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe")))
    (tmp_path / "\x1b[2Jlink").symlink_to("/nowhere")
    assert len(names(tmp_path)) == 1
    (link,) = left_out(tmp_path).values()
    assert "\x1b" not in link.sentence


def test_an_empty_file_is_refused_as_empty(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught, open_source(Source(write(tmp_path / "none", b"")), LIMITS):
        pass
    assert caught.value.reason is Reason.EMPTY
    assert "none is empty" in str(caught.value)


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as stream:
        stream.truncate(3 * 1024**3)
    with pytest.raises(OverLimit, match="max_file_bytes"), open_source(Source(path), LIMITS):
        pass


def test_a_file_that_vanished_or_is_a_folder_by_now_is_refused_with_its_name(tmp_path: Path) -> None:
    for path in (tmp_path / "gone", tmp_path):
        with pytest.raises(Unreadable, match=path.name) as caught, open_source(Source(path), LIMITS):
            pass
        assert caught.value.advice


def test_a_read_that_fails_half_way_is_translated(tmp_path: Path) -> None:
    path = write(tmp_path / "scan")
    with pytest.raises(Unreadable, match="Input/output error"), open_source(Source(path), LIMITS):
        raise OSError(5, "Input/output error")


def test_opening_leaves_no_file_open(tmp_path: Path) -> None:
    path = write(tmp_path / "scan", b"")
    before = psutil.Process().num_fds()
    for _ in range(5):
        with pytest.raises(Unreadable), open_source(Source(path), LIMITS):
            pass
    assert psutil.Process().num_fds() == before
