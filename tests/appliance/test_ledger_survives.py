"""The plug is pulled, the disk is full, the stick is protected, the file is spoilt: nothing is lost, all is said."""

from __future__ import annotations

import errno
import os
import random
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from appliance.errors import Misuse, OutputFailed
from appliance.ledger import FolderLock, Run, Standing, StudyInput, open_ledger, standing_of, verify_ledger
from appliance.ledger.database import JOURNAL_SUFFIX, LEDGER_NAME
from appliance.ledger.lock import LOCK_NAME
from appliance.ledger.verify import anchor_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WRITER = Path(__file__).with_name("ledger_writer.py")
RUN = Run((("lesions", "1.0.0"),), "openvino-int8", "0.1.0")
STUDY = StudyInput("study", "a" * 64)


@pytest.fixture
def start(repository: Path) -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    """Start writers, and leave none behind."""
    writers = []

    def start_one(folder: Path) -> subprocess.Popen[str]:
        writer = subprocess.Popen(
            [sys.executable, str(WRITER), str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(repository)},
        )
        writers.append(writer)
        return writer

    yield start_one
    for writer in writers:
        writer.kill()
        writer.communicate()


def opened(folder: Path) -> tuple[object, ...]:
    with open_ledger(folder, operator="Amina", app_version="0.1.0").ledger as ledger:
        return ledger.last_entries()


def kill_once(start: Callable[[Path], subprocess.Popen[str]], folder: Path, rng: random.Random) -> bool:
    """Kill a writer at a random moment, check what it left, and say whether an entry was cut in two."""
    writer = start(folder)
    assert writer.stdout is not None
    told = [writer.stdout.readline()]
    time.sleep(rng.uniform(0, 0.25))
    writer.send_signal(signal.SIGKILL)
    told += writer.communicate()[0].splitlines()
    journal = folder / f"{LEDGER_NAME}{JOURNAL_SUFFIX}"
    cut = journal.exists() and journal.stat().st_size > 0
    last = anchor_from([line for line in told if re.fullmatch(r"\d+:[0-9a-f]{64}\n?", line)][-1])
    with FolderLock(folder), open_ledger(folder, operator="Amina", app_version="0.1.0").ledger as ledger:
        for entry in ledger.last_entries():
            assert standing_of(entry, entry.study, RUN.models) in Standing
        after = ledger.anchor()
    checked = verify_without_results(folder, last)
    assert checked >= last.sequence
    assert after.sequence == checked
    return cut


def verify_without_results(folder: Path, anchor: object) -> int:
    """The writer's results are invented, so that only the chain is judged."""
    verdict = verify_ledger(folder, anchor)
    assert verdict.broken is None
    return verdict.entries


def test_a_writer_killed_at_any_moment_loses_nothing_that_it_had_told(
    start: Callable[[Path], subprocess.Popen[str]], tmp_path: Path
) -> None:
    rng = random.Random(4)
    for _ in range(4):
        kill_once(start, tmp_path, rng)


@pytest.mark.slow
def test_fifty_killed_writers_lose_nothing_and_some_were_killed_within_an_entry(
    start: Callable[[Path], subprocess.Popen[str]], tmp_path: Path
) -> None:
    rng = random.Random(50)
    cut = sum(kill_once(start, tmp_path, rng) for _ in range(50))
    assert cut > 0


def test_a_second_copy_says_so_and_stops_and_a_killed_one_leaves_no_lock(
    start: Callable[[Path], subprocess.Popen[str]], tmp_path: Path
) -> None:
    first = start(tmp_path)
    assert first.stdout is not None
    first.stdout.readline()
    with pytest.raises(Misuse, match=rf"Another copy .* \(process {first.pid},"), FolderLock(tmp_path):
        pass
    second = start(tmp_path)
    assert "Another copy" in second.communicate(timeout=60)[1]
    assert second.returncode != 0
    first.kill()
    first.communicate()
    with FolderLock(tmp_path):
        assert (tmp_path / LOCK_NAME).is_file()


def test_the_lock_is_free_after_its_end_and_says_nothing_of_who_is_unknown(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).write_bytes(b"\xff\x00 rubbish")
    with FolderLock(tmp_path) as lock:
        (tmp_path / LOCK_NAME).write_bytes(b"[1, 2]")
        with pytest.raises(Misuse, match=r"writing into [^(]*\."), FolderLock(tmp_path):
            pass
        assert lock is not None
    with FolderLock(tmp_path):
        pass


def test_a_disk_too_full_for_the_note_can_still_be_locked(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with FolderLock(tmp_path), pytest.raises(Misuse), FolderLock(tmp_path):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / LOCK_NAME).stat().st_size == 0


def test_a_disk_that_cannot_lock_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(descriptor: int) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr("appliance.ledger.lock._take", unsupported)
    with pytest.raises(OutputFailed, match="cannot be locked"), FolderLock(tmp_path):
        pass


def test_a_full_disk_is_said_and_the_entries_before_stay(tmp_path: Path) -> None:
    with open_ledger(tmp_path, operator="Amina", app_version="0.1.0").ledger as ledger:
        ledger.found(STUDY)
        (pages,) = ledger._connection.execute("PRAGMA page_count").fetchone()
        ledger._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(OutputFailed, match="full"):
            ledger.refused(STUDY, "x" * 30_000)
        kept = ledger.anchor()
        ledger._connection.execute(f"PRAGMA max_page_count = {pages + 100}")
        assert ledger.refused(STUDY, "Room again.").sequence == kept.sequence + 1
    assert verify_ledger(tmp_path).sound


