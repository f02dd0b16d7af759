"""The same head at a later visit: some lesions are new, some have grown, some are gone, most are as they were."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from appliance.sample.lesions import Lesion, draw_wishes, plant, resized

if TYPE_CHECKING:
    from appliance.sample.head import Head


@dataclass(frozen=True, slots=True, eq=False)
class FollowUp:
    """A later visit."""

    head: Head
    changes: tuple[str, ...]
    """For each lesion of the later head: ``new``, ``enlarged`` or ``stable``."""
    resolved: tuple[Lesion, ...]
    """Lesions of the earlier head that are gone."""


def follow_up(head: Head, seed: int, *, new: int = 3, enlarged: int = 3, resolved: int = 2) -> FollowUp:
    """Let time pass: ``enlarged`` lesions grow to two and a half times, ``resolved`` ones vanish."""
    rng = np.random.default_rng([seed, 31])
    # Change is told for lesions that a reader can see in both scans.
    seen = [n for n, lesion in enumerate(head.lesions) if lesion.ml >= _SEEN_ML]
    chosen = [int(n) for n in rng.permutation(seen)[: enlarged + resolved]]
    growing, gone = set(chosen[:enlarged]), set(chosen[enlarged:])
    kept = [(n, lesion) for n, lesion in enumerate(head.lesions) if n not in gone]
    old = [resized(lesion, 2.5 * lesion.ml, head.ground) if n in growing else lesion for n, lesion in kept]
    wishes = [replace(wish, ml=max(wish.ml, 0.15)) for wish in draw_wishes(seed + 1, count=new, total_ml=0.4 * new)]
    fresh = plant(wishes, head.ground, among=old, seed=seed)
    changes = ["enlarged" if n in growing else "stable" for n, _ in kept] + ["new"] * len(fresh)
    later = replace(head, lesions=(*old, *fresh))
    return FollowUp(later, tuple(changes), tuple(head.lesions[n] for n in sorted(gone)))


_SEEN_ML = 0.12
