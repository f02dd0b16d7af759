"""A model measured on a folder of labelled scans: each patient, all together, and groups of them.

Works on any folder laid out like those under ``shared/data/brain``, scan by scan, so that memory stays
that of one scan. Every figure is computed on the scan's own grid, over all its voxels.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from appliance.errors import NothingToRead
from training.datasets.case import load
from training.measures import bootstrap, figures, hausdorff_95, pooled, roc_curve, tally
from training.packed import OUTPUTS
from training.reading import read

if TYPE_CHECKING:
    from training.datasets.case import Case, Scan
    from training.measures import Tally
    from training.reading import Reader, Reading

LOAD_EDGES_ML = (5.0, 15.0)
"""Little, middling and much lesion."""
AGE_EDGES = (30.0, 40.0, 50.0)
ROC_POINTS = 60
WITH_INTERVAL = ("dice", "sensitivity", "precision", "lesion_f1", "volume_error")
ReaderFor: TypeAlias = Callable[["Case"], "Reader"]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One scan, measured."""

    case: Case
    tallies: dict[str, Tally]
    """For each output that is labelled."""
    hd95_mm: dict[str, float | None]
    seconds: float


def evaluate(cases: Iterable[Case], reader_for: ReaderFor) -> dict[str, Any]:
    """Measure a reader on labelled cases and return a report for JSON."""
    return report([measure(case, reader_for(case)) for case in cases if case.lesion or case.ventricle])


def measure(case: Case, reader: Reader) -> Measured:
    """Read one scan and compare it with its labels."""
    scan = load(case)
    begun = time.perf_counter()
    reading = read(reader, scan.voxels, scan.geometry)
    return compared(scan, reading, time.perf_counter() - begun)


def compared(scan: Scan, reading: Reading, seconds: float) -> Measured:
    """Compare a reading with the labels, without the slices whose labels are known to be wrong."""
    truths = {"brain": scan.brain, "ventricle": scan.ventricle, "lesion": scan.lesion}
    kept = scan.trusted
    tallies, distances = {}, {}
    for name in OUTPUTS:
        truth = truths[name]
        if truth is None:
            continue
        true, found = truth[:, :, kept], reading.masks[name][:, :, kept]
        likely = reading.probabilities[name][:, :, kept]
        tallies[name] = tally(true, found, likely, scan.geometry.voxel_ml, lesions=name == "lesion")
        distances[name] = hausdorff_95(true, found, scan.geometry.spacing_mm)
    return Measured(scan.case, tallies, distances, seconds)


def report(measured: list[Measured]) -> dict[str, Any]:
    """Put patients, pooled figures, intervals and groups together."""
    if not measured:
        raise NothingToRead("No scan in the folder has a lesion or ventricle mask.", advice="Give a labelled folder.")
    return {
        "pooled": _together(measured),
        "roc": {name: _roc(pooled(counts)) for name, counts in _by_output(measured).items()},
        "interval": _intervals(measured),
        "mean": _means(measured),
        "patients": [_patient(one) for one in measured],
        "groups": {name: _together(members) | {"patients": len(members)} for name, members in _groups(measured)},
    }


def _roc(counts: Tally) -> dict[str, list[float]]:
    """Return the curve at some of its points, dense where false positives are rare."""
    false, true = roc_curve(counts)
    wanted = np.unique(np.searchsorted(false, np.concatenate([[0.0], np.geomspace(1e-6, 1.0, ROC_POINTS)])))
    kept = np.minimum(wanted, len(false) - 1)
    return {"false_positive_rate": false[kept].tolist(), "true_positive_rate": true[kept].tolist()}


def _patient(one: Measured) -> dict[str, Any]:
    who = {"id": one.case.patient, "scan": one.case.key, "sex": one.case.sex, "age_years": one.case.age_years}
    return who | {"seconds": round(one.seconds, 2), "hd95_mm": one.hd95_mm} | _by_figure(one.tallies)


def _by_figure(tallies: dict[str, Tally]) -> dict[str, dict[str, float | None]]:
    tables = {name: asdict(figures(counts, lesions=name == "lesion")) for name, counts in tallies.items()}
    keys = next(iter(tables.values()))
    return {key: {name: table[key] for name, table in tables.items()} for key in keys}


def _together(measured: list[Measured]) -> dict[str, Any]:
    return _by_figure({name: pooled(counts) for name, counts in _by_output(measured).items()})


def _by_output(measured: list[Measured]) -> dict[str, list[Tally]]:
    found = {name: [one.tallies[name] for one in measured if name in one.tallies] for name in OUTPUTS}
    return {name: counts for name, counts in found.items() if counts}


def _intervals(measured: list[Measured]) -> dict[str, dict[str, list[float]]]:
    found = {
        name: bootstrap(counts, WITH_INTERVAL, lesions=name == "lesion")
        for name, counts in _by_output(measured).items()
    }
    return {key: {name: intervals[key] for name, intervals in found.items()} for key in WITH_INTERVAL}


def _means(measured: list[Measured]) -> dict[str, dict[str, float]]:
    """Average each figure over the patients for whom it is defined."""
    rows = [_by_figure(one.tallies) | {"hd95_mm": one.hd95_mm} for one in measured]
    means: dict[str, dict[str, float]] = {}
    for key in rows[0]:
        for name in OUTPUTS:
            values = [row[key][name] for row in rows if row[key].get(name) is not None]
            if values:
                means.setdefault(key, {})[name] = float(np.mean(values))
    return means


def _groups(measured: list[Measured]) -> list[tuple[str, list[Measured]]]:
    groups: dict[str, list[Measured]] = {}
    for one in measured:
        for label in _labels(one):
            groups.setdefault(label, []).append(one)
    return sorted(groups.items())


def _labels(one: Measured) -> list[str]:
    labels = [f"sex {one.case.sex}"] if one.case.sex is not None else []
    if one.case.age_years is not None:
        labels.append(f"age {_span(one.case.age_years, AGE_EDGES)} years")
    if "lesion" in one.tallies:
        labels.append(f"lesion load {_span(one.tallies['lesion'].true_ml, LOAD_EDGES_ML)} ml")
    return labels


def _span(value: float, edges: tuple[float, ...]) -> str:
    below = [edge for edge in edges if edge <= value]
    above = [edge for edge in edges if edge > value]
    if not below:
        return f"below {edges[0]:g}"
    return f"{below[-1]:g} to {above[0]:g}" if above else f"{edges[-1]:g} and above"
