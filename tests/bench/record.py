"""What was measured, as JSON beside the documents: with the day, the processor, its cores and how busy it was."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
RECORDS = REPOSITORY / "docs" / "bench"
LOOK_S = 2.0
BUSY = 0.2
"""Of one core: from here on other programs are told of."""


def write_record(name: str, began: dict[str, Any], measured: dict[str, Any], records: Path = RECORDS) -> Path:
    """Keep what was measured, with the machine as it was when that began."""
    records.mkdir(parents=True, exist_ok=True)
    path = records / f"{name}.json"
    path.write_text(json.dumps({**began, **measured}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read_record(name: str, records: Path = RECORDS) -> dict[str, Any]:
    """Return what was measured."""
    record: dict[str, Any] = json.loads((records / f"{name}.json").read_text(encoding="utf-8"))
    return record


def machine() -> dict[str, Any]:
    """Describe this machine as it is now.

    How busy it is cannot be told by the system's load, which a bench that ran a minute ago still raises.
    """
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "busy_cores_at_the_start": round(psutil.cpu_percent(LOOK_S) / 100 * (psutil.cpu_count() or 1), 2),
    }


def machine_in_words(record: dict[str, Any]) -> str:
    """Say on what it was measured, and warn of a machine that had other work."""
    noise = f"; the machine had other work ({work}), so all times are too long" if (work := _other_work(record)) else ""
    return f"Measured on {record['measured_on']}, {record['processor']}, {record['cores']} cores{noise}."


def _other_work(record: dict[str, Any]) -> str:
    busy = record.get("busy_cores_at_the_start")
    if busy is None:
        return f"load {record['waiting_at_the_start']:g}" if record["waiting_at_the_start"] > 1 else ""
    return f"{busy:g} cores busy before it began" if busy > BUSY else ""


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    if told.is_file():
        for line in told.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
