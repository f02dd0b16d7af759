"""Count which branches of the clinic's code the tests took, and fail below 95 in 100: ``make coverage``.

The report's own percentage counts lines and branches together, which is more forgiving than either.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TypeAlias

WANTED = 0.95
MOST_NAMED = 15
"""Files that are printed."""
Count: TypeAlias = tuple[str, int, int]
"""A file, its branches, and how many of them were taken."""


def counts_of(report: str) -> tuple[Count, ...]:
    """Read what ``coverage json`` wrote."""
    files = json.loads(report)["files"]
    summaries = ((name, entry["summary"]) for name, entry in files.items())
    return tuple((name, each["num_branches"], each["covered_branches"]) for name, each in summaries)


def sentence_of(counts: tuple[Count, ...]) -> str:
    """Say how many were taken, and where most were not."""
    branches, taken = sum(count[1] for count in counts), sum(count[2] for count in counts)
    lines = [f"{taken:,} of {branches:,} branches taken: {100 * taken / branches:.2f} %"]
    worst = sorted((count for count in counts if count[2] < count[1]), key=lambda count: count[2] - count[1])
    lines += [f"  {all_of_it - some:3} not taken in {name}" for name, all_of_it, some in worst[:MOST_NAMED]]
    return "\n".join(lines)


def enough(counts: tuple[Count, ...]) -> bool:
    """Judge."""
    branches, taken = sum(count[1] for count in counts), sum(count[2] for count in counts)
    return branches > 0 and taken >= WANTED * branches


def main() -> int:
    """Judge what the last run under ``--cov`` left."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        subprocess.run([sys.executable, "-m", "coverage", "json", "--quiet", "-o", str(report)], check=True)
        counts = counts_of(report.read_text(encoding="utf-8"))
    print(sentence_of(counts))
    return 0 if enough(counts) else 1


if __name__ == "__main__":
    sys.exit(main())
