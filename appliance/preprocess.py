"""A brain volume becomes network input and a network's answer returns to the scan's own grid.

Training and the clinic run this same code; every number in it comes from a ``LesionInput`` or
``BrainInput`` that stands in ``model.json``. The order is fixed:

    canonical → reduce noise → brain → normalise → resample in-plane → fixed matrix → ±1 neighbour
    predictions → out of the matrix → back to the spacing → back to the input's axes

Nothing is resampled from slice to slice: an anisotropic 2D stack stays 2D. A stack of thin slices
takes its neighbours from about ``neighbour_mm`` away, so that a thin and a thick stack look alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse

from appliance.errors import BadGeometry, Unreadable
from appliance.measure.outline import grown_by_mm, largest_part, without_holes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.contracts import Geometry, Voxels

Kept = TypeVar("Kept", bound=np.generic)
Floats: TypeAlias = NDArray[np.float32]
Mask: TypeAlias = NDArray[np.bool_]
AXES = 3
NORMAL_QUARTILES = 1.349
"""The distance between the quartiles of a normal distribution, in standard deviations."""


@dataclass(frozen=True, slots=True)
class BrainInput:
    """What the brain network is shown: the whole head, coarse."""

    spacing_mm: float = 2.0
    rows: int = 128
    columns: int = 128
    neighbour_mm: float = 6.0
    gain: float = 0.4
    """Tissue's typical brightness in the input …"""
    ceiling: float = 1.5
    """… and the brightest that is let through."""
    threshold: float = 0.5
    stripped_share: float = 0.8
    """Where brain makes up more than this share of what is not background, the skull was removed before."""


@dataclass(frozen=True, slots=True)
class LesionInput:
    """What the lesion network is shown: the brain alone, fine."""

    spacing_mm: float = 0.9
    rows: int = 224
    columns: int = 192
    neighbour_mm: float = 6.0
    noise_sigma_mm: float = 0.4
    margin_mm: float = 2.0
    """The brain mask is widened by this much, so that a tight mask cuts off no cortex."""
    smallest_share: float = 0.25
    """A slice with less than this share of the largest brain section is too small for a brightness of its own."""
    brightness_range: float = 1.6
    """A slice may be this many times brighter or darker than the whole: more is taken for a faulty mask."""
    low: float = -4.0
    high: float = 6.0
    """Robust z-scores are cut at these and mapped to 0 … 1; outside the brain is 0."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How a scan's axes became a radiologist's."""

    order: tuple[int, int, int]
    """Which input axis became slice, row and column."""
    flips: tuple[bool, bool, bool]
    """Whether slice, row or column runs against its input axis."""


@dataclass(frozen=True, slots=True, eq=False)
class Axial:
    """Voxels as a radiologist's stack ``[slice, row, column]``: feet to head, front to back, right to left."""

    voxels: Floats
    spacing_mm: tuple[float, float, float]
    """Slice to slice, row to row, column to column."""
    turn: Turn


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the fixed matrix lies on the slices, and at which spacing."""

    rows_in: int
    columns_in: int
    row_spacing_mm: float
    column_spacing_mm: float
    spacing_mm: float
    top: int
    left: int
    rows: int
    columns: int


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A volume ready for a network: ``slices`` holds each slice once, ``batch`` adds the neighbours."""

    slices: Floats
    placement: Placement
    step: int
    """How many slices away the neighbour channels are."""
    brain_slices: tuple[int, ...]
    """Those that contain brain: the only ones worth a network's time."""

    def batch(self, indices: Iterable[int]) -> Floats:
        """Return ``[n, 3, rows, columns]``: the slice below, the slice, the slice above."""
        return with_neighbours(self.slices, indices, self.step)


