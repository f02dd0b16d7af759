"""What the lesion reader left → a map of what looks unusual, and the regions that no lesion explains.

The map is the best of the methods that training compares, “brightness for its place”. Its table ships with the
program: ``reference/brain_expectation.json``, written by ``python -m training anomaly``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from appliance.measure.anomalies import Unusual, find_unexplained
from appliance.measure.expectation import Expectation
from appliance.preprocess import LesionInput, into_matrix, prepare_brain, to_stack, uncanonical

if TYPE_CHECKING:
    from appliance.measure.grid import Mask
    from appliance.preprocess import Floats, Prepared
    from appliance.readers.lesions import LesionReading
    from appliance.settings import Settings

SHIPPED = Path(__file__).parent.parent / "reference" / "brain_expectation.json"
EDGE_PX = 2
"""The brain's rim is left out, as where the method was measured: partial volume there is no anomaly."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """What was learnt, from which threshold on it counts, and of what input."""

    expectation: Expectation
    threshold: float
    prepared_as: LesionInput


@dataclass(frozen=True, slots=True, eq=False)
class AnomalyReading:
    """What looks unusual in one FLAIR."""

    scores: Floats
    """0 … 1 on the scan's grid."""
    threshold: float
    found: Unusual


class AnomalyReader:
    """Looks where lesions were looked for."""

    def __init__(self, table: Table, settings: Settings) -> None:
        self._table = table
        self._settings = settings

    def accepts(self, given: LesionReading) -> bool:
        """Say whether there is a brain to look at."""
        return bool(given.axial_brain.any())

    def read(self, given: LesionReading) -> AnomalyReading:
        """Score every voxel of the brain, and flag what no lesion explains."""
        scores = self._scores(given)
        rule = self._settings.anomaly
        found = find_unexplained(
            scores, self._table.threshold, given.lesion, given.volume.geometry, rule, self._settings.lesions
        )
        return AnomalyReading(scores, self._table.threshold, found)

    def _scores(self, given: LesionReading) -> Floats:
        prepared = self._prepared(given)
        first, last = prepared.brain_slices[0], prepared.brain_slices[-1] + 1
        inside = into_matrix(given.axial_brain[first:last].astype(np.float32), prepared.placement) > 0.5  # noqa: PLR2004 - half of a voxel
        maps = self._table.expectation.maps(np.where(inside, prepared.slices[first:last], np.float32(0)))
        stack = np.zeros(given.axial.voxels.shape, dtype=np.float32)
        stack[first:last] = to_stack(np.where(_without_rim(inside), maps, np.float32(0)), prepared.placement)
        return np.asarray(uncanonical(stack, given.axial), dtype=np.float32)

    def _prepared(self, given: LesionReading) -> Prepared:
        """Take what the lesion network was shown, if it was prepared alike but for the margin."""
        if replace(given.prepared_as, margin_mm=self._table.prepared_as.margin_mm) == self._table.prepared_as:
            return given.prepared
        return prepare_brain(given.axial, given.axial_brain, self._table.prepared_as)


@cache
def shipped_table() -> Table:
    """Read the table that ships with the program."""
    table = json.loads(SHIPPED.read_text(encoding="utf-8"))
    expectation = Expectation(np.array(table["mean"]), np.array(table["deviation"]))
    return Table(expectation, float(table["threshold"]), LesionInput(**table["input"]))


def _without_rim(inside: Mask) -> Mask:
    in_plane = ndimage.generate_binary_structure(2, 1)[None]
    return np.asarray(ndimage.binary_erosion(inside, in_plane, iterations=EDGE_PX), dtype=np.bool_)
