"""The plug is pulled, the disk is full, the stick is gone: the next run ends in the same results, and nothing lies."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from batch_processes import RUNNER, finished, folders, killed_and_begun_again, start, wait_for
from batches import (
    SimulatedReader,
    a_visit,
    assert_sound,
    batch,
    clinic,
    left_on_disk,
    opened,
    run,
    told,
)
from builders import drop_slice, flair_series, nifti_file, screen_shot, truncate

from appliance.contracts import StudyFound
from appliance.errors import Misuse, OutputFailed
from appliance.ledger import verify_ledger
from appliance.pipeline import run_batch
from appliance.pipeline.events import Ended, Ending, Notice, StudyBegan, StudyEnded
from appliance.sample.scan_spec import StudySpec
from appliance.settings import Settings
from appliance.studies import find_studies

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.pipeline.reading import Loaded, Place

LEDGER_SIZE = 60_000
SLOW = pytest.mark.slow


def test_a_batch_killed_at_some_moments_ends_in_the_same_bytes(tmp_path: Path) -> None:
    folder = clinic(tmp_path / "in", 5)
    run(folder, tmp_path / "whole")
    killed_and_begun_again(folder, tmp_path / "out", 3, random.Random(6))
    assert left_on_disk(tmp_path / "out") == left_on_disk(tmp_path / "whole")
    assert_sound(tmp_path / "out")


@pytest.mark.slow
def test_a_batch_killed_at_fifty_random_moments_ends_in_the_same_bytes(tmp_path: Path) -> None:
    folder = clinic(tmp_path / "in", 12)
    run(folder, tmp_path / "whole")
    rng = random.Random(50)
    for round_ in range(10):
        output = tmp_path / f"out {round_}"
        killed_and_begun_again(folder, output, 5, rng)
        assert left_on_disk(output) == left_on_disk(tmp_path / "whole")
        assert_sound(output)


def test_ctrl_c_stops_after_the_step_and_says_so_in_its_code(tmp_path: Path) -> None:
    folder = clinic(tmp_path / "in", 6)
    runner = start(folder, tmp_path / "out", seconds=0.4)
    wait_for(runner, "StudyBegan")
    runner.send_signal(signal.SIGINT)
    code, out, err = finished(runner)
    assert (code, err) == (130, "")
    assert out.splitlines()[-1] == "Ended"
    run(folder, tmp_path / "out")
    run(folder, tmp_path / "whole")
    assert left_on_disk(tmp_path / "out") == left_on_disk(tmp_path / "whole")


@pytest.mark.parametrize(
    "limit", [0, 5_000, LEDGER_SIZE, *(pytest.param(n, marks=SLOW) for n in (1_000, 30_000, 100_000))]
)
def test_a_disk_that_is_full_at_any_stage_is_said_and_the_next_run_goes_on(tmp_path: Path, limit: int) -> None:
    """The largest file of a study is larger than all limits; the ledger and others hit the smaller ones."""
    folder, output, size = clinic(tmp_path / "in", 3), tmp_path / "out", 150_000
    code, _, err = finished(start(folder, output, size=size, limit=limit))
    assert code == 1
    assert "Traceback" not in err
    assert "outpost: " in err
    assert all(path.name.startswith(".") for path in folders(output))
    assert finished(start(folder, output, size=size))[0] == 0
    run(folder, tmp_path / "whole", SimulatedReader(size=size))
    assert left_on_disk(output) == left_on_disk(tmp_path / "whole")
    assert_sound(output)


def test_a_full_disk_stops_the_batch_and_keeps_what_was_done(tmp_path: Path) -> None:
    folder, output = clinic(tmp_path / "in", 3), tmp_path / "out"

    def fill(loaded: Loaded, _place: Place) -> None:
        if len(reader.was_read) == 1:
            raise OutputFailed(f"{loaded.study.key} could not be written (No space left).", advice="Make room.")

    reader = SimulatedReader(at_read=fill)
    events = []
    with pytest.raises(OutputFailed, match="No space left"):
        events.extend(run_batch(batch(folder, output), lambda: opened(reader)))
    assert len(folders(output)) == 1
    run(folder, output)
    run(folder, tmp_path / "whole")
    assert left_on_disk(output) == left_on_disk(tmp_path / "whole")


@pytest.mark.parametrize("moment", [1, 2])
def test_an_output_folder_that_is_removed_is_said(tmp_path: Path, moment: int) -> None:
    folder, output = clinic(tmp_path / "in", 3), tmp_path / "out"

    def remove(*_: object) -> None:
        if len(reader.was_read) == moment - 1:
            shutil.rmtree(output)

    reader = SimulatedReader(at_read=remove)
    with pytest.raises(OutputFailed):
        run(folder, output, reader)
    run(folder, output)
    run(folder, tmp_path / "whole")
    assert left_on_disk(output) == left_on_disk(tmp_path / "whole")


def test_a_write_protected_output_is_said_before_anything_is_read() -> None:
    """Run without a superuser's rights, for whom nothing is protected."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        _read_into_a_protected_folder(Path(name))


