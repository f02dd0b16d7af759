"""The clinic's program as the year starts it: ``outpost`` itself, built with the year's root, under a clock that jumps.

    program.py ROOT COMMAND…

A line ``back DAYS`` on its standard input sets this process's clock back, as a machine whose battery is empty does.
When the input ends, whoever started it is gone, and it goes too.
"""

from __future__ import annotations

import os
import sys
import threading
from datetime import timedelta
from pathlib import Path

import time_machine

from appliance.__main__ import main as outpost
from appliance.update import trust


def main() -> int:
    """Run one command of ``outpost``."""
    root, *arguments = sys.argv[1:]
    trust.EMBEDDED_ROOT = Path(root)
    threading.Thread(target=_obey, daemon=True).start()
    return outpost(arguments)


def _obey() -> None:
    while line := os.read(0, 100).decode():
        time_machine.travel(-timedelta(days=int(line.removeprefix("back ")))).start()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
