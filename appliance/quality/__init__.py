"""Is this scan good enough to be read? Three answers, each with a sentence and what to do.

    Volume ─ measure_quality ─► Measures ─ judge ─► findings.Quality: good, a warning, or refused

Statistics only, no model: a few slices are looked at, so that a study takes a fraction of a second. What
cannot be judged (no air around the patient, one slice only) is left out, never guessed. Nothing is changed.
Where the limits come from: docs/decisions/0060-quality-gate.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.quality.judge import judge
from appliance.quality.measures import Measures, measure_quality

if TYPE_CHECKING:
    from appliance.contracts import Volume
    from appliance.findings.study import Quality
    from appliance.settings import Quality as Rules

__all__ = ["Measures", "check_quality", "judge", "measure_quality"]


def check_quality(volume: Volume, rules: Rules) -> Quality:
    """Look at a volume and say whether it is good enough to be read as what it was recognised as."""
    return judge(measure_quality(volume), volume.kind, rules)
