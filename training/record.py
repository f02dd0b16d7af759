"""What is kept of a run under ``results/<run>/``: enough to say where every figure in a table comes from.

    run.json       config, seed, patients learned from, hash of the data, steps, wall time, device
    metrics.json   what `evaluate` measured, and on whom
    curve.csv      loss by epoch
No images of patients and no weights are kept here.
"""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.errors import Unreadable
from training.config import as_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from training.config import RunConfig
    from training.fit import Outcome

RESULTS = Path(__file__).parent / "results"
FEWEST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One training run, as it is told later."""

    name: str
    config: RunConfig
    learned_from: tuple[str, ...]
    held_out: tuple[str, ...]
    data_hash: str
    outcome: Outcome
    started: str
    """UTC, to the second."""
    started_from: str | None = None
    """The run whose weights it began with."""


def write_run(record: RunRecord, folder: Path) -> None:
    """Keep a run's description and its training curve."""
    table = {
        "name": record.name,
        "started": record.started,
        "started_from": record.started_from,
        "seed": record.config.seed,
        "data_hash": record.data_hash,
        "steps": record.outcome.steps,
        "wall_s": round(record.outcome.wall_s, 1),
        "device": record.outcome.device,
        "parameters": sum(weights.numel() for weights in record.outcome.network.parameters()),
        "learned_from": list(record.learned_from),
        "held_out": list(record.held_out),
        "config": as_table(record.config),
    }
    write_json(table, folder / "run.json")


def write_curve(rows: Sequence[Mapping[str, float]], folder: Path) -> None:
    """Keep the epochs' losses."""
    columns = [name for name in ("epoch", "step", "loss", "validation_loss") if any(name in row for row in rows)]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "curve.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_json(table: dict[str, Any], path: Path) -> None:
    """Write JSON whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as out:
        json.dump(_rounded(table), out, indent=1)
        out.write("\n")
        out.flush()
        os.fsync(out.fileno())
    partial.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Read a recorded table."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path.name} cannot be read ({error}).", advice="Run the command that writes it.") from error


def _rounded(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    return round(value, FEWEST_DIGITS) if isinstance(value, float) else value
