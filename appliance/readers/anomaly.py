"""What the lesion reader left → a map of what looks unusual, and the regions that no lesion explains."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from appliance.measure.anomalies import Unusual, find_unexplained
from appliance.measure.expectation import places
from appliance.measure.grid import in_255ths
from appliance.measure.outline import worn_by_px
from appliance.models.preparations import PlacesInput
from appliance.models.spec import PreparedAs
from appliance.preprocess import LesionInput, canonical, into_matrix, prepare_brain, to_stack, turned
from appliance.readers.in_parts import answered, in_parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.preprocess import Floats, Prepared
    from appliance.readers.lesions import LesionReading, LesionWork, Marked
    from appliance.readers.model import Model
    from appliance.settings import Settings

ANOMALY = "anomaly"
"""The class of the network, and the name of its threshold."""
EDGE_PX = 2
"""The brain's rim is left out, as where the method was measured: partial volume there is no anomaly."""


@dataclass(frozen=True, slots=True, eq=False)
class AnomalyReading:
    """What looks unusual in one FLAIR."""

    scores: NDArray[np.uint8]
    """On the scan's grid, in 255ths."""
    threshold: float
    found: Unusual


class AnomalyReader:
    """Looks where lesions were looked for."""

    def __init__(self, model: Model, settings: Settings) -> None:
        self._model = model
        self._settings = settings
        self._input = _without_cells(model.parameters(PreparedAs.BRAIN_PLACES, PlacesInput))

    def accepts(self, given: LesionWork) -> bool:
        """Say whether there is a brain to look at."""
        return bool(given.marked.axial_brain.any())

    def read(self, given: LesionWork) -> AnomalyReading:
        """Score every voxel of the brain, and flag what no lesion explains."""
        return self.flagged(self.scores(given.marked), given.reading)

    def flagged(self, scores: Floats, lesions: LesionReading) -> AnomalyReading:
        """Flag what no lesion explains."""
        threshold, geometry = self._model.threshold(ANOMALY), lesions.volume.geometry
        found = find_unexplained(
            scores, threshold, lesions.lesion, geometry, self._settings.anomaly, self._settings.lesions
        )
        return AnomalyReading(in_255ths(scores), threshold, found)

    def scores(self, given: Marked) -> Floats:
        """Score every voxel of the brain, on the scan's grid."""
        prepared = self._prepared(given)
        first, last = prepared.brain_slices[0], prepared.brain_slices[-1]
        found = np.zeros(given.volume.voxels.shape, dtype=np.float32)
        stack = turned(found, given.turn)

        def prepare(some: list[int]) -> tuple[NDArray[np.bool_], Floats]:
            brain = (given.axial_brain[index].astype(np.float32) for index in some)
            inside = into_matrix(brain, prepared.placement) > 0.5  # noqa: PLR2004 - half of a voxel
            images = np.where(inside, prepared.slices[some], np.float32(0))
            heights = (np.array(some) - first) / max(last - first, 1)
            shown = np.empty((len(some), 3, *images.shape[1:]), dtype=np.float32)
            shown[:, 0] = images
            shown[:, 1], shown[:, 2] = places(images, heights)
            return worn_by_px(inside, EDGE_PX), shown

        def ask(asked: tuple[NDArray[np.bool_], Floats]) -> tuple[NDArray[np.bool_], Floats]:
            inside, shown = asked
            return inside, self._model.answer(PreparedAs.BRAIN_PLACES, shown)[:, 0]

        for some, (inside, maps) in answered(in_parts(range(first, last + 1)), prepare, ask):
            stack[some] = to_stack(np.where(inside, maps, np.float32(0)), prepared.placement)
        return found

    def _prepared(self, given: Marked) -> Prepared:
        """Take what the lesion network was shown, if it was prepared alike but for the margin."""
        if replace(given.prepared_as, margin_mm=self._input.margin_mm) == self._input:
            return given.prepared
        axial = canonical(given.volume.voxels, given.volume.geometry)
        return prepare_brain(axial, given.axial_brain, self._input)


def _without_cells(given: PlacesInput) -> LesionInput:
    names = LesionInput.__dataclass_fields__
    return LesionInput(**{name: getattr(given, name) for name in names})
