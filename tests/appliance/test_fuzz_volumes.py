"""Thousands of damaged files: no exception but ours, no crash, no hang, no memory over the limit.

The files are read in a program of their own (``fuzz_reading.py``), so that a crash in a library is seen
as a failed test and its memory can be measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MOST_MIB = 250
"""Above what the libraries and the first reading take: the limit is 64 MiB a series, and hypothesis remembers too."""
MOST_SECONDS_FOR_ONE = 30


def fuzzed(what: str, count: int, seed: int, folder: Path, *, most_seconds: int = 280) -> Counter[str]:
    """Read so many damaged files; say what came of them."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "error", str(HERE / "fuzz_reading.py"), what, str(count), str(seed), str(folder)],
        capture_output=True,
        text=True,
        timeout=most_seconds,
        check=False,
        env={"PYTHONPATH": f"{HERE}:{HERE.parent}:{HERE.parent.parent}"},
    )
    assert done.returncode == 0, done.stderr[-5000:] + done.stdout[-2000:]
    assert done.stderr == "", "a library wrote on the screen"
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["mib"] < MOST_MIB
    assert result["slowest_s"] < MOST_SECONDS_FOR_ONE
    return Counter(result["outcomes"])


@pytest.mark.parametrize(("what", "count", "sound"), [("dicom", 600, 22), ("nifti", 400, 20)])
def test_damaged_files_are_read_or_refused(what: str, count: int, sound: int, tmp_path: Path) -> None:
    outcomes = fuzzed(what, count, 1, tmp_path / what)
    assert outcomes["examples"] == count
    assert outcomes["sound: read"] == sound, "the files are damaged before they are damaged"
    assert outcomes["read"] >= count // 10, "damage everywhere tests nothing but the first check"
    assert outcomes["found and read"] >= count // 20
    assert outcomes["unreadable"] >= count // 10


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
@pytest.mark.parametrize("what", ["dicom", "nifti"])
def test_twenty_thousand_damaged_files_are_read_or_refused(what: str, seed: int, tmp_path: Path) -> None:
    assert fuzzed(what, 1000, seed, tmp_path / what, most_seconds=3000)["examples"] == 1000
