"""The results lie on a stick: exFAT knows no links, no rights and no replacing of folders in one step."""

from __future__ import annotations

import random
import signal
import time
from typing import TYPE_CHECKING

import pytest
from batch_processes import finished, folders, killed_and_begun_again, start
from batches import assert_sound, clinic, left_on_disk, run
from file_systems import Stick

from appliance.seal import begin, faults, finish, first_fault

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
MEGABYTES = 64


@pytest.fixture
def stick(tmp_path: Path) -> Stick:
    return Stick(tmp_path / "stick.img").made(MEGABYTES)


def test_a_batch_killed_at_some_moments_ends_in_the_same_bytes_on_a_stick(tmp_path: Path, stick: Stick) -> None:
    folder = clinic(tmp_path / "in", 6)
    run(folder, tmp_path / "whole")
    with stick.plugged_in(tmp_path / "mounted") as place:
        killed_and_begun_again(folder, place / "out", 5, random.Random(8))
        assert left_on_disk(place / "out") == left_on_disk(tmp_path / "whole")
    assert stick.faults() == ""
    with stick.plugged_in(tmp_path / "again") as place:
        assert left_on_disk(place / "out") == left_on_disk(tmp_path / "whole")
        assert_sound(place / "out")


def test_a_stick_that_is_pulled_out_while_it_is_written_is_read_to_the_end_later(tmp_path: Path, stick: Stick) -> None:
    folder, rng = clinic(tmp_path / "in", 6), random.Random(20)
    run(folder, tmp_path / "whole")
    for pulled in range(6):
        with stick.plugged_in(tmp_path / "mounted") as place:
            runner = start(folder, place / "out", seconds=0.05)
            assert runner.stdout is not None
            runner.stdout.readline()
            time.sleep(rng.uniform(0.0, 1.0))
            torn = stick.pulled_out(tmp_path / f"torn {pulled}.img")
            runner.send_signal(signal.SIGKILL)
            runner.communicate()
        torn.mend()
        with torn.plugged_in(tmp_path / "torn") as place:
            for study in folders(place / "out"):
                assert study.name.startswith(".") or (study / "findings.json").stat().st_size > 0
            code, _, err = finished(start(folder, place / "out"))
            assert (code, err) == (0, "")
            assert left_on_disk(place / "out") == left_on_disk(tmp_path / "whole")
            assert_sound(place / "out")


def test_a_full_stick_is_said_and_the_next_run_goes_on(tmp_path: Path, stick: Stick) -> None:
    folder = clinic(tmp_path / "in", 4)
    with stick.plugged_in(tmp_path / "mounted") as place:
        ballast = place / "holiday.mp4"
        ballast.write_bytes(bytes((MEGABYTES - 8) * 1_000_000))
        code, _, err = finished(start(folder, place / "out", size=4_000_000))
        assert code == 1
        assert "outpost: " in err
        assert "Traceback" not in err
        ballast.unlink()
        assert finished(start(folder, place / "out", size=4_000_000))[0] == 0
        assert_sound(place / "out")


def test_a_folder_whose_writing_was_cut_off_on_a_stick_says_so(tmp_path: Path, stick: Stick) -> None:
    with stick.plugged_in(tmp_path / "mounted") as place:
        program = place / "outpost-linux"
        begin(program)
        (program / "outpost").write_bytes(bytes(3_000_000))
        torn = stick.pulled_out(tmp_path / "torn.img")
        finish(program)
        assert list(faults(program)) == []
        whole = stick.pulled_out(tmp_path / "whole.img")
    torn.mend()
    with torn.plugged_in(tmp_path / "torn") as place:
        assert first_fault(place / "outpost-linux")
    with whole.plugged_in(tmp_path / "finished") as place:
        assert list(faults(place / "outpost-linux")) == []
