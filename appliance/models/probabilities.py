"""From a network's numbers to probabilities, as ``model.json`` says: calibration first, then the activation."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from appliance.models.spec import Activation, Calibration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.engine.network import Floats
    from appliance.models.spec import OutputSpec

CLASS_AXIS = 1
BETWEEN = ":"
AS_IT_IS = Calibration(temperature=1.0, bias=0.0)


def probabilities(values: Floats, output: OutputSpec, calibration: Mapping[str, Calibration]) -> Floats:
    """Return what an output means; classes without a calibration are taken as they are."""
    if calibration.keys().isdisjoint(output.classes):
        return _activated(values, output)
    settings = [calibration.get(name, AS_IT_IS) for name in output.classes]
    along_classes = (len(settings), *(1,) * (values.ndim - CLASS_AXIS - 1))
    temperatures = np.array([one.temperature for one in settings], np.float32).reshape(along_classes)
    biases = np.array([one.bias for one in settings], np.float32).reshape(along_classes)
    return _activated(values / temperatures + biases, output)


def groups_of(classes: tuple[str, ...]) -> dict[str, slice]:
    """Return where each group of classes lies."""
    found: dict[str, slice] = {}
    first = 0
    for name, members in groupby(classes, lambda word: word.partition(BETWEEN)[0]):
        size = len(list(members))
        found[name] = slice(first, first + size)
        first += size
    return found


def _activated(values: Floats, output: OutputSpec) -> Floats:
    match output.activation:
        case Activation.NONE:
            return values
        case Activation.SIGMOID:
            return np.asarray(special.expit(values), np.float32)
        case Activation.SOFTMAX:
            return np.asarray(special.softmax(values, axis=CLASS_AXIS), np.float32)
        case Activation.SOFTMAX_BY_GROUP:
            parts = [special.softmax(values[:, part], axis=CLASS_AXIS) for part in groups_of(output.classes).values()]
            return np.concatenate(parts, axis=CLASS_AXIS, dtype=np.float32)
