"""A publisher whose keys were made once, a clinic with models of the factory, and a self-test without a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from publishing import ANOMALY, LESIONS, Clinic, Publisher, a_package

from appliance.engine.engines import Engines
from appliance.update import activate, trial

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.engine.choice import Device
    from appliance.settings import Settings
    from appliance.update.trial import Outcome


@pytest.fixture(scope="session")
def _first_publisher(tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    return Publisher.new(tmp_path_factory.mktemp("keys") / "publisher")


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Packages by name."""
    folder = tmp_path_factory.mktemp("packages")
    made = [a_package(folder, task, version) for task in (LESIONS, ANOMALY) for version in ("1.0.0", "1.1.0", "1.2.0")]
    return {package.name: package for package in made}


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

    def try_models(folders: tuple[Path, ...], settings: Settings, device: Device) -> Iterator[Outcome]:
        with Engines(settings.computing, device) as engines:
            for folder in folders:
                yield from trial._tested(folder, settings, engines)

    monkeypatch.setattr(activate, "try_models", try_models)
