"""The comparison as Markdown, CSV and one HTML page with curves, from recorded runs alone.

A row is a record with both ``run.json`` or folds of it and ``metrics.json``; nothing is typed in by hand.
"""

from __future__ import annotations

import csv
import html
import io
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

from appliance.errors import NothingToRead
from training.record import read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

COLUMNS = ("dice", "iou", "precision", "sensitivity", "specificity", "accuracy", "auc", "lesion_f1", "volume_error")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    run: str
    data: str
    patients: int
    parameters_m: float | None
    began_with: str
    """Runs whose weights it went on from: their steps and minutes come on top."""
    steps: int | None
    minutes: float | None
    lesion_dice: float | None
    lesion_dice_interval: str
    ventricle_dice: float | None
    brain_dice: float | None
    lesion_f1: float | None
    sensitivity: float | None
    precision: float | None
    specificity: float | None
    accuracy: float | None
    iou: float | None
    auc: float | None
    hd95_mm: float | None
    volume_error: float | None
    calibration_error: float | None
    device: str
    seed: int | None
    data_hash: str


def rows_of(results: Path) -> list[Row]:
    """Return a row for each data set of each record that was measured."""
    rows = []
    for metrics in sorted(results.glob("*/metrics.json")):
        table, runs = read_json(metrics), _runs_behind(metrics.parent)
        if "pooled" in table:
            parts = table.get("datasets") or {table.get("data", "all"): table}
            rows += [_row(metrics.parent.name, data, part, runs) for data, part in parts.items()]
    if not rows:
        raise NothingToRead(f"No measured run is recorded in {results.name}.", advice="Run `evaluate` or `crossval`.")
    return rows


def markdown(rows: Sequence[Row]) -> str:
    """Return the table as Markdown."""
    names = [entry.name for entry in fields(Row)]
    lines = [" | ".join(name.replace("_", " ") for name in names), " | ".join("---" for _ in names)]
    lines += [" | ".join(_shown(value) for value in asdict(row).values()) for row in rows]
    return "".join(f"| {line} |\n" for line in lines)


def comma_separated(rows: Sequence[Row]) -> str:
    """Return the table as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [entry.name for entry in fields(Row)], lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if value is None else value for name, value in asdict(row).items()} for row in rows)
    return out.getvalue()


def page(rows: Sequence[Row], results: Path) -> str:
    """Return one HTML page: the table, the training curves, the ROC curves. It holds no picture of a patient."""
    head = "".join(f"<th>{html.escape(entry.name.replace('_', ' '))}</th>" for entry in fields(Row))
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_shown(value))}</td>" for value in asdict(row).values()) + "</tr>"
        for row in rows
    )
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Brain networks compared</title>"
        "<style>body{font:14px sans-serif;margin:2em}table{border-collapse:collapse}"
        "td,th{border:1px solid #bbb;padding:3px 6px;text-align:right}td:first-child{text-align:left}</style>"
        "<h1>Brain networks compared</h1><p>Measured on patients that the network did not learn from, pooled over "
        "voxels; intervals are 95&nbsp;% bootstrap over patients. Research use only.</p>"
        f"<table><tr>{head}</tr>{body}</table>"
        f"<h2>Training curves</h2>{_figure(lambda axes: _draw_curves(axes, results))}"
        f"<h2>ROC, lesion</h2>{_figure(lambda axes: _draw_roc(axes, results, 'lesion'))}"
        f"<h2>ROC, ventricle</h2>{_figure(lambda axes: _draw_roc(axes, results, 'ventricle'))}</html>\n"
    )


def _row(run: str, data: str, part: dict[str, Any], runs: list[dict[str, Any]]) -> Row:
    pooled, far = part["pooled"], part.get("mean", {}).get("hd95_mm", {})
    interval = part.get("interval", {}).get("dice", {}).get("lesion") or []
    lesion = {key: pooled[key].get("lesion") for key in (*COLUMNS, "calibration_error")}
    return Row(
        run=run,
        data=data,
        patients=len({one["id"] for one in part["patients"]}),
        parameters_m=round(runs[0]["parameters"] / 1e6, 2) if runs else None,
        began_with=", ".join(str(each["started_from"]) for each in runs if each.get("started_from")),
        steps=sum(each["steps"] for each in runs) if runs else None,
        minutes=round(sum(each["wall_s"] for each in runs) / 60, 1) if runs else None,
        lesion_dice=lesion["dice"],
        lesion_dice_interval=" to ".join(f"{edge:.3f}" for edge in interval),
        ventricle_dice=pooled["dice"].get("ventricle"),
        brain_dice=pooled["dice"].get("brain"),
        lesion_f1=lesion["lesion_f1"],
        sensitivity=lesion["sensitivity"],
        precision=lesion["precision"],
        specificity=lesion["specificity"],
        accuracy=lesion["accuracy"],
        iou=lesion["iou"],
        auc=lesion["auc"],
        hd95_mm=far.get("lesion"),
        volume_error=lesion["volume_error"],
        calibration_error=lesion["calibration_error"],
        device=runs[0]["device"] if runs else "",
        seed=runs[0]["seed"] if runs else None,
        data_hash=runs[0]["data_hash"] if runs else "",
    )


def _runs_behind(folder: Path) -> list[dict[str, Any]]:
    """Return the run of a record, or those of the folds that it names."""
    if (folder / "run.json").is_file():
        return [read_json(folder / "run.json")]
    named = read_json(folder / "metrics.json").get("runs", [])
    paths = [folder.parent / name / "run.json" for name in named]
    return [read_json(path) for path in paths if path.is_file()]


def _shown(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _figure(draw: Callable[[Any], None]) -> str:
    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415 - the backend must be chosen first

    with mpl.rc_context({"svg.hashsalt": "outpost", "svg.fonttype": "none"}):
        figure, axes = plt.subplots(figsize=(8, 4.5))
        draw(axes)
        if axes.lines:
            axes.legend(fontsize=7)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
        plt.close(figure)
    return out.getvalue()[out.getvalue().index("<svg") :]


def _draw_curves(axes: Any, results: Path) -> None:  # noqa: ANN401 - matplotlib's axes
    for path in sorted(results.glob("*/curve.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            points = [(int(row["step"]), float(row["loss"])) for row in csv.DictReader(lines) if row.get("loss")]
        axes.plot(*zip(*points, strict=True), label=path.parent.name, linewidth=1) if points else None
    axes.set(xlabel="step", ylabel="loss, mean of the epoch")


def _draw_roc(axes: Any, results: Path, output: str) -> None:  # noqa: ANN401 - matplotlib's axes
    for path in sorted(results.glob("*/metrics.json")):
        curve = read_json(path).get("roc", {}).get(output)
        if curve:
            axes.plot(curve["false_positive_rate"], curve["true_positive_rate"], label=path.parent.name, linewidth=1)
    axes.set(xlabel="false positive rate", ylabel="true positive rate", xscale="symlog")
    axes.set_xscale("symlog", linthresh=1e-4)
