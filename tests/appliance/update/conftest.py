"""A publisher whose keys were made once, a clinic with models of the factory, and a self-test without a process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from publishing import ANOMALY, LESIONS, Clinic, Publisher, a_package, tested_in_this_process

sys.path.append(str(Path(__file__).parent.parent))
"""``piloting`` lies there."""


@pytest.fixture(scope="session")
def _first_publisher(tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    return Publisher.new(tmp_path_factory.mktemp("keys") / "publisher")


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Packages by name."""
    folder = tmp_path_factory.mktemp("packages")
    made = [a_package(folder, task, version) for task in (LESIONS, ANOMALY) for version in ("1.0.0", "1.1.0", "1.2.0")]
    return {package.name: package for package in made}


@pytest.fixture(autouse=True)
def _unflushed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the disk, which others wait for; one test looks whether everything is flushed in time."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)


@pytest.fixture
def publisher(_first_publisher: Publisher, tmp_path: Path) -> Publisher:
    return _first_publisher.copy(tmp_path / "publisher")


@pytest.fixture
def clinic(publisher: Publisher, packages: dict[str, Path], tmp_path: Path) -> Clinic:
    return Clinic.new(
        tmp_path / "clinic", publisher.root, packages["brain-lesions-1.0.0"], packages["brain-anomaly-1.0.0"]
    )


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the self-test compute in this process: the same test, without the second that starting one takes."""
    tested_in_this_process(monkeypatch)
