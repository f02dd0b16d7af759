"""How long a batch still takes, from how long its studies took: seconds for each voxel, and some for each study.

The first study also pays for opening the models, so that it only counts while there is no other. Time is
taken from a clock that cannot jump.
"""

from __future__ import annotations

from collections import deque

TOLD_AFTER = 3
"""Studies: fewer say too little."""
REMEMBERED = 20
"""The latest count: a machine gets warm, and a folder changes its kind."""
VOXELS_A_STUDY = 400_000
"""Opening files, pictures and the ledger take as long as reading this many voxels."""


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
        self._costs.append((_weight(voxels), seconds))

    def remaining(self, voxels: list[int]) -> float | None:
        """Say how long studies of these sizes will take."""
        if self._read < TOLD_AFTER:
            return None
        weight = sum(each for each, _ in self._costs)
        seconds = sum(each for _, each in self._costs)
        return seconds / weight * sum(map(_weight, voxels))


def _weight(voxels: int) -> float:
    return float(voxels + VOXELS_A_STUDY)
