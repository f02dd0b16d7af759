"""This machine as an update sees it: where things lie, whom the program trusts, what runs here."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from appliance import __version__
from appliance.engine import openvino_cpu
from appliance.engine.choice import Device
from appliance.engine.trouble import Trouble
from appliance.exact_json import NotAsAgreed
from appliance.models.slots import FACTORY, active_models, packages_in
from appliance.models.spec import SCHEMA
from appliance.settings import Settings
from appliance.state import MachineState, find_state
from appliance.update.handover import read_programs
from appliance.update.plan import Here
from appliance.update.staging import digest_of
from appliance.update.trust import embedded_root

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROCESSORS = {"amd64": "x86_64", "x86-64": "x86_64", "arm64": "aarch64"}
SYSTEMS = {"win32": "windows", "darwin": "macos"}


def utc_now() -> datetime:
    """Read this machine's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Machine:
    """What an update is told of the machine that it comes to."""

    settings: Settings = field(default_factory=Settings)
    device: Device = Device.AUTO
    state: MachineState = field(default_factory=find_state)
    factory: Path = FACTORY
    root: Path | None = None
    """The publisher's root; ``None`` for the one that the program was built with."""
    app_version: str = __version__
    operator: str = ""
    clock: Callable[[], datetime] = utc_now

    def trusted_root(self) -> bytes:
        """Return the publisher's root, or say that there is none."""
        return embedded_root(self.root)

    def models(self) -> Path:
        """Return the folder of the models that are used now."""
        return active_models(self.state, self.factory, self.app_version).folder

    def digest(self) -> str:
        """Hash all that is used now: the same before and after, if nothing was touched."""
        folder = self.models()
        try:
            return digest_of(folder, packages_in(folder))
        except OSError as error:
            return f"unreadable: {error.strerror}"

    def here(self) -> Here:
        """Gather what a plan is made from."""
        return Here(
            app_version=self.app_version,
            model_schema=SCHEMA,
            openvino=_openvino(),
            platform=platform_name(),
            installed=packages_in(self.models()),
            program_version=self._program_version(),
        )

    def _program_version(self) -> str:
        try:
            active = read_programs(self.state).active
        except (NotAsAgreed, OSError):
            return ""
        return active.version if active else ""


def platform_name() -> str:
    """Name this system and its processor as bundles do: ``linux-x86_64``."""
    processor = platform.machine().lower()
    return f"{SYSTEMS.get(sys.platform, sys.platform)}-{PROCESSORS.get(processor, processor)}"


def _openvino() -> str:
    try:
        return openvino_cpu.version().partition("-")[0]
    except Trouble:
        return ""
