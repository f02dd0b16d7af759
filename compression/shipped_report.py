"""What ships and what it costs, as a table beside the facts of how it was measured."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from compression.agreeing import CORES
from compression.timing import PYTORCH, RUNTIMES, SIDE, machine
from training.record import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from compression.shipped import Cost


def report_shipped(found: Sequence[Cost], folder: Path) -> str:
    """Write table and facts; return the table."""
    table = _markdown(found)
    folder.mkdir(parents=True, exist_ok=True)
    facts = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "made_with": "python -m compression shipped",
        "machine": machine(),
        "costs": [asdict(one) for one in found],
    }
    write_json(facts, folder / "shipped.json")
    (folder / "shipped.md").write_text(table, encoding="utf-8")
    return table


def _markdown(found: Sequence[Cost]) -> str:
    runtimes = [name for name in RUNTIMES if any(name in one.milliseconds for one in found)]
    head = [
        *("network", "input", "weights", "of the full one", "FP32", "INT8", "FP16", "FP32 / INT8"),
        *(f"{name}, full" if name == PYTORCH else name for name in runtimes),
        *("FP32 / INT8, time", "full / INT8, time"),
    ]
    lines = [
        f"Milliseconds for one slice on {CORES} cores, the fastest of several rounds in turns; the last two columns",
        "are of OpenVINO. The full network is asked in PyTorch as it was when it was measured: for lesions with each",
        f"slice's mirror image. Input is as in the clinic, and for lesions also {SIDE}×{SIDE}. FP32 is plain, before",
        "its weights are kept in halves.",
        "",
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
    ]
    return "\n".join([*lines, *(f"| {' | '.join(_cells(one, runtimes))} |" for one in found)]) + "\n"


def _cells(one: Cost, runtimes: Sequence[str]) -> list[str]:
    full = one.faster_than_full
    return [
        f"{one.package}: {one.network}",
        "×".join(map(str, one.shape)),
        f"{one.weights:,}",
        "–" if one.full_weights is None else f"{one.full_weights:,}",
        *(f"{one.bytes_of[kind] / 1e3:.0f} kB" for kind in ("FP32", "INT8", "FP16")),
        f"{one.smaller:.2f}",
        *(f"{one.milliseconds[name]:.1f}" if name in one.milliseconds else "–" for name in runtimes),
        f"{one.faster:.2f}",
        "–" if full is None else f"{full:.1f}",
    ]
