"""How long reports take and how large they are: a brain's, a spine's, a batch's pages, a workbook of 1,000 studies.

Run as ``python tests/bench/reports.py`` (about half a minute). Each is made in a process of its own, as a clinic's
machine would make the first one of a day, and then several times more; the quickest counts. Seconds of processor
stand beside those of the clock, because only they mean something on a busy machine, and are what is held against
the goals. Exit code 1 says that a goal was missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY = Path(__file__).resolve().parents[2]
MANY = 1000
BATCH = 100
TIMES = 5


@dataclass(frozen=True, slots=True)
class Goal:
    """What a report may take."""

    says: str
    seconds: float | None = None
    """Of processor."""
    megabytes: float | None = None


GOALS = {
    "brain": Goal("PDF of a brain study", 0.4, 1.5),
    "brain-fa": Goal("the same in Persian"),
    "spine": Goal("PDF of a spine study"),
    "batch": Goal(f"PDF of a batch of {BATCH} studies"),
    "workbook": Goal(f"workbook of {MANY:,} studies", 5.0),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """What making one report took."""

    first: float
    seconds: float
    cpu: float
    size: int


def main() -> None:
    options = _options()
    if options.measure:
        with tempfile.TemporaryDirectory(prefix="outpost-bench-") as place:
            print(json.dumps(_measured(MAKERS[options.measure](Path(place)))))
        return
    missed = [name for name in GOALS if not _told(name, _in_a_process(name))]
    sys.exit(bool(missed))


def _told(name: str, measured: Measured) -> bool:
    """Print what was measured, and say whether it keeps to the goal."""
    goal, megabytes = GOALS[name], measured.size / 1e6
    kept = (goal.seconds is None or measured.cpu <= goal.seconds) and (
        goal.megabytes is None or megabytes <= goal.megabytes
    )
    allowed = [f"{goal.seconds:g} s" if goal.seconds else "", f"{goal.megabytes:g} MB" if goal.megabytes else ""]
    held = f", goal {' and '.join(filter(None, allowed))}: {'kept' if kept else 'MISSED'}" if any(allowed) else ""
    print(
        f"{goal.says}: {measured.cpu:.3f} s of processor, {measured.seconds:.3f} s by the clock "
        f"(first {measured.first:.2f} s), {megabytes:.2f} MB{held}",
        flush=True,
    )
    return kept


def _in_a_process(name: str) -> Measured:
    env = {**os.environ, "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{REPOSITORY / 'tests'}"}
    command = [sys.executable, __file__, "--measure", name]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    return Measured(**json.loads(answer.stdout))


def _measured(make: Callable[[], bytes]) -> dict[str, float]:
    """Make it again and again; keep the quickest."""
    clocks, cpus, size = [], [], 0
    for _ in range(TIMES):
        clock, cpu = time.perf_counter(), time.process_time()
        size = len(make())
        clocks.append(time.perf_counter() - clock)
        cpus.append(time.process_time() - cpu)
    return {"first": clocks[0], "seconds": min(clocks), "cpu": min(cpus), "size": size}


def _pdf(part: str, language: str = "en") -> Callable[[Path], Callable[[], bytes]]:
    def maker(place: Path) -> Callable[[], bytes]:
        from brain_findings import brain_study  # noqa: PLC0415 - only the process that measures pays for it
        from findings_builders import write_study  # noqa: PLC0415 - the same
        from spine_findings import spine_study  # noqa: PLC0415 - the same

        from appliance.report.dossier import open_dossier  # noqa: PLC0415 - the same
        from appliance.report.pdf import make_pdf  # noqa: PLC0415 - the same

        folder = write_study({"brain": brain_study, "spine": spine_study}[part](), place)
        return lambda: make_pdf(open_dossier(folder), language)

    return maker


def _batch(_place: Path) -> Callable[[], bytes]:
    from appliance.report.batch_pages import make_batch_pages  # noqa: PLC0415 - see above

    batch = _studies(BATCH)
    return lambda: make_batch_pages(batch, "District hospital", "en", "A4")


def _workbook(_place: Path) -> Callable[[], bytes]:
    from appliance.report.batch import sheets_of  # noqa: PLC0415 - see above
    from appliance.report.workbook import workbook_of  # noqa: PLC0415 - the same

    batch = _studies(MANY)
    return lambda: workbook_of(sheets_of(batch), batch.studies[0].made_at)


def _studies(number: int):  # noqa: ANN202 - a type that only the process that measures loads
    from brain_findings import brain_study  # noqa: PLC0415 - see above
    from findings_builders import refused_study  # noqa: PLC0415 - the same
    from spine_findings import spine_study  # noqa: PLC0415 - the same

    from appliance.report.batch import Batch  # noqa: PLC0415 - the same

    kinds = (brain_study(), spine_study(), brain_study(), spine_study(), refused_study())
    named = (replace(kinds[each % len(kinds)], study=f"study-{each:04}") for each in range(number))
    return Batch("year", tuple(named), ())


MAKERS = {
    "brain": _pdf("brain"),
    "brain-fa": _pdf("brain", "fa"),
    "spine": _pdf("spine"),
    "batch": _batch,
    "workbook": _workbook,
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", choices=sorted(MAKERS), help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
