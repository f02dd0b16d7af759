"""Outpost against what people would use instead, on the same scans, with two threads each, one process after another.

Run as ``python -m tests.bench.against`` (a quarter of an hour on a quiet machine; ``--whole`` times every pass of the
nnU-Net-style networks, which takes hours). It keeps ``docs/bench/against.json``, draws ``docs/bench/against.svg`` and
writes the table into the README; ``--table`` only draws and writes anew what is kept.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.marked import write_block
from tests.bench.record import RECORDS, REPOSITORY, machine, read_record, write_record

if TYPE_CHECKING:
    from appliance.contracts import Volume

ORDER = ("outpost", "onnx-fp32", "teacher", "nnunet-2d", "nnunet-3d")
PASSES = {"nnunet-2d": 8, "nnunet-3d": 1}
"""Of a network that takes minutes, this many are timed."""
REAL = Path("brain") / "ljubljana_longitudinal" / "patient01" / "study1_flair.nii.gz"
NAME, MARKER = "against", "against"
CORES = 2


@dataclass(frozen=True, slots=True)
class Row:
    """What one contender took for one scan."""

    contender: str
    scan: str
    seconds: float
    processor_s: float
    peak_mb: float
    disk_mb: float
    passes: tuple[int, int] | None
    """How many passes were timed, of how many; ``None`` where a whole study was."""


def main() -> None:
    """Measure, keep and show."""
    options = _options()
    if options.contender:
        print(json.dumps(_measured(options.contender, Path(options.scan), options.passes)))
        return
    if not options.table:
        began = machine()
        with tempfile.TemporaryDirectory(prefix="outpost-against-") as place:
            rows = _all_rows(Path(place), whole=options.whole)
        write_record(NAME, began, {"rows": [asdict(row) for row in rows]})
    show(RECORDS, REPOSITORY / "README.md")


def show(records: Path, readme: Path) -> None:
    """Draw the chart and write the table from what is kept."""
    from tests.bench.against_table import chart_of, table_of  # noqa: PLC0415 - the measuring must not pay for it

    record = read_record(NAME, records)
    rows = rows_of(record)
    (records / f"{NAME}.svg").write_text(chart_of(rows), encoding="utf-8")
    write_block(readme, MARKER, table_of(rows, record))


def rows_of(record: dict[str, Any]) -> list[Row]:
    """Read what was kept."""
    return [Row(**{**row, "passes": tuple(row["passes"]) if row["passes"] else None}) for row in record["rows"]]


def _all_rows(place: Path, *, whole: bool) -> list[Row]:
    rows = []
    for scan, folder in _scans(place).items():
        for contender in ORDER:
            limit = None if whole else PASSES.get(contender)
            rows.append(Row(contender, scan, **_in_a_process(contender, folder, limit)))
            print(f"{scan:<24} {contender:<10} {rows[-1].seconds:9.2f} s {rows[-1].peak_mb:7.0f} MB", flush=True)
    return rows


def _scans(place: Path) -> dict[str, Path]:
    """Make the scans that the sample generator draws, and fetch a published one if it is there."""
    for kind in ("thick", "fine"):
        making = [sys.executable, str(REPOSITORY / "tests" / "bench" / "reading.py"), "--measure", f"make {kind}"]
        subprocess.run(
            [*making, "--folder", str(place / kind), "--number", "1"],
            check=True,
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
        )
    scans = {"sample, 20 slices": place / "thick" / "scans", "sample, 1 mm": place / "fine" / "scans"}
    published = Path(os.environ.get("OUTPOST_DATA", REPOSITORY.parent / "shared" / "data")) / REAL
    if published.is_file():
        (place / "real").mkdir()
        shutil.copyfile(published, place / "real" / "flair.nii.gz")
        scans["published, 36 slices"] = place / "real"
    return scans


def _in_a_process(contender: str, scan: Path, passes: int | None) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.against", "--contender", contender, "--scan", str(scan)]
    bound = [] if passes is None else ["--passes", str(passes)]
    answer = subprocess.run([*command, *bound], check=True, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
    measured: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return measured


def _measured(contender: str, scan: Path, passes: int | None) -> dict[str, Any]:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    from tests.bench.contenders import cost_of  # noqa: PLC0415 - only this process needs it

    cost = cost_of(contender, volume_in(scan), passes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    return {**asdict(cost), "peak_mb": peak}


def volume_in(folder: Path) -> Volume:
    """Read the FLAIR of a folder."""
    from appliance.contracts import Kind, StudyFound  # noqa: PLC0415 - the process that reports must not pay for it
    from appliance.settings import Settings  # noqa: PLC0415 - the same
    from appliance.studies import find_studies  # noqa: PLC0415 - the same
    from appliance.volumes import read_volumes  # noqa: PLC0415 - the same

    for event in find_studies(folder, Settings()):
        if isinstance(event, StudyFound):
            for series in event.study.series:
                if series.recognition.kind is Kind.BRAIN_FLAIR:
                    return read_volumes(event.study, series, Settings())[0]
    raise FileNotFoundError(f"no FLAIR of a head in {folder.name}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", action="store_true", help="time every pass of the nnU-Net-style networks: hours")
    parser.add_argument("--table", action="store_true", help="measure nothing; write table and chart from what is kept")
    parser.add_argument("--contender", choices=ORDER, help=argparse.SUPPRESS)
    parser.add_argument("--scan", help=argparse.SUPPRESS)
    parser.add_argument("--passes", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
