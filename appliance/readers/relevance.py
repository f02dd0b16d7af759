"""Why the model says so: how much each place of a slice counted for one finding, from the package's own graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from appliance.contracts import Plane
from appliance.errors import EngineFailed
from appliance.models.spec import PreparedAs
from appliance.preprocess import into_matrix, to_stack
from appliance.readers.stack import stacked

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.preprocess import Floats, Placement
    from appliance.readers.lesions import LesionWork
    from appliance.readers.model import Model
    from appliance.readers.spine_axial import AxialReading, LevelRead

T = TypeVar("T")
NOT_EXPLAINED = (
    "What the model looked at cannot be shown, because this machine could not work it out. "
    "What was found does not depend on it."
)


@dataclass(frozen=True, slots=True, eq=False)
class Relevance:
    """What counted for one finding."""

    index: int
    """The slice of the axial stack."""
    values: Floats
    """``[row, column]``: for (above 0) and against (below 0)."""
    lesion: int
    """The number of the lesion that is explained."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is to be explained: all that is needed of a scan for it."""

    index: int
    lesion: int
    image: Floats
    where: Floats
    placement: Placement


def question_about(work: LesionWork, number: int | None) -> Question | None:
    """Ask about one lesion in the slice where it is largest; ``None`` where there is none."""
    if number is None:
        return None
    labels = stacked(work.reading.volume, Plane.AXIAL).turned(work.reading.found.labels)
    index = int(np.count_nonzero(labels == number, axis=(1, 2)).argmax())
    at = (labels[index : index + 1] == number).astype(np.float32)
    prepared = work.marked.prepared
    placement = prepared.placement
    where = (into_matrix(at, placement) > 0.5).astype(np.float32)  # noqa: PLR2004 - half of a voxel
    return Question(index, number, prepared.batch([index]), where[None], placement) if where.any() else None


def explained(explain: Callable[[], T]) -> tuple[T | None, tuple[str, ...]]:
    """Explain, or give what to note: what was found stands without it, and is not refused for want of a picture."""
    try:
        return explain(), ()
    except EngineFailed:
        return None, (NOT_EXPLAINED,)


def explain_lesion(model: Model, question: Question) -> Relevance | None:
    """Answer a question about a lesion; ``None`` where nothing explains the network."""
    if not model.explains(PreparedAs.BRAIN):
        return None
    values = model.relevance(PreparedAs.BRAIN, question.image, question.where)
    return Relevance(question.index, to_stack(values.sum(axis=1), question.placement)[0], question.lesion)


def explain_canal(model: Model, reading: AxialReading) -> Floats:
    """Explain the canal's grade at the level that looks narrowest, over the window that was graded."""
    narrowest = narrowest_level(reading)
    where = np.zeros((1, 1, *narrowest.crop.shape), dtype=np.float32)
    where[..., 0, 0] = 1
    return np.asarray(model.relevance(PreparedAs.SPINE_AXIAL_CROP, narrowest.crop[None, None], where)[0, 0])


def narrowest_level(reading: AxialReading) -> LevelRead:
    """Choose the level whose canal is least probably wide enough."""
    return min(reading.levels, key=lambda level: next(iter(level.grades[0].probabilities.values())))
