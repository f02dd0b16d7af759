"""A publisher whose keys were made once, a clinic with models of the factory, and a self-test without a process.

For tests at the keyboard: the app works on that clinic's machine, a stick with an update is plugged in.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from publishing import ANOMALY, LESIONS, Clinic, Publisher, a_package, tested_in_this_process

from appliance.engine.choice import Device
from appliance.update.machine import Machine

if TYPE_CHECKING:
    from appliance.settings import Settings

sys.path.append(str(Path(__file__).parent.parent))
"""``piloting`` lies there."""
from piloting import work_at_once  # noqa: E402 - after the line above


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
def bundle(publisher: Publisher, packages: dict[str, Path], tmp_path: Path) -> Path:
    """An update of one model, as a single file."""
    return publisher.bundle(tmp_path / "bundle.outpost", packages["brain-lesions-1.1.0"])


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the self-test compute in this process: the same test, without the second that starting one takes."""
    tested_in_this_process(monkeypatch)


@pytest.fixture
def at_the_clinic(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """Let the app work on the clinic's machine, with a clock that runs: it travels to another process."""
    machine = clinic.machine
    real = Machine(device=Device.CPU, state=machine.state, factory=machine.factory, root=machine.root)

    def machine_of(_settings: Settings) -> Machine:
        return real

    monkeypatch.setattr("appliance.workplace.updating.machine_of", machine_of)
    return clinic


@pytest.fixture
def stick(publisher: Publisher, packages: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stick with an update on it."""
    now = datetime.now(UTC).replace(microsecond=0)
    (tmp_path / "stick").mkdir()
    file = tmp_path / "stick" / "outpost-7.outpost"
    publisher.bundle(file, packages["brain-lesions-1.1.0"], notes="Finds smaller lesions.", made_at=now)
    place = type("Place", (), {"folder": tmp_path / "stick"})
    monkeypatch.setattr("appliance.tui.updates.find_places", lambda: (place,))
    return file


@pytest.fixture
def at_once(here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the app do its work in this process."""
    work_at_once(monkeypatch)
