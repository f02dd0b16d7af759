"""Batches in processes of their own, to be killed, starved of disk and run twice."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

RUNNER = Path(__file__).with_name("appliance") / "batch_runner.py"


def start(
    folder: Path, output: Path, *, seconds: float = 0.0, size: int = 0, limit: int = resource.RLIM_INFINITY
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(RUNNER), str(folder), str(output), str(seconds), str(size), str(limit)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(runner: subprocess.Popen[str], word: str) -> None:
    """Wait until a process said a word; one that ended first says why."""
    assert runner.stdout is not None
    assert runner.stderr is not None
    while (line := runner.stdout.readline()).strip() != word:
        assert line, runner.stderr.read()


def finished(runner: subprocess.Popen[str]) -> tuple[int, str, str]:
    try:
        out, err = runner.communicate(timeout=120)
    finally:
        runner.kill()
    return runner.returncode, out, err


def killed_and_begun_again(folder: Path, output: Path, kills: int, rng: random.Random) -> None:
    """Kill runs after their first words, each somewhat later, until so many were killed; then let one finish."""
    for _ in range(kills):
        runner = start(folder, output, seconds=0.02)
        assert runner.stdout is not None
        runner.stdout.readline()
        time.sleep(rng.uniform(0.0, 0.5))
        runner.send_signal(signal.SIGKILL)
        runner.communicate()
        assert all(path.name.startswith(".") or (path / "findings.json").is_file() for path in folders(output))
    code, _, err = finished(start(folder, output, seconds=0.0))
    assert (code, err) == (0, "")


def folders(output: Path) -> list[Path]:
    return [path for path in output.iterdir() if path.is_dir()] if output.is_dir() else []
