"""Which parameters each way of preparing an input takes.

``model.json`` states every number; the code that prepares takes them from the types here, so that a
model never meets an input that it was not trained on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from appliance.models.spec import PreparedAs
from appliance.preprocess import BrainInput, LesionInput
from appliance.slice_inputs import SliceInput
from appliance.spine_inputs import SpineCropInput, SpineDiscInput, SpineLocatorInput, SpineSagittalInput

WITH_NEIGHBOURS = 3
"""Channels: the slice below, the slice, the slice above; or the slice and two facts of each voxel."""


@dataclass(frozen=True, slots=True)
class PlacesInput(LesionInput):
    """The brain slice by slice, and for each voxel the cells of depth and of height that it lies in.

    Channels: brightness, depth, height; cells are counted as ``measure.expectation`` counts them.
    """

    depths: int = 30
    heights: int = 20


InputParameters: TypeAlias = (
    BrainInput | LesionInput | SpineLocatorInput | SpineCropInput | SpineSagittalInput | SpineDiscInput | SliceInput
)

PARAMETERS: dict[PreparedAs, type[InputParameters]] = {
    PreparedAs.HEAD: BrainInput,
    PreparedAs.BRAIN: LesionInput,
    PreparedAs.BRAIN_PLACES: PlacesInput,
    PreparedAs.SPINE_AXIAL_LOCATOR: SpineLocatorInput,
    PreparedAs.SPINE_AXIAL_CROP: SpineCropInput,
    PreparedAs.SPINE_SAGITTAL: SpineSagittalInput,
    PreparedAs.SPINE_DISC: SpineDiscInput,
    PreparedAs.SLICE: SliceInput,
}


def shape_of(parameters: InputParameters) -> tuple[int | None, int | None, int | None]:
    """Return the channels, rows and columns that come out; ``None`` where another part of the program decides."""
    match parameters:
        case BrainInput() | LesionInput():
            return WITH_NEIGHBOURS, parameters.rows, parameters.columns
        case SpineCropInput():
            return None, parameters.rows, parameters.columns
        case SpineLocatorInput():
            return None, parameters.side, parameters.side
        case SpineDiscInput():
            return 1 + parameters.facts, parameters.side, parameters.side
        case SliceInput():
            return 1, parameters.rows, parameters.columns
        case SpineSagittalInput():
            return None, None, None