def canonical(voxels: Voxels, geometry: Geometry) -> Axial:
    """Turn a volume in any orientation into an axial stack by swapping and flipping axes alone."""
    if voxels.shape != geometry.shape or voxels.ndim != AXES:
        raise BadGeometry("The voxels do not fit the geometry of the scan.", advice="Export the scan again.")
    if np.issubdtype(voxels.dtype, np.inexact) and not np.isfinite(voxels).all():
        raise Unreadable("The scan contains values that are not numbers.", advice="Export the scan again.")
    order = _axial_order(geometry)
    slices, rows, columns = (
        bool(geometry.affine[world, axis] * sign < 0)
        for world, axis, sign in zip((2, 1, 0), order, (1, -1, -1), strict=True)
    )
    turn = Turn(order, (slices, rows, columns))
    slice_mm, row_mm, column_mm = (geometry.spacing_mm[axis] for axis in order)
    return Axial(np.ascontiguousarray(turned(voxels, turn), dtype=np.float32), (slice_mm, row_mm, column_mm), turn)


def turned(stored: NDArray[Kept], turn: Turn) -> NDArray[Kept]:
    """Look at what lies on a scan's own axes as a radiologist's stack; what is written there is written to it."""
    return _flipped(np.transpose(stored, turn.order), turn.flips)


def uncanonical(stack: NDArray[np.generic], turn: Turn) -> NDArray[np.generic]:
    """Bring a stack back to the axes of the scan that was turned."""
    return np.ascontiguousarray(np.transpose(_flipped(stack, turn.flips), np.argsort(turn.order)))


def reduce_noise(axial: Axial, sigma_mm: float) -> Floats:
    """Step 1. Smooth by the same distance along each axis: much for thin slices, nothing across thick ones."""
    calm: Floats = ndimage.gaussian_filter(axial.voxels, [sigma_mm / mm for mm in axial.spacing_mm], truncate=3.0)
    return calm


def prepare_head(axial: Axial, spec: BrainInput) -> Prepared:
    """Step 2, first half: the whole head as input of the brain network."""
    shown = (_evened(section, spec) for section in axial.voxels)
    middle = ((axial.voxels.shape[1] - 1) / 2, (axial.voxels.shape[2] - 1) / 2)
    placement = _place(axial, spec.spacing_mm, spec.rows, spec.columns, middle)
    step = _neighbour_step(axial, spec.neighbour_mm)
    return Prepared(into_matrix(shown, placement), placement, step, tuple(range(len(axial.voxels))))


def brain_from(axial: Axial, probabilities: Floats, head: Prepared, spec: BrainInput) -> Mask:
    """Step 2, second half: the brain network's answer ``[slice, rows, columns]`` as a mask on the axial stack.

    A scan that holds little beside what the network calls brain had its skull removed already: then
    everything in it is brain, and the network's cautious edge cuts nothing away.
    """
    answered = without_holes(largest_part(to_stack(probabilities, head.placement) > spec.threshold))
    content = largest_part(axial.voxels != background(axial))
    size = np.count_nonzero(answered)
    if size <= spec.stripped_share * np.count_nonzero(content):
        return answered  # without its holes the content is larger still
    content = without_holes(content)
    return content if size > spec.stripped_share * np.count_nonzero(content) else answered


def background(axial: Axial) -> np.float32:
    """Return the value around the head: the commonest one at the edges of the slices."""
    values, counts = np.unique(_border(axial.voxels), return_counts=True)
    return np.float32(values[counts.argmax()])


def normalise(voxels: Floats, brain: Mask, spec: LesionInput) -> Floats:
    """Step 3. Robust z-scores inside the brain, cut and mapped to 0 … 1.

    Slices are brought to one brightness first: some scanners scale each slice by itself.
    """
    if not brain.any():
        raise Unreadable("No brain was found in the scan.", advice="Check that it is a FLAIR of the head.")
    values = _as_floats(voxels / _slice_brightness(voxels, brain, spec)[:, None, None])
    low, high = np.percentile(values[brain], [25, 75])
    values -= 1.0
    values /= max(float(high - low) / NORMAL_QUARTILES, 1e-6)
    np.clip(values, spec.low, spec.high, out=values)
    values -= spec.low
    values /= spec.high - spec.low
    return values


