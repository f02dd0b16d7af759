"""What the year does to a running program really happens to it, and what it compares is really compared."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from tests.bench.year.checks import Answer, Verdict
from tests.bench.year.disk import LEFT_BYTES, LimitedFolder, LoopDisk, open_disk
from tests.bench.year.evidence import Evidence
from tests.bench.year.journal import MOST_RUNS, Journal, Run, Told, is_over
from tests.bench.year.mischief import Mischief
from tests.bench.year.page import Circumstances, page_of
from tests.bench.year.plan import Fault, Mishap, Month, Pool, Scan, Visit, draw_year
from tests.bench.year.quiet import differing, sample_of, without_times
from tests.bench.year.started import Watched, start
from tests.bench.year.visits import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.year.disk import Disk

VISIT = Visit(7, 7, date(2025, 2, 3), Scan.SAMPLE, 0)
CUT = Mishap(Fault.POWER_CUT, 7, "write")
MONTH = Month(2, (VISIT,), CUT)
WRITER = (
    "import sys\nfor line in sys.stdin: open(line.strip(), 'wb').write(bytes(500_000)); print('written', flush=True)"
)


def a_run(number: int = 1, **changes: object) -> Run:
    told = (Told(key_of(VISIT), "read", 2.0, 400.0),)
    return replace(Run(number, 2, None, None, 0, True, 9.0, 450.0, told, (), (), "é “said”"), **changes)


def test_a_month_is_over_when_all_is_read_and_nothing_is_still_to_strike() -> None:
    struck = a_run(fault=Fault.POWER_CUT, ended=False, told=())
    failed = a_run(2, told=(Told(key_of(VISIT), "failed", 2.0, 400.0),))
    assert not is_over(MONTH, [])
    assert not is_over(MONTH, [a_run()])
    assert not is_over(MONTH, [struck])
    assert not is_over(MONTH, [struck, failed])
    assert is_over(MONTH, [struck, a_run(2)])
    assert is_over(MONTH, [struck, failed, a_run(3)])
    assert not is_over(MONTH, [a_run(n, month=1) for n in range(MOST_RUNS)])
    assert is_over(MONTH, [failed] * MOST_RUNS)


def test_an_update_alone_reads_nothing() -> None:
    month = Month(3, (VISIT,), Mishap(Fault.GOOD_UPDATE))
    update = a_run(month=3, fault=Fault.GOOD_UPDATE, told=())
    assert not is_over(month, [update])
    assert is_over(month, [update, a_run(2, month=3)])


def test_the_journal_goes_on_where_it_was(tmp_path: Path) -> None:
    runs = [a_run(1, fault=Fault.FULL_DISK, struck_at=3), a_run(2)]
    for run in runs:
        Journal(tmp_path).add(run)
    assert Journal(tmp_path).runs == runs


@pytest.fixture(params=["mounted", "limited"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """Where mounting is not allowed both are the limited folder."""
    opened = open_disk(tmp_path, 30_000_000) if request.param == "mounted" else LimitedFolder(tmp_path / "results")
    opened.results.mkdir(parents=True, exist_ok=True)
    yield opened
    opened.close()


def test_a_full_disk_takes_nothing_until_there_is_room_again(disk: Disk) -> None:
    for place in (disk.results / "first", disk.results / "second"):
        with subprocess.Popen([sys.executable, "-c", WRITER], stdin=-1, stdout=-1, stderr=-1, text=True) as writer:
            if place.name == "first":
                disk.fill(writer.pid)
            _, said = writer.communicate(f"{place}\n", timeout=60)
        if place.name == "first":
            assert "OSError" in said
            assert place.stat().st_size <= 2 * LEFT_BYTES
            disk.make_room()
    assert place.stat().st_size == 500_000


def test_a_disk_that_was_mounted_is_mounted_again_with_what_lay_on_it(tmp_path: Path) -> None:
    for round_ in range(2):
        opened = open_disk(tmp_path, 30_000_000)
        opened.results.mkdir(exist_ok=True)
        assert (opened.results / "kept").exists() is bool(round_)
        (opened.results / "kept").touch()
        opened.close()
    assert isinstance(opened, LoopDisk) is (tmp_path / "disk.ext4").exists()


class Process:
    """Stands for a program that is only asked for its number."""

    pid = 0


def test_mischief_strikes_once_at_its_step_of_its_visit(tmp_path: Path) -> None:
    struck = []
    watched = Watched(Process())

    class Cutting(Watched):
        def cut_the_power(self) -> None:
            struck.append(self)

    mischief = Mischief(CUT, VISIT, tmp_path, LimitedFolder(tmp_path))
    watched = Cutting(Process())
    key = key_of(VISIT)
    for event in (
        {"event": "Planned"},
        {"event": "StudyBegan", "key": key},
        {"event": "StudyStep", "key": "another", "step": "write"},
        {"event": "StudyStep", "key": key, "step": "read brain-flair"},
    ):
        mischief(event, watched)
    assert not struck
    for _ in range(2):
        mischief({"event": "StudyStep", "key": key, "step": "write"}, watched)
    assert struck == [watched]


def test_a_pulled_stick_is_gone_and_comes_back(tmp_path: Path) -> None:
    stick = tmp_path / "month-07"
    stick.mkdir()
    mischief = Mischief(Mishap(Fault.PULLED_STICK), None, stick, LimitedFolder(tmp_path))
    mischief({"event": "Planned"}, Watched(Process()))
    assert not stick.exists()
    mischief.put_right()
    assert stick.is_dir()


def test_the_program_says_what_it_says_and_how_it_ended(tmp_path: Path) -> None:
    ran = start(tmp_path / "no-root.json", ["models", "list"], tmp_path / "state")
    assert (ran.exit_code, "came with the program" in ran.last_words) == (0, True)
    ran = start(tmp_path / "no-root.json", ["run", str(tmp_path / "gone"), "-o", str(tmp_path / "out")], tmp_path)
    assert ran.exit_code == 3
    assert "does not exist" in ran.last_words


def test_the_clock_jumps_and_the_power_goes_in_mid_run(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()

    def back(event: dict[str, str], watched: Watched) -> None:
        if event["event"] == "Began":
            watched.set_the_clock_back(400)

    command = ["run", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--json"]
    ran = start(tmp_path, command, tmp_path / "state", back)
    assert ran.exit_code == 2
    assert ran.watched.ended
    assert 10 < ran.watched.peak_mb < 700
    with closing(sqlite3.connect(tmp_path / "out" / "ledger.sqlite3")) as ledger:
        ((at,),) = ledger.execute("SELECT at FROM entry").fetchall()
    assert 399 <= (datetime.now(UTC) - datetime.fromisoformat(at)).days <= 401
    killed = start(tmp_path, command, tmp_path / "state", lambda _, watched: watched.cut_the_power())
    assert killed.exit_code == -9
    assert not killed.watched.ended


def test_who_was_struck_is_read_again_with_earlier_visits_and_nobody_broken() -> None:
    year = draw_year(200, Pool(4, 15, 1, 2))
    again = next(visit for visit in reversed(year.visits) if visit.patient != visit.number)
    failed = next(visit for visit in year.visits if visit.broken is None and visit.number > 50)
    runs = [
        a_run(1, fault=Fault.POWER_CUT, struck_at=again.number),
        a_run(2, told=(Told(key_of(failed), "failed", 1.0, 400.0),)),
    ]
    sample = sample_of(year, runs)
    assert {again.number, again.patient, failed.number} <= sample
    assert 10 <= len(sample) < 60
    assert not any(visit.broken for visit in year.visits if visit.number in sample)


def test_one_changed_byte_and_one_missing_file_are_differences(tmp_path: Path) -> None:
    for side in ("one", "other"):
        (tmp_path / side / "dicom").mkdir(parents=True)
        (tmp_path / side / "dicom" / "report.dcm").write_bytes(b"same")
        (tmp_path / side / "lesions.nii.gz").write_bytes(side.encode())
    (tmp_path / "one" / "more.png").touch()
    assert differing(tmp_path / "one", tmp_path / "other") == ("lesions.nii.gz", "more.png")


def test_times_are_forgiven_and_nothing_else(tmp_path: Path) -> None:
    def findings(**said: object) -> dict[str, object]:
        engine = {"engine": "cpu", "reason": said.pop("reason", "fast")}
        path = tmp_path / "findings.json"
        told = {"made_at": "now", "timings": [], "models": [{"engines": [engine]}], "brain": [1]} | said
        path.write_text(json.dumps(told), encoding="utf-8")
        return without_times(path)

    assert findings() == findings(made_at="later", timings=[1], reason="slow")
    assert findings() != findings(brain=[2])


def test_the_page_says_how_much_was_lived_and_names_no_place() -> None:
    year = draw_year(60, Pool(4, 15, 1, 2))
    evidence = Evidence(year.until(4), (a_run(fault=Fault.FULL_DISK),), (), (), 0, "", "", ())
    page = page_of(
        evidence,
        (Verdict("All?", Answer.BROKEN, "no\nnot all"),),
        Circumstances(60, "2 cores", date(2026, 1, 2), "full"),
    )
    assert "20 of 60 that were planned" in page
    assert "| All? | NO | no not all |" in page
    assert "| 2 | full disk | full; room was made, started again | code 0 |" in page
    assert "It was stopped before its end" in page
    assert "Published FLAIR was mixed in" in page
