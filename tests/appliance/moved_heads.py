"""What the quality gate says of heads that moved: real ones and phantoms, at rising strength, in both directions.

    python tests/appliance/moved_heads.py ../shared/data

It writes docs/bench/movement.json, which decision 60 quotes.
Real heads of the clinic's scanner, with air around them, are counted apart.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from quality_scans import RULES, asked, brain, real_brains, spoilt

from appliance.quality import measure_quality
from appliance.sample.artefacts import Artefact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.contracts import Volume

STRENGTHS = (0.0, 0.2, 0.35, 0.5, 0.75, 1.0)
PHANTOMS = range(100, 106)
CLINIC = "tabriz"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "bench" / "movement.json"


def main(data: Path) -> None:
    """Ask the gate, count its answers and keep them."""
    counts: dict[str, dict[str, Counter[str]]] = {}
    widest = 0.0
    for group, scan in _scans(data):
        for strength in STRENGTHS:
            for axis in (0, 1) if strength else (0,):
                moved = spoilt(scan, Artefact.MOTION, strength, phase_axis=axis)
                counts.setdefault(group, {}).setdefault(f"{strength:g}", Counter())[asked(moved).verdict] += 1
        widest = max(widest, measure_quality(scan).outline_mm or 0.0)
    table = {
        "limits": {name: getattr(RULES, name) for name in ("motion_warn", "motion_refuse", "outline_mm_refuse")},
        "widest_outline_of_a_scan_as_it_is_mm": round(widest, 1),
        "answers": {group: {at: dict(sorted(said.items())) for at, said in of.items()} for group, of in counts.items()},
    }
    PAGE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


def _scans(data: Path) -> Iterator[tuple[str, Volume]]:
    for name, scan in real_brains(data):
        yield "the clinic's scanner" if name.startswith(CLINIC) else "other real heads", scan
    for seed in PHANTOMS:
        yield "phantoms", brain(seed)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
