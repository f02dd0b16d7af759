"""The same visits once more without any fault, and whether their results are the same but for their times.

Who is read again: whoever was being read when something struck, whoever failed at first, and others at even distances;
with their earlier visits, because a later one is compared with them. Nothing is forgiven but the time: findings must
agree in all but times; then the year's times are put into the quiet result, the program makes its report and DICOM
objects from that, and every byte of every file must be that of the year.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from appliance.findings.json_file import NAME
from tests.bench.year.evidence import REPORT, Compared
from tests.bench.year.journal import FAILED, struck_visits
from tests.bench.year.living import live
from tests.bench.year.started import start
from tests.bench.year.visits import folder_of, key_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.bench.year.journal import Run
    from tests.bench.year.living import Clinic
    from tests.bench.year.plan import Visit, Year

SHARE, FEWEST, MOST = 0.05, 6, 40
"""How many are read again besides those whom something struck."""


def sample_of(year: Year, runs: list[Run]) -> frozenset[int]:
    """Choose the visits that are read again."""
    good = [visit for visit in year.visits if visit.broken is None]
    failed = {told.key for run in runs for told in run.told if told.ending == FAILED}
    chosen = {visit.number for visit in good if key_of(visit) in failed} | struck_visits(runs)
    wanted = min(MOST, max(FEWEST, round(SHARE * len(good))))
    chosen |= {visit.number for visit in good[:: max(1, len(good) // wanted)]}
    patients = {visit.patient for visit in good if visit.number in chosen}
    return frozenset(visit.number for visit in good if visit.patient in patients)


def compare_with_quiet(lived: Clinic, quiet: Clinic, year: Year, say: Callable[[str], None]) -> tuple[Compared, ...]:
    """Read a sample of a year again, and compare."""
    sample = sample_of(year, lived.journal().runs)
    calm = year.only(sample)
    live(quiet, calm, say)
    found = []
    for month in calm.months:
        for visit in month.visits:
            scans = quiet.stick(month.number) / folder_of(visit)
            found.append(Compared(visit.number, _differences(lived, quiet, visit, scans)))
    return tuple(found)


def _differences(lived: Clinic, quiet: Clinic, visit: Visit, scans: Path) -> tuple[str, ...]:
    ours, theirs = lived.results / key_of(visit), quiet.results / key_of(visit)
    if not ((ours / NAME).is_file() and (theirs / NAME).is_file()):
        return ("it was read only once",)
    if without_times(ours / NAME) != without_times(theirs / NAME):
        return (NAME,)
    again = quiet.place / "again"
    shutil.rmtree(again, ignore_errors=True)
    shutil.copytree(theirs, again, ignore=shutil.ignore_patterns(REPORT, "dicom"))
    shutil.copyfile(ours / NAME, again / NAME)
    start(quiet.updates.root, ["report", str(again), "--dicom", str(scans)], quiet.state)
    return differing(ours, again)


def without_times(path: Path) -> dict[str, Any]:
    """Read findings without what ``findings.study`` says differs from run to run."""
    findings: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for timed in ("made_at", "timings"):
        del findings[timed]
    for model in findings["models"]:
        for engine in model["engines"]:
            del engine["reason"]
    return findings


def differing(one: Path, other: Path) -> tuple[str, ...]:
    """Name the files below two folders that are not the same, byte for byte."""
    names = {path.relative_to(folder).as_posix() for folder in (one, other) for path in folder.rglob("*")
             if path.is_file()}  # fmt: skip
    return tuple(sorted(name for name in names if not _same(one / name, other / name)))


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()
