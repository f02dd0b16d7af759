"""Recorded results as the figures that a package states, and as what the gate judges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from appliance.errors import Misuse
from appliance.models.spec import Measured, Role
from compression.gate import Figure, Kept
from training.record import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

INT8 = "-int8"
SHIPS = "student-int8"
"""The stage of the sagittal student that the clinic runs."""
TISSUES = ("vertebra", "disc", "canal")
JUDGED = ("ventricle", "lesion")
"""What a lesion network must not lose; the brain is found by another."""


def lesions_kept(results: Path, teacher: str, student: str) -> list[Kept]:
    """Compare what a student and its INT8 twin could do with what their teacher could, all on the same patients."""
    records = [_record(results, name) for name in (teacher, student, student + INT8)]
    if len({tuple(record["folds"]) for record in records}) > 1:
        raise Misuse(
            f"{teacher} and {student} were measured on different patients.", advice="Measure them on the same folds."
        )
    return [
        Kept(f"{student}, {name}", Figure.DICE, *(record["all"]["pooled"]["dice"][name] for record in records))
        for name in JUDGED
    ]


def segmenter_kept(folder: Path) -> list[Kept]:
    """Compare what the sagittal student and its INT8 twin mark with what their teacher marks, on the same patients."""
    path = folder / "run.json"
    if not path.is_file():
        raise Misuse("The sagittal student was not measured.", advice="Run: python -m compression sagittal")
    metrics = read_json(path)["metrics"]
    stages = ("teacher", "student", SHIPS)
    return [
        Kept(f"segmenter, {name}", Figure.DICE, *(metrics[stage]["dice"][name]["value"] for stage in stages))
        for name in TISSUES
    ]


def lesion_figures(results: Path, student: str) -> list[Measured]:
    """Return the Dice of everything that the package marks, by data set, of the graph that the clinic runs."""
    return list(_lesion_figures(_record(results, student + INT8)))


def chosen_thresholds(results: Path, student: str) -> dict[str, float]:
    """Return what turns probabilities into masks: chosen on all folds, or what its one fold was measured with."""
    record = _record(results, student + INT8)
    chosen = record.get("chosen_on_all") or record["limits"]
    return {"ventricle": chosen["ventricle"], "lesion": chosen["lesion"], "smallest_lesion_ml": chosen["smallest_ml"]}


def anomaly_figures(comparison: Path, method: str) -> list[Measured]:
    """Return what was measured of the anomaly method that ships."""
    found = [row for row in read_json(comparison)["rows"] if row["method"] == method]
    return [
        _measured(f"{figure} of what is marked", row[key], *row["interval_95"][key], row["patients"], _anomalies(row))
        for row in found
        for figure, key in (("Dice", "dice"), ("area under precision and recall", "auprc"))
    ]


def spine_figures(
    run: Path,
    wanted: Sequence[tuple[str, tuple[str, ...]]],
    count: tuple[str, ...],
    on: str,
    role: Role = Role.CPU_FP32,
) -> list[Measured]:
    """Return figures of a recorded spine run; each is found by its path through the record."""
    metrics = read_json(run)["metrics"]
    cases = int(_at(metrics, count))
    figures = [(name, _at(metrics, path)) for name, path in wanted]
    return [_measured(name, one["value"], one["low"], one["high"], cases, on, role) for name, one in figures]


def _lesion_figures(record: dict[str, Any]) -> Iterator[Measured]:
    parts = {"": record["all"]} | {f"{name}: ": table for name, table in record.get("datasets", {}).items()}
    for dataset, table in parts.items():
        on, cases = dataset + record["held_out"], len(table["patients"])
        for name, value in table["pooled"]["dice"].items():
            low, high = table["interval"]["dice"][name]
            yield _measured(f"Dice of {name}", value, low, high, cases, on)


def _measured(
    figure: str, value: float, low: float, high: float, cases: int, on: str, role: Role = Role.CPU_INT8
) -> Measured:
    return Measured(figure, value, min(low, value), max(high, value), cases, on, role)


def _anomalies(row: dict[str, Any]) -> str:
    truth = "automatic tumour masks" if row["dataset"] == "glioma_tcga" else "lesion masks"
    return f"{row['dataset']}, {truth}; each patient by a table that learnt from the others"


def _at(table: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - JSON
    for key in path:
        table = table[key]
    return table


def _record(results: Path, name: str) -> dict[str, Any]:
    path = results / name / "metrics.json"
    if not path.is_file():
        raise Misuse(f"{name} was not measured.", advice=f"Run: python -m compression measure {name} …")
    return read_json(path)
