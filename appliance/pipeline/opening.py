"""The reader with the installed packages, opened for one batch and closed after it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from appliance.engine.engines import Engines
from appliance.errors import BadModel
from appliance.models import load_shelf
from appliance.models.slots import active_models
from appliance.pipeline.reader import PackageReader
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from appliance.engine.choice import Device
    from appliance.settings import Settings


def open_active(settings: Settings, device: Device) -> AbstractContextManager[PackageReader]:
    """Open the reader with the models that are used on this machine."""
    active = active_models()
    return open_packages(active.folder, settings, device, active.notices)


@contextmanager
def open_packages(
    folder: Path, settings: Settings, device: Device, notices: Iterable[str] = ()
) -> Iterator[PackageReader]:
    """Check every package of a folder and open the reader; what is damaged is said, and its kind is not read."""
    packages, faults = load_shelf(folder, settings.limits)
    if not packages:
        raise (
            faults[0]
            if faults
            else BadModel(f"{shown(str(folder))} holds no model package.", advice="Install the program again.")
        )
    with Engines(settings.computing, device) as engines:
        yield PackageReader(packages, engines, settings, notices=(*notices, *map(str, faults)))
