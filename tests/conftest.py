"""What every test may ask for."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

import pytest
from standing_places import REAL_SCANS, REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
"""ONNX Runtime reports to its maker as soon as it is loaded, unless it is told before."""
os.environ["OUTPOST_STATE"] = tempfile.mkdtemp(prefix="outpost-state-")
"""Updates that this machine once had must not decide how a test ends."""


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real scans. Tests that ask for it are left out, and counted aloud, where it is not there."""
    return REAL_SCANS


@pytest.fixture(scope="session")
def cuda_card() -> None:
    """A real NVIDIA card. Tests that ask for it are left out, and counted aloud, where there is none."""


def _has_cuda_card() -> bool:
    try:
        import onnxruntime  # noqa: PLC0415 - asked only if a test that was chosen needs it
    except ImportError:
        return False
    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


NEEDS = {
    "shared_data": (REAL_SCANS.is_dir, f"real scans, which are not at {REAL_SCANS}: set OUTPOST_DATA to run them"),
    "cuda_card": (_has_cuda_card, "an NVIDIA card and onnxruntime-gpu"),
}
"""By the fixture that stands for it: how to find out, and what to say."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for fixture, (is_there, what) in NEEDS.items():
        needing = [item for item in items if fixture in getattr(item, "fixturenames", ())]
        if needing and not is_there():
            items[:] = [item for item in items if item not in needing]
            config.hook.pytest_deselected(items=needing)
            config.stash.setdefault(left_out, []).append(f"{len(needing)} tests need {what}.")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for sentence in config.stash.get(left_out, []):
        terminalreporter.write_line(sentence, yellow=True)


left_out: pytest.StashKey[list[str]] = pytest.StashKey()
