"""Which patient is held out when: seeded, by patient, written to a file that every run reads."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.errors import Misuse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Split:
    """Folds of patients; each patient is held out exactly once."""

    seed: int
    folds: tuple[tuple[str, ...], ...]
    always: tuple[str, ...] = ()
    """Patients without truth to be measured on: they may be learned from in every fold."""

    def held_out(self, fold: int) -> frozenset[str]:
        """Return who is measured in this fold."""
        return frozenset(self.folds[fold])

    def learned_from(self, fold: int) -> frozenset[str]:
        """Return who is learned from in this fold."""
        return self.everyone - self.held_out(fold)

    @property
    def everyone(self) -> frozenset[str]:
        """Return all patients."""
        return frozenset(name for fold in self.folds for name in fold) | frozenset(self.always)


def split_patients(loads: Mapping[str, float], folds: int, seed: int, always: tuple[str, ...] = ()) -> Split:
    """Deal patients out, data set by data set and heavy with light, so that the folds are alike."""
    draw = np.random.default_rng(seed)
    dealt: list[list[str]] = [[] for _ in range(folds)]
    for dataset in sorted({patient.split("/")[0] for patient in loads}):
        here = sorted((p for p in loads if p.split("/")[0] == dataset), key=lambda p: (-loads[p], p))
        for start in range(0, len(here), folds):
            group = here[start : start + folds]
            smallest_first = sorted(draw.permutation(folds), key=lambda fold: len(dealt[fold]))
            for patient, fold in zip(group, smallest_first, strict=False):
                dealt[fold].append(patient)
    split = Split(seed, tuple(tuple(sorted(fold)) for fold in dealt), always)
    check(split)
    return split


def check(split: Split) -> None:
    """Refuse an empty fold, or a patient who is in two."""
    seen: set[str] = set(split.always)
    for number, fold in enumerate(split.folds):
        if not fold:
            raise Misuse(f"Fold {number} of the split is empty.", advice="Use fewer folds, or more patients.")
        twice = sorted(seen & set(fold)) or sorted({name for name in fold if fold.count(name) > 1})
        if twice:
            raise Misuse(f"Patient {twice[0]} is in two parts of the split.", advice="Make the split again.")
        seen |= set(fold)


def save_split(split: Split, path: Path) -> None:
    """Write a split."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(split), indent=2) + "\n", encoding="utf-8")


def load_split(path: Path) -> Split:
    """Read a split and check it."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        split = Split(int(table["seed"]), tuple(tuple(fold) for fold in table["folds"]), tuple(table.get("always", ())))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Misuse(f"{path.name} is not a split ({error}).", advice="Run the `split` verb.") from error
    check(split)
    return split
