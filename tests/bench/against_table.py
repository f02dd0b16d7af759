"""The comparison as a table for the README, and as a chart."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure

from tests.bench.record import machine_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.against import Row

CALLED = {
    "outpost": "**Outpost** (OpenVINO, INT8)",
    "onnx-fp32": "what ships, in ONNX Runtime, FP32",
    "teacher": "its teacher in PyTorch, FP32",
    "nnunet-2d": "nnU-Net-style 2D network, mirrored ¹",
    "nnunet-3d": "nnU-Net-style 3D network, mirrored ¹",
}
COLOURS = {"outpost": "#0072B2"}
OTHERS = "#999999"
BASIS = (
    "From the FLAIR in memory to the lesion mask on its own grid, two threads each, each in a process of its own; the "
    "ratio is that of processor time. {machine} Written by `make bench`."
)
SLIDING = (
    "¹ MONAI's DynUNet in the size that nnU-Net's rules give, windows half a window apart, seen in every mirror; its "
    "weights are random, so only time and memory mean anything."
)
MINUTE, LONG = 60.0, 120.0


def table_of(rows: Sequence[Row], record: dict[str, Any]) -> str:
    """Write the table, what it rests on, and what it does not say."""
    lines = [
        "| scan | who | a study | processor | × Outpost | peak memory | on disk |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    ours = {row.scan: row for row in rows if row.contender == "outpost"}
    for row in rows:
        ratio = row.processor_s / ours[row.scan].processor_s
        lines.append(
            f"| {row.scan} | {CALLED[row.contender]} | {duration(row.seconds)}{_asterisk(row)} | "
            f"{duration(row.processor_s)} | {ratio:.1f} | {row.peak_mb:.0f} MB | {row.disk_mb:.1f} MB |"
        )
    return "\n".join(
        [
            *lines,
            "",
            *_notes(rows, record),
            "",
            "![Processor seconds a study, on a logarithmic scale](docs/bench/against.svg)",
        ]
    )


def duration(seconds: float) -> str:
    """Write seconds, or minutes where there are many."""
    return f"{seconds:.2f} s" if seconds < LONG else f"{seconds / MINUTE:.0f} min"


def _asterisk(row: Row) -> str:
    return "" if row.passes is None or row.passes[0] == row.passes[1] else " ²"


def _notes(rows: Sequence[Row], record: dict[str, Any]) -> list[str]:
    notes = [BASIS.format(machine=machine_in_words(record)), "", SLIDING]
    parts = [f"{row.passes[0]} of {row.passes[1]} passes ({row.scan}, {row.contender.rpartition('-')[2].upper()})"
             for row in rows if row.passes and row.passes[0] < row.passes[1]]  # fmt: skip
    return [*notes, "", f"² Extrapolated: timed were {', '.join(parts)}."] if parts else notes


def chart_of(rows: Sequence[Row]) -> str:
    """Draw seconds a study as bars on a logarithmic scale, as SVG that is the same for the same figures."""
    scans = list(dict.fromkeys(row.scan for row in rows))
    with mpl.rc_context({"svg.hashsalt": "against", "font.size": 9}):
        figure = Figure(figsize=(8, 1.0 + 1.5 * len(scans)), layout="constrained")
        axes = figure.subplots(len(scans), 1, sharex=True, squeeze=False)[:, 0]
        for place, scan in zip(axes, scans, strict=True):
            here = [row for row in reversed(rows) if row.scan == scan]
            names = [CALLED[row.contender].replace("**", "").replace(" ¹", "") for row in here]
            bars = place.barh(names, [row.processor_s for row in here],
                              color=[COLOURS.get(row.contender, OTHERS) for row in here])  # fmt: skip
            place.bar_label(bars, [duration(row.processor_s) for row in here], padding=3)
            place.set_xscale("log")
            place.set_title(scan, loc="left")
            place.spines[["top", "right"]].set_visible(False)
            place.margins(x=0.2)
        axes[-1].set_xlabel("processor seconds a study, logarithmic")
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    return "\n".join(line.rstrip() for line in drawn.getvalue().splitlines()) + "\n"
