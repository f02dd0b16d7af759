"""One update in a process of its own, to be killed: ``update_once.py STATE FACTORY ROOT BUNDLE``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from appliance.engine.choice import Device
from appliance.state import MachineState
from appliance.update.install import install
from appliance.update.machine import Machine


def noon() -> datetime:
    """Stop the clock."""
    return datetime(2026, 11, 21, 12, tzinfo=UTC)


def main() -> None:
    """Say when it begins, each step, and when it is done."""
    state, factory, root, bundle = map(Path, sys.argv[1:])
    machine = Machine(device=Device.CPU, state=MachineState(state), factory=factory, root=root, clock=noon)
    print("begun", flush=True)
    for told in install(bundle, machine):
        print(told.stage, flush=True)
    print("finished", flush=True)


if __name__ == "__main__":
    main()