def _slice_brightness(voxels: Floats, brain: Mask, spec: LesionInput) -> Floats:
    """Each slice's median inside the brain; slices with little brain take that of the nearest with enough."""
    areas = brain.sum(axis=(1, 2))
    enough = np.flatnonzero(areas >= spec.smallest_share * areas.max())
    medians = np.array([np.median(voxels[k][brain[k]]) for k in enough], dtype=np.float32)
    nearest = np.abs(np.arange(len(voxels))[:, None] - enough[None, :]).argmin(axis=1)
    usual = max(float(np.median(medians)), 1e-6)
    return _as_floats(np.clip(medians, usual / spec.brightness_range, usual * spec.brightness_range)[nearest])


def prepare_brain(axial: Axial, brain: Mask, spec: LesionInput) -> Prepared:
    """All five steps, given the brain mask on the axial stack."""
    values = normalise(reduce_noise(axial, spec.noise_sigma_mm), brain, spec)
    values[~grown_by_mm(brain, axial.spacing_mm[1:], spec.margin_mm)] = 0
    placement = _place(axial, spec.spacing_mm, spec.rows, spec.columns, _middle(brain))
    occupied = np.flatnonzero(brain.any(axis=(1, 2)))
    step = _neighbour_step(axial, spec.neighbour_mm)
    return Prepared(into_matrix(values, placement), placement, step, tuple(int(k) for k in occupied))


def with_neighbours(slices: Floats, indices: Iterable[int], step: int) -> Floats:
    """Return ``[n, 3, rows, columns]``; at the ends the outermost slice stands in for what is missing."""
    wanted = np.asarray(list(indices), dtype=np.intp)
    around = np.clip(wanted[:, None] + np.array([-step, 0, step]), 0, len(slices) - 1)
    return _as_floats(slices[around])


def to_stack(matrix: Floats, placement: Placement) -> Floats:
    """Bring a network's answer ``[slice, rows, columns]`` back onto the slices it came from."""
    full_rows = _steps(placement.rows_in, placement.row_spacing_mm, placement.spacing_mm)
    full_columns = _steps(placement.columns_in, placement.column_spacing_mm, placement.spacing_mm)
    rows_mm, columns_mm, mm = placement.row_spacing_mm, placement.column_spacing_mm, placement.spacing_mm
    along_rows = _weights(full_rows, mm, placement.rows_in, rows_mm)
    along_columns = _weights(full_columns, mm, placement.columns_in, columns_mm)
    here, there = _windows(placement, full_rows, full_columns)
    sheet = np.zeros((full_rows, full_columns), dtype=np.float32)
    stack = np.empty((len(matrix), placement.rows_in, placement.columns_in), dtype=np.float32)
    for section, answer in zip(stack, matrix, strict=True):
        sheet[there] = answer[here]
        section[...] = _resampled(sheet, along_rows, along_columns)
    return stack


def into_matrix(stack: Iterable[Floats], placement: Placement) -> Floats:
    """Carry out steps 4 and 5: to the fixed spacing, then into the fixed matrix."""
    rows_mm, columns_mm, mm = placement.row_spacing_mm, placement.column_spacing_mm, placement.spacing_mm
    full_rows = _steps(placement.rows_in, rows_mm, mm)
    full_columns = _steps(placement.columns_in, columns_mm, mm)
    along_rows = _weights(placement.rows_in, rows_mm, full_rows, mm)
    along_columns = _weights(placement.columns_in, columns_mm, full_columns, mm)
    here, there = _windows(placement, full_rows, full_columns)
    sections = []
    for section in stack:
        matrix = np.zeros((placement.rows, placement.columns), dtype=np.float32)
        matrix[here] = _resampled(section, along_rows, along_columns)[there]
        sections.append(matrix)
    return np.stack(sections)


def _resampled(section: Floats, along_rows: sparse.csr_array, along_columns: sparse.csr_array) -> Floats:
    """Step 4. Linear interpolation as two small products; the weights are nearly all zero."""
    return _as_floats((along_columns @ (along_rows @ section.astype(np.float32, copy=False)).T).T)


