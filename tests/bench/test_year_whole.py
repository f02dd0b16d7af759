"""A small year with the real program and everything that can go wrong, stopped once in its middle."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from standing_places import REPOSITORY

from tests.bench.year.plan import Fault

if TYPE_CHECKING:
    from pathlib import Path

STUDIES = 12


def a_year(place: Path) -> subprocess.Popen[str]:
    arguments = ["--studies", str(STUDIES), "--place", str(place), "--page", str(place / "year.md")]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bench.year", *arguments], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_small_year_with_every_fault_ends_well_though_it_was_stopped(tmp_path: Path) -> None:
    with a_year(tmp_path) as year:
        assert year.stdout is not None
        for line in year.stdout:
            if "month 2: power cut" in line:
                year.send_signal(signal.SIGTERM)
        assert year.wait() == 0
    stopped = (tmp_path / "year.md").read_text(encoding="utf-8")
    assert re.search(r"\| studies \| [12] of 12 that were planned \|", stopped)
    with a_year(tmp_path) as year:
        said, _ = year.communicate()
    page = (tmp_path / "year.md").read_text(encoding="utf-8")
    assert year.returncode == 0, said
    assert "| studies | 12 |" in page
    assert "| NO |" not in page
    assert re.findall(r"\| ([^|]+) \| not told \|", page) == ["Memory is flat"]
    for fault in Fault:
        assert len(re.findall(rf"^\| \d+ \| {fault} \|", page, re.MULTILINE)) == (3 if fault is Fault.POWER_CUT else 1)
    assert str(tmp_path) not in page
