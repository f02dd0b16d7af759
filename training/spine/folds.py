"""Splits by patient: nobody is in two folds, and patients who belong together stay together."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from appliance.errors import Misuse

if TYPE_CHECKING:
    from collections.abc import Mapping


def patient_folds(groups: Mapping[int, int], count: int, seed: int) -> dict[int, int]:
    """Patient → fold. Groups are dealt out whole, the largest first, each to the fold with the fewest patients."""
    members: dict[int, list[int]] = {}
    for patient, group in groups.items():
        members.setdefault(group, []).append(patient)
    if len(members) < count:
        raise Misuse(f"{len(members)} groups of patients cannot make {count} folds.", advice="Ask for fewer folds.")
    order = sorted(members)
    random.Random(seed).shuffle(order)
    order.sort(key=lambda group: -len(members[group]))
    sizes = [0] * count
    folds = {}
    for group in order:
        fold = sizes.index(min(sizes))
        sizes[fold] += len(members[group])
        folds |= dict.fromkeys(members[group], fold)
    return folds