@lru_cache(maxsize=16)
def _weights(count: int, spacing: float, new_count: int, new_spacing: float) -> sparse.csr_array:
    """Say how much each old sample counts for each new one; widened when the new grid is coarser."""
    old = (np.arange(count) - (count - 1) / 2) * spacing
    new = (np.arange(new_count) - (new_count - 1) / 2) * new_spacing
    reach = max(spacing, new_spacing)
    inside = np.clip(new, old[0], old[-1])
    weights = np.clip(1.0 - np.abs(inside[:, None] - old[None, :]) / reach, 0.0, None)
    return sparse.csr_array(_as_floats(weights / weights.sum(axis=1, keepdims=True)))


def _steps(count: int, spacing: float, new_spacing: float) -> int:
    return max(1, round(count * spacing / new_spacing))


def _place(axial: Axial, mm: float, rows: int, columns: int, middle: tuple[float, float]) -> Placement:
    """Step 5. Lay the fixed matrix around a point, given in rows and columns of the input."""
    _, rows_in, columns_in = axial.voxels.shape
    _, row_mm, column_mm = axial.spacing_mm
    top = _first(rows_in, row_mm, mm, rows, middle[0])
    left = _first(columns_in, column_mm, mm, columns, middle[1])
    return Placement(rows_in, columns_in, row_mm, column_mm, mm, top, left, rows, columns)


def _first(count: int, spacing: float, new_spacing: float, size: int, middle: float) -> int:
    offset = (middle - (count - 1) / 2) * spacing / new_spacing
    return round((_steps(count, spacing, new_spacing) - size) / 2 + offset)


def _windows(placement: Placement, rows: int, columns: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    here_rows, there_rows = _overlap(placement.top, placement.rows, rows)
    here_columns, there_columns = _overlap(placement.left, placement.columns, columns)
    return (here_rows, here_columns), (there_rows, there_columns)


def _overlap(first: int, size: int, available: int) -> tuple[slice, slice]:
    start, stop = max(first, 0), min(first + size, available)
    stop = max(start, stop)
    return slice(start - first, stop - first), slice(start, stop)


def _neighbour_step(axial: Axial, neighbour_mm: float) -> int:
    return max(1, round(neighbour_mm / axial.spacing_mm[0]))


def _middle(brain: Mask) -> tuple[float, float]:
    seen = np.any(brain, axis=0)
    rows, columns = np.flatnonzero(np.any(seen, axis=1)), np.flatnonzero(np.any(seen, axis=0))
    return (float(rows[0] + rows[-1]) / 2, float(columns[0] + columns[-1]) / 2)


def _evened(section: Floats, spec: BrainInput) -> Floats:
    """One slice of a head with its tissue at a fixed brightness."""
    bright = section[section > max(float(section.mean()), 0.0)]
    typical = float(np.median(bright)) if bright.size else 1.0
    return _as_floats(np.clip(section * (spec.gain / typical), 0.0, spec.ceiling))


def _border(stack: Floats) -> Floats:
    edges = (stack[:, 0, :], stack[:, -1, :], stack[:, :, 0], stack[:, :, -1])
    return np.concatenate([edge.ravel() for edge in edges])


def _axial_order(geometry: Geometry) -> tuple[int, int, int]:
    """Which input axis runs most nearly feet-head, front-back and right-left; each axis once."""
    along = np.abs(geometry.affine[:3, :3] / np.asarray(geometry.spacing_mm))
    orders = [(k, j, i) for k, j, i in permutations(range(AXES))]
    return max(orders, key=lambda order: float(along[2, order[0]] + along[1, order[1]] + along[0, order[2]]))


def _as_floats(values: NDArray[np.floating]) -> Floats:
    return np.asarray(values, dtype=np.float32)


def _flipped(stack: NDArray[Kept], flips: tuple[bool, ...]) -> NDArray[Kept]:
    return stack[tuple(slice(None, None, -1 if flip else 1) for flip in flips)]
