"""How long a batch still takes, from how long its studies took: seconds for each voxel, and some for each study.

The first study also pays for opening the models, so that it only counts while there is no other. Time is
taken from a clock that cannot jump.
"""

from __future__ import annotations

from collections import deque
from statistics import fmean

TOLD_AFTER = 3
"""Studies: fewer say too little."""
REMEMBERED = 20
"""The latest count: a machine gets warm, and a folder changes its kind."""
VOXELS_A_STUDY = 700_000
"""Opening files, pictures and the ledger take as long as reading this many voxels, until studies tell better.

A 1 mm scan took 3.3 to 4.7 times as long as one of thick slices in what is recorded (``docs/bench/``); with so many
voxels a study it is taken for 3.9 times.
"""
APART = 2.0
"""The largest study against the smallest, from which on the two costs can be told apart."""


class Estimate:
    """Learns from every study that was read."""

    def __init__(self) -> None:
        self._read = 0
        self._costs: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)

    def learn(self, voxels: int, seconds: float) -> None:
        """Take note of a study that was read."""
        if self._read == 1:
            self._costs.clear()
        self._read += 1
        self._costs.append((float(voxels), seconds))

    def remaining(self, voxels: list[int]) -> float | None:
        """Say how long studies of these sizes will take."""
        if self._read < TOLD_AFTER:
            return None
        a_study, a_voxel = self._fitted() or self._assumed()
        return sum(a_study + a_voxel * each for each in voxels)

    def _fitted(self) -> tuple[float, float] | None:
        """Fit seconds a study and seconds a voxel, where sizes differ enough to tell them apart."""
        sizes = [size for size, _ in self._costs]
        if max(sizes) <= APART * min(sizes):
            return None
        middle, mean = fmean(sizes), fmean(seconds for _, seconds in self._costs)
        spread = sum((size - middle) ** 2 for size in sizes)
        a_voxel = sum((size - middle) * (seconds - mean) for size, seconds in self._costs) / spread
        a_study = mean - a_voxel * middle
        return (a_study, a_voxel) if a_study >= 0 and a_voxel >= 0 else None

    def _assumed(self) -> tuple[float, float]:
        """Take a study's own cost for that of a number of voxels."""
        a_voxel = sum(seconds for _, seconds in self._costs) / sum(size + VOXELS_A_STUDY for size, _ in self._costs)
        return a_voxel * VOXELS_A_STUDY, a_voxel
