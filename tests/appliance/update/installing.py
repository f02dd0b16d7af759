"""What a clinic has before and after its first update, and what its record says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.ledger import open_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from publishing import Clinic, Publisher

OLD = {"brain-anomaly-1.0.0", "brain-lesions-1.0.0"}
NEW = {"brain-anomaly-1.0.0", "brain-lesions-1.1.0"}


def install_two_releases(clinic: Clinic, publisher: Publisher, packages: dict[str, Path], folder: Path) -> None:
    """Install one release of the lesion model after another."""
    for number, version in enumerate(("1.1.0", "1.2.0"), start=1):
        clinic.install(publisher.bundle(folder / f"{number}", packages[f"brain-lesions-{version}"]))


def steps_of(clinic: Clinic) -> list[dict[str, str]]:
    """Return every step of every update, from the audit chain."""
    with open_ledger(clinic.machine.state.folder, operator="", app_version="0").ledger as ledger:
        return list(ledger.updates())
