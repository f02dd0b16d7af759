"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
REAL_SCANS = Path(os.environ.get("OUTPOST_DATA", REPOSITORY.parent / "shared" / "data"))
"""Published scans, beside the checkout and never part of it."""


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real scans. Tests that ask for it are left out, and counted aloud, where it is not there."""
    return REAL_SCANS


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if REAL_SCANS.is_dir():
        return
    needing = [item for item in items if "shared_data" in getattr(item, "fixturenames", ())]
    items[:] = [item for item in items if item not in needing]
    config.hook.pytest_deselected(items=needing)
    config.stash[left_out] = len(needing)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if count := config.stash.get(left_out, 0):
        terminalreporter.write_line(
            f"{count} tests need real scans, which are not at {REAL_SCANS}: set OUTPOST_DATA to run them.", yellow=True
        )


left_out: pytest.StashKey[int] = pytest.StashKey()