def test_a_disk_that_is_full_from_the_start_is_said(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for room in (0, 4096, 12_000, 20_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        try:
            with pytest.raises(OutputFailed, match="ledger"):
                open_ledger(tmp_path, operator="Amina", app_version="0.1.0")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert opened(tmp_path) == ()
    assert verify_ledger(tmp_path).sound


def test_a_write_that_the_system_cuts_short_leaves_the_entries_before(tmp_path: Path, repository: Path) -> None:
    """The limit on file sizes stops a write in its middle, as a full stick does."""
    with open_ledger(tmp_path, operator="Amina", app_version="0.1.0").ledger as ledger:
        ledger.found(STUDY)
    size = (tmp_path / LEDGER_NAME).stat().st_size
    program = (
        "import sys; from pathlib import Path; from appliance.ledger import *\n"
        "with open_ledger(Path(sys.argv[1]), operator='A', app_version='0').ledger as ledger:\n"
        "    for n in range(100): ledger.refused(StudyInput('study', 'a' * 64), 'x' * 3000)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(repository)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size + 6000, size + 6000)),
    )
    assert "OutputFailed: The ledger in" in ended.stderr
    verdict = verify_ledger(tmp_path)
    assert verdict.sound
    assert verdict.entries >= 2
    assert opened(tmp_path)


def test_a_write_protected_folder_is_said(repository: Path) -> None:
    """Run without a superuser's rights, for whom nothing is protected."""
    program = (
        "import os, sys; from pathlib import Path; from appliance.ledger import *; from appliance.errors import *\n"
        "import appliance.ledger.lock\n"
        "folder = Path(sys.argv[1])\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "begin = lambda: open_ledger(folder, operator='A', app_version='0')\n"
        "for act in (FolderLock(folder).__enter__, begin):\n"
        "    try: act()\n"
        "    except OutputFailed as error: print(error)\n"
        "print(verify_ledger(folder).sound)\n"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        open_ledger(folder, operator="Amina", app_version="0.1.0").ledger.close()
        for path in (folder / LEDGER_NAME, folder / f"{LEDGER_NAME}{JOURNAL_SUFFIX}"):
            path.chmod(0o444)
        folder.chmod(0o555)
        ended = subprocess.run(
            [sys.executable, "-c", program, name],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**os.environ, "PYTHONPATH": str(repository), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        folder.chmod(0o755)
    lines = ended.stdout.splitlines()
    assert len(lines) == 3, ended.stderr
    assert lines[0].startswith("Nothing can be written into")
    assert "cannot be opened for writing" in lines[1]
    assert lines[2] == "True"


def middle_overwritten(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:8192] = os.urandom(4096)
    path.write_bytes(content)


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def not_a_database(path: Path) -> None:
    path.write_bytes(b"\x00" * 10_000)


def of_another_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE music (song TEXT)")


@pytest.mark.parametrize("spoil", [middle_overwritten, cut_in_half, not_a_database, of_another_program])
def test_a_damaged_ledger_is_kept_aside_and_a_new_one_begun(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    path = tmp_path / LEDGER_NAME
    for number in (1, 2):
        with open_ledger(tmp_path, operator="Amina", app_version="0.1.0").ledger as ledger:
            for _ in range(30):
                ledger.refused(STUDY, "x" * 500)
        spoil(path)
        spoilt = path.read_bytes()
        begun = open_ledger(tmp_path, operator="Amina", app_version="0.1.0")
        with begun.ledger as ledger:
            assert ledger.last(STUDY.key) is None
            ledger.found(STUDY)
        (notice,) = begun.notices
        aside = tmp_path / f"ledger-damaged-{number}.sqlite3"
        assert aside.name in notice
        assert aside.read_bytes() == spoilt
        assert verify_ledger(tmp_path).sound


def test_a_ledger_damaged_while_in_use_is_said(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path, operator="Amina", app_version="0.1.0").ledger
    for _ in range(30):
        ledger.refused(STUDY, "x" * 500)
    (tmp_path / LEDGER_NAME).write_bytes(os.urandom(50_000))
    with pytest.raises(OutputFailed, match="ledger in"):
        ledger.refused(STUDY, "more")
    ledger.close()


def test_a_damaged_ledger_that_cannot_be_set_aside_is_said_and_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / LEDGER_NAME).write_bytes(b"spoilt" * 1000)

    def refuse(path: Path, target: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OutputFailed, match="could not be set aside"):
        open_ledger(tmp_path, operator="Amina", app_version="0.1.0")
    assert (tmp_path / LEDGER_NAME).read_bytes() == b"spoilt" * 1000


def test_an_output_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "unplugged"
    with pytest.raises(OutputFailed, match="cannot be opened"):
        open_ledger(gone, operator="Amina", app_version="0.1.0")
    with pytest.raises(OutputFailed, match="Nothing can be written"), FolderLock(gone):
        pass


def test_a_program_that_holds_the_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.ledger.database.BUSY_SECONDS", 0.05)
    with open_ledger(tmp_path, operator="Amina", app_version="0.1.0").ledger as ledger:
        with closing(sqlite3.connect(tmp_path / LEDGER_NAME, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(OutputFailed, match="another program"):
                ledger.found(STUDY)
        assert ledger.found(STUDY) is not None
