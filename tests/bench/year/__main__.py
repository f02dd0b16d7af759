"""Live a clinic's year with the real program, judge it and write its page: ``python -m tests.bench.year``.

Stop it at any moment (Ctrl-C, or SIGTERM): the months that are over are judged, and the same command goes on later.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import psutil

REPOSITORY = Path(__file__).resolve().parents[3]
sys.path.append(str(REPOSITORY / "packaging"))
"""Bundles are made with its scripts, which are no package."""

from appliance.atomic import write_whole  # noqa: E402 - after the line above, like those that need it
from tests.bench.year.bases import Bases, pool_for  # noqa: E402 - the same
from tests.bench.year.checks import Answer, Verdict, judge  # noqa: E402 - the same
from tests.bench.year.disk import LimitedFolder, open_disk  # noqa: E402 - the same
from tests.bench.year.evidence import gather  # noqa: E402 - the same
from tests.bench.year.journal import is_over  # noqa: E402 - the same
from tests.bench.year.living import Clinic, live  # noqa: E402 - the same
from tests.bench.year.page import Circumstances, page_of  # noqa: E402 - the same
from tests.bench.year.plan import Year, draw_year  # noqa: E402 - the same
from tests.bench.year.quiet import compare_with_quiet  # noqa: E402 - the same
from tests.bench.year.started import Stopped  # noqa: E402 - the same
from tests.bench.year.updates import make_updates  # noqa: E402 - the same

DATA = Path(os.environ.get("OUTPOST_DATA", REPOSITORY.parent / "shared" / "data"))
BYTES_A_STUDY, BYTES_BESIDES = 24_000_000, 400_000_000
"""Of results with DICOM objects, generously: the disk is a sparse file, and only what is used is taken."""


def main() -> int:
    """Live, judge, write."""
    options = _options()
    place = options.place / f"{options.studies}"
    pool = pool_for(options.studies, options.data)
    if not pool.real:
        say("There is no published FLAIR here, so that the year has samples alone.")
    year = draw_year(options.studies, pool)
    lived, quiet = _clinics(place, options)
    signal.signal(signal.SIGTERM, _stop)
    try:
        with suppress(Stopped, KeyboardInterrupt):
            live(lived, year, say)
        verdicts = _judged(lived, quiet, year, options)
    finally:
        lived.disk.close()
    return int(any(verdict.answer is Answer.BROKEN for verdict in verdicts))


def _clinics(place: Path, options: argparse.Namespace) -> tuple[Clinic, Clinic]:
    bases, updates = Bases(place / "bases", options.data), make_updates(place / "updates")
    disk = open_disk(place, BYTES_BESIDES + BYTES_A_STUDY * options.studies)
    calm = place / "quiet"
    return Clinic(place, bases, updates, disk), Clinic(calm, bases, updates, _folder(calm), keeps_sticks=True)


def _folder(place: Path) -> LimitedFolder:
    """Give a quiet year an ordinary folder: nothing fills it."""
    return LimitedFolder(place / "results")


def _judged(lived: Clinic, quiet: Clinic, year: Year, options: argparse.Namespace) -> tuple[Verdict, ...]:
    whole = _whole_months(lived, year)
    compared = compare_with_quiet(lived, quiet, whole, say)
    evidence = gather(lived, whole, compared)
    verdicts = judge(evidence)
    for verdict in verdicts:
        say(f"{verdict.answer:<9}{verdict.question}: {verdict.sentence}")
    here = Circumstances(options.studies, _machine(), datetime.now(UTC).date(), lived.disk.words)
    write_whole(options.page, page_of(evidence, verdicts, here).encode())
    say(f"{len(whole.visits)} of {options.studies} studies were lived; {options.page.name} was written.")
    return verdicts


def _whole_months(lived: Clinic, year: Year) -> Year:
    runs = lived.journal().runs
    over = [month.number for month in year.months if is_over(month, runs)]
    return year.until(max(over, default=0))


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    python = platform.python_version()
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB of memory, {platform.system()} {platform.machine()}, Python {python}"
    )


def _stop(_number: int, _frame: object) -> NoReturn:
    raise Stopped


def say(sentence: str) -> None:
    """Tell whoever watches."""
    print(f"{datetime.now(UTC):%H:%M:%S} {sentence}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.year", description=__doc__)
    parser.add_argument("--studies", type=int, default=1000, help="how many come in the year")
    parser.add_argument("--place", type=Path, default=REPOSITORY / "runs" / "year", help="where it is lived")
    parser.add_argument("--page", type=Path, default=REPOSITORY / "docs" / "year.md", help="where the figures go")
    parser.add_argument("--data", type=Path, default=DATA, help="published scans, if there are any")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
