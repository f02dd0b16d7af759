"""Probabilities of ordered grades → the grade that is told.

A network that is unsure spreads its probabilities, so the expected grade is drawn to the middle and the
outer grades are told too seldom. Cut points undo that: they lie where the grades come in the shares in
which experts gave them. They are chosen in training on patients whom the network never saw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def expected_grade(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Give the mean grade of each row, counted from 0."""
    return np.asarray(probabilities, dtype=np.float64) @ np.arange(probabilities.shape[-1])


def told_grade(probabilities: NDArray[np.floating], cuts: Sequence[float]) -> NDArray[np.int64]:
    """Give each row's grade, counted from 0: how many cut points its expected grade has reached."""
    return np.digitize(expected_grade(probabilities), np.asarray(cuts))
