"""The frontier as one table and one picture, beside the facts of how they were made."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib import pyplot as plt

from compression.agreeing import CORES
from compression.timing import RUNTIMES, SIDE
from training.record import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from compression.frontier import Row

mpl.use("Agg")
FACTS = "frontier.json"
SHAPES = dict(zip(RUNTIMES, "os^vDPX", strict=True))


def report(rows: Sequence[Row], folder: Path, gone: Sequence[str] = ()) -> str:
    """Write table, picture and facts; return the table. Stages that are gone and were never timed are named."""
    table = markdown(rows) + (
        f"\nMeasured, but not timed: the networks of {', '.join(gone)} are gone.\n" if gone else ""
    )
    folder.mkdir(parents=True, exist_ok=True)
    facts = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "made_with": "python -m compression frontier",
        "gone": list(gone),
        "rows": [asdict(row) | {"study_s": row.study_s} for row in rows],
    }
    write_json(facts, folder / FACTS)
    (folder / "frontier.md").write_text(table, encoding="utf-8")
    draw(rows, folder / "frontier.png")
    return table


def markdown(rows: Sequence[Row]) -> str:
    """Lay the table out."""
    shown = [name for name in RUNTIMES if any(name in row.milliseconds for row in rows)]
    head = [
        "stage",
        "folds",
        "parameters",
        "MACs",
        "FP32",
        "INT8",
        "FP16",
        "Dice FP32",
        "Dice INT8",
        *shown,
        "study",
        "timed",
    ]
    lines = [
        "Lesion Dice, pooled, on patients that the fold's network never saw. Milliseconds for one slice of",
        f"{SIDE}×{SIDE} on {CORES} cores, the fastest of several rounds in turns; a study is twenty on OpenVINO INT8.",
        "Sizes and times are those of the run that the row names; those of different runs are not to be compared.",
        "",
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
    ]
    return "\n".join([*lines, *(f"| {' | '.join(_cells(row, shown))} |" for row in rows)]) + "\n"


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw Dice over time, one colour a stage and one shape a runtime."""
    figure, axis = plt.subplots(figsize=(13, 7))
    for number, row in enumerate(rows):
        colour = mpl.colormaps["tab20"](number % 20)
        for runtime, milliseconds in row.milliseconds.items():
            dice = row.dice.get("INT8" if runtime.endswith("INT8") else "FP32")
            if dice is not None:
                axis.scatter(milliseconds, dice, color=colour, marker=SHAPES[runtime], s=45)
        label = f"{row.name}: {row.parameters / 1e6:.2f} M parameters, folds {', '.join(map(str, row.folds))}"
        axis.scatter([], [], color=colour, label=label)
    for runtime in RUNTIMES:
        if any(runtime in row.milliseconds for row in rows):
            axis.scatter([], [], color="grey", marker=SHAPES[runtime], label=runtime)
    axis.set(xscale="log", xlabel=f"milliseconds for a slice of {SIDE}×{SIDE}, {CORES} cores", ylabel="lesion Dice")
    axis.grid(visible=True, which="both", alpha=0.2)
    axis.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _cells(row: Row, shown: Sequence[str]) -> list[str]:
    sizes = [f"{row.bytes_of[kind] / 1e6:.2f} MB" for kind in ("FP32", "INT8", "FP16")]
    dice = [f"{row.dice[kind]:.4f}" if kind in row.dice else "–" for kind in ("FP32", "INT8")]
    times = [f"{row.milliseconds[name]:.1f}" if name in row.milliseconds else "–" for name in shown]
    folds = ", ".join(map(str, row.folds))
    return [
        row.name,
        folds,
        f"{row.parameters:,}",
        f"{row.operations / 1e9:.2f} G",
        *sizes,
        *dice,
        *times,
        f"{row.study_s:.2f} s",
        row.timed,
    ]