def _read_into_a_protected_folder(place: Path) -> None:
    folder, output = clinic(place / "in", 1), place / "out"
    output.mkdir()
    program = (
        "import os, sys; sys.path.insert(0, sys.argv.pop(1)); import batch_runner\n"
        "import appliance.pipeline.story; from concurrent.futures import ThreadPoolExecutor\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "sys.exit(batch_runner.main())\n"
    )
    output.chmod(0o555)
    runner = subprocess.Popen(
        [sys.executable, "-c", program, str(RUNNER.parent), str(folder), str(output), "0", "0", "-1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    code, out, err = finished(runner)
    output.chmod(0o755)
    assert (code, out.split()) == (1, ["Began"])
    assert "Nothing can be written into out" in err
    assert list(output.iterdir()) == []


@pytest.mark.parametrize("done", [1, 2])
def test_input_that_vanishes_is_said_and_read_when_it_is_back(tmp_path: Path, done: int) -> None:
    """Also of the study whose voxels were in memory: its objects for the PACS need the headers once more."""
    folder, output, away = clinic(tmp_path / "in", 4), tmp_path / "out", tmp_path / "away"

    def pull(*_: object) -> None:
        if len(reader.was_read) == done and folder.exists():
            folder.rename(away)

    reader = SimulatedReader(at_read=pull)
    events = run(folder, output, reader)
    endings = [event.ending for event in told(events, StudyEnded)]
    assert endings == [Ending.READ] * done + [Ending.FAILED] * (4 - done)
    assert all("plugged in" in event.sentence for event in told(events, StudyEnded) if event.ending is Ending.FAILED)
    away.rename(folder)
    again = run(folder, output)
    assert [event.ending for event in told(again, StudyEnded)] == [Ending.KEPT] * done + [Ending.READ] * (4 - done)
    run(folder, tmp_path / "whole")
    assert left_on_disk(output) == left_on_disk(tmp_path / "whole")
    assert_sound(output)


def test_a_scan_that_vanishes_while_it_is_decoded_is_no_fault_of_the_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from appliance.pipeline import loading  # noqa: PLC0415 - the module is what is changed

    folder, output = clinic(tmp_path / "in", 1), tmp_path / "out"
    real: Callable[..., object] = loading.read_volumes

    def pull(*arguments: object) -> object:
        if folder.exists():
            folder.rename(tmp_path / "away")
        return real(*arguments)

    monkeypatch.setattr(loading, "read_volumes", pull)
    assert [event.ending for event in told(run(folder, output), StudyEnded)] == [Ending.FAILED]
    (tmp_path / "away").rename(folder)
    monkeypatch.setattr(loading, "read_volumes", real)
    assert [event.ending for event in told(run(folder, output), StudyEnded)] == [Ending.READ]


def test_a_second_copy_on_the_same_output_says_so_and_stops(tmp_path: Path) -> None:
    folder, output = clinic(tmp_path / "in", 3), tmp_path / "out"
    with start(folder, output, seconds=100.0) as first:
        wait_for(first, "StudyBegan")
        with pytest.raises(Misuse, match="Another copy"):
            run(folder, output)
        code, _, err = finished(start(folder, output))
        first.kill()
    assert code == 3
    assert f"process {first.pid}" in err
    run(folder, output)
    assert_sound(output)


def test_a_clock_that_jumps_back_changes_nothing_but_a_note(tmp_path: Path) -> None:
    folder, output = clinic(tmp_path / "in", 3), tmp_path / "out"
    now = [datetime(2025, 6, 1, tzinfo=UTC)]

    def jump() -> datetime:
        now[0] -= timedelta(days=300)
        return now[0]

    events = run(folder, output, clock=jump)
    assert isinstance(events[-1], Ended)
    assert [event.ending for event in told(run(folder, output), StudyEnded)] == [Ending.KEPT] * 3
    verdict = verify_ledger(output)
    assert verdict.sound
    assert any("backwards" in sentence for sentence in verdict.sentences)


def test_a_damaged_ledger_is_said_and_every_study_read_again(tmp_path: Path) -> None:
    folder, output = clinic(tmp_path / "in", 2), tmp_path / "out"
    run(folder, output)
    (output / "ledger.sqlite3").write_bytes(os.urandom(20_000))
    events = run(folder, output)
    assert "damaged" in told(events, Notice)[0].sentence
    assert len(told(events, StudyBegan)) == 2
    assert_sound(output)


@pytest.mark.parametrize(("hostile", "good"), [(30, 4), pytest.param(200, 20, marks=SLOW)])
def test_hostile_studies_hide_none_of_the_good_ones(tmp_path: Path, hostile: int, good: int) -> None:
    folder = clinic(tmp_path / "in", good)
    rng = np.random.default_rng(13)
    whole = flair_series(tmp_path / "template", slices=4)
    content = whole[0].read_bytes()
    for number in range(hostile):
        _hostile(folder / f"hostile {number:03}", number, content, rng)
    events = run(folder, tmp_path / "out")
    ended = told(events, StudyEnded)
    assert sum(event.ending is Ending.READ for event in ended) >= good
    read = {event.key for event in ended if event.ending is Ending.READ}
    found = find_studies(clinic(tmp_path / "only good", good), Settings())
    keys = {event.study.key for event in found if isinstance(event, StudyFound)}
    assert len(keys) == good
    assert keys <= read
    assert_sound(tmp_path / "out")


def _hostile(folder: Path, number: int, content: bytes, rng: np.random.Generator) -> None:
    """Write a study that is wrong in one of ten ways."""
    folder.mkdir()
    kind = number % 10
    noise = rng.integers(0, 256, 4000, dtype=np.uint8).tobytes()
    study = {"study": StudySpec(f"hostile {number}"), "number": number}
    match kind:
        case 0:
            (folder / "IM1").write_bytes(noise)
        case 1:
            (folder / "IM1").write_bytes(content[: 200 + number] + noise)
        case 2:
            drop_slice(flair_series(folder, slices=7, **study), 3)
        case 3:
            [truncate(path, keep=0.8) for path in flair_series(folder, slices=3, **study)]
        case 4:
            (folder / "scan.nii.gz").write_bytes(b"\x1f\x8b" + noise)
        case 5:
            nifti_file(folder / "flair.nii", voxels=np.full((8, 8, 4), np.nan, np.float32) * number)
        case 6:
            changed = bytearray(content)
            changed[400 + number * 3] ^= 0xFF
            (folder / "IM1").write_bytes(bytes(changed))
        case 7:
            screen_shot(folder / "shot", **study)
        case 8:
            (folder / "bomb.zip").write_bytes(b"PK\x03\x04" + noise)
        case _:
            flair_series(folder, slices=2, **study)
            a_visit(folder / "inner", 1000 + number, slices=1)
