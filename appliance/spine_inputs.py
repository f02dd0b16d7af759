"""From a lumbar slice to what a spine network takes; training and the clinic use the same code.

NumPy and SciPy only. Images are ``[row, column]`` with the head or the belly side first, float32.
Every function is deterministic, changes nothing in place, and gives finite numbers for any finite
input: an image of one grey value becomes zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from appliance.measure_spine import Disc

Image: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SpineLocatorInput:
    """The middle of an axial slice, coarse."""

    spacing_mm: float = 0.6875
    step: int = 2
    """Every how many pixels of that spacing are looked at."""
    side: int = 128


@dataclass(frozen=True, slots=True)
class SpineCropInput:
    """A window around the canal of an axial slice: 55 by 66 mm."""

    spacing_mm: float = 0.6875
    rows: int = 80
    columns: int = 96
    lift: int = 6
    """The window's centre lies this many pixels in front of the canal's, to take in the disc's rim."""


@dataclass(frozen=True, slots=True)
class SpineSagittalInput:
    """A whole sagittal slice."""

    longest_side: int = 384
    multiple: int = 32
    """Both sides are padded to a multiple of this."""


DISC_FACTS = 14
"""How many things are said of a disc besides its picture."""
WEIGHTINGS = 2
"""T1 or not: two more facts, known of the slice."""


@dataclass(frozen=True, slots=True)
class SpineDiscInput:
    """Squares around one disc of a sagittal slice, and what is known of the disc."""

    side: int = 64
    span: float = 2.0
    """How many front-to-back disc lengths it is wide."""
    zoom: float = 0.1
    """A square that much narrower and one that much wider are graded too, and the three answers averaged."""
    facts: int = DISC_FACTS + WEIGHTINGS
    """How many facts stand beside each square."""


LOCATOR, CROP, SAGITTAL, PATCH = SpineLocatorInput(), SpineCropInput(), SpineSagittalInput(), SpineDiscInput()
"""What the networks of this repository are trained with; ``model.json`` states it for each package."""


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Where the disc and the canal lie in an axial slice, in pixels of the axial spacing."""

    disc: tuple[float, float]
    """Row and column of the disc's centre."""
    canal: tuple[float, float]
    """Row and column of the thecal sac's centre."""


def standardised(image: NDArray[np.generic]) -> Image:
    """Square root (the coil lights the back far more than the front), bright tail cut, mean 0, spread 1."""
    roots = np.sqrt(np.maximum(np.asarray(image, dtype=np.float32), 0))
    roots = np.minimum(roots, np.percentile(roots, 99.5))
    return _even(roots)


def at_spacing(image: NDArray[np.generic], spacing_mm: tuple[float, float], wanted_mm: float) -> Image:
    """Resample an axial slice (row, column spacing) to square pixels."""
    zoom = [spacing / wanted_mm for spacing in spacing_mm]
    if np.allclose(zoom, 1.0, atol=0.01):
        return np.asarray(image, dtype=np.float32)
    resampled: Image = ndimage.zoom(np.asarray(image, dtype=np.float32), zoom, order=1, grid_mode=True, mode="nearest")
    return resampled


def locator_input(image: Image, how: SpineLocatorInput = LOCATOR) -> Image:
    """Take the middle of the slice at a coarser step, padded where it is smaller."""
    coarse = standardised(ndimage.uniform_filter(image, how.step)[:: how.step, :: how.step])
    return window(coarse, (coarse.shape[0] / 2, coarse.shape[1] / 2), (how.side, how.side))


def from_locator(
    point: tuple[float, float], shape: tuple[int, ...], how: SpineLocatorInput = LOCATOR
) -> tuple[float, float]:
    """Take a point of the locator's input back to pixels of the slice it was made from."""
    row, column = (how.step * (p - s) for p, s in zip(point, _locator_shift(shape, how), strict=True))
    return (row, column)


def to_locator(
    point: tuple[float, float], shape: tuple[int, ...], how: SpineLocatorInput = LOCATOR
) -> tuple[float, float]:
    """Undo ``from_locator``."""
    row, column = (p / how.step + s for p, s in zip(point, _locator_shift(shape, how), strict=True))
    return (row, column)


def _locator_shift(shape: tuple[int, ...], how: SpineLocatorInput) -> tuple[int, int]:
    row, column = (how.side // 2 - round(-(-side // how.step) / 2) for side in shape)
    return (row, column)


def axial_crop(image: Image, canal: tuple[float, float], how: SpineCropInput = CROP, margin: int = 0) -> Image:
    """Cut the grader's input: a window around the canal, wider by a margin on every side."""
    size = (how.rows + 2 * margin, how.columns + 2 * margin)
    return standardised(window(image, (canal[0] - how.lift, canal[1]), size))


def window(image: Image, centre: tuple[float, float], size: tuple[int, int]) -> Image:
    """Cut a window of whole pixels; what lies outside the image is its edge drawn on."""
    starts = [round(c) - s // 2 for c, s in zip(centre, size, strict=True)]
    rows, columns = (np.clip(np.arange(a, a + s), 0, n - 1) for a, s, n in zip(starts, size, image.shape, strict=True))
    return np.asarray(image[np.ix_(rows, columns)], dtype=np.float32)


def sagittal_input(image: NDArray[np.generic], how: SpineSagittalInput = SAGITTAL) -> Image:
    """Scale to the longest side, standardise, pad below and to the right."""
    pixels = np.asarray(image, dtype=np.float32)
    sides = [max(1, round(side * how.longest_side / max(pixels.shape))) for side in pixels.shape]
    zoom = [after / before for after, before in zip(sides, pixels.shape, strict=True)]
    scaled = standardised(ndimage.zoom(pixels, zoom, order=1, grid_mode=True, mode="nearest"))
    return np.pad(scaled, [(0, -side % how.multiple) for side in scaled.shape], mode="edge")


def sagittal_labels_back(
    labels: NDArray[np.uint8], shape: tuple[int, ...], how: SpineSagittalInput = SAGITTAL
) -> NDArray[np.uint8]:
    """Take labels on the network's grid back to the slice's own grid."""
    scale = how.longest_side / max(shape)
    places = [((np.arange(n) + 0.5) * scale).astype(int) for n in shape]
    rows, columns = (np.minimum(at, n - 1) for at, n in zip(places, labels.shape, strict=True))
    return np.asarray(labels[np.ix_(rows, columns)])


def disc_patches(image: Image, disc: Disc, how: SpineDiscInput = PATCH) -> Image:
    """Sample squares around a disc, turned so that it lies level with the canal on the right: ``[zoom, row, column]``.

    The middle one has the usual width.
    """
    spans = (how.span * (1 - how.zoom), how.span, how.span * (1 + how.zoom))
    return np.stack([_disc_patch(image, disc, span, how.side) for span in spans])


def _disc_patch(image: Image, disc: Disc, span: float, side: int) -> Image:
    steps = (np.arange(side) - (side - 1) / 2) * span * disc.length / side
    back = np.asarray(disc.backward)
    down = np.array([back[1], -back[0]])
    if down[0] < 0:
        down = -down
    grid = np.asarray(disc.centre)[:, None, None] + down[:, None, None] * steps[:, None] + back[:, None, None] * steps
    patch: Image = ndimage.map_coordinates(image, grid, order=1, mode="nearest")
    return _even(patch)


def _even(image: Image) -> Image:
    """Mean 0, spread 1; one grey value everywhere becomes zeros."""
    if np.ptp(image) == 0:
        return np.zeros(image.shape, dtype=np.float32)
    return np.asarray((image - image.mean()) / image.std(), dtype=np.float32)


def disc_inputs(patches: Image, facts: Image) -> Image:
    """Stack each square and the facts of its disc, each as a plane of its own: ``[zoom, plane, row, column]``."""
    planes = np.broadcast_to(facts[:, None, None], (len(facts), *patches.shape[1:]))
    return np.stack([np.concatenate([patch[None], planes]) for patch in patches]).astype(np.float32)


def averaged(answers: Image, discs: int) -> Image:
    """Average what was answered for each disc's squares: ``[disc, …]``."""
    return np.asarray(answers.reshape(discs, -1, *answers.shape[1:]).mean(axis=1), dtype=np.float32)


def disc_facts(
    image: Image, labels: NDArray[np.uint8], discs: Sequence[Disc], canal_ratios: Mapping[int, float | None]
) -> Image:
    """Say of each disc of a slice what its patch does not show: ``[disc, fact]``.

    Its shape, its place, its brightness against the canal and the bone beside it, and how it stands against the
    patient's other discs: whether a disc is narrowed or dark is judged by its neighbours. ``image`` and ``labels``
    share a grid; grey values are as scanned, not standardised; discs come from the lowest upward.
    """
    if not discs:
        return np.zeros((0, DISC_FACTS), dtype=np.float32)
    alone = np.array([_of_one_disc(image, labels, disc, canal_ratios.get(disc.number)) for disc in discs])
    facts: Image = np.hstack([alone, _against_the_others(discs, alone[:, 3:5])]).astype(np.float32)
    return np.clip(facts, -3, 3)


def _of_one_disc(
    image: Image, labels: NDArray[np.uint8], disc: Disc, canal_ratio: float | None
) -> tuple[float, float, float, float, float, float]:
    nearby = np.hypot(*(np.indices(labels.shape) - np.asarray(disc.centre)[:, None, None])) < 1.2 * disc.length
    inside, canal, bone = (_middle_grey(image, nearby & (labels == kind)) for kind in (2, 3, 1))
    return (
        disc.height / disc.length,
        0.0 if canal_ratio is None else min(canal_ratio, 2.0) - 1.0,
        float(canal_ratio is None),
        inside / max(canal, 1.0) if canal else 0.5,
        inside / max(bone, 1.0) if bone else 0.5,
        min(disc.number, 9) / 9,
    )


def _against_the_others(discs: Sequence[Disc], brightness: NDArray[np.float64]) -> NDArray[np.float64]:
    """Height, length and brightness beside those of the slice's other discs, and whether it is L5/S1 or L4/L5."""
    heights = np.array([disc.height for disc in discs])
    lengths = np.array([disc.length for disc in discs])
    numbers = np.array([disc.number for disc in discs])
    usual = np.median(heights)
    return np.column_stack(
        [
            heights / usual - 1,
            heights / np.append(heights[1:], usual) - 1,
            heights / np.append(usual, heights[:-1]) - 1,
            lengths / np.median(lengths) - 1,
            brightness / np.maximum(brightness.max(axis=0), 1e-3),
            numbers == 1,
            numbers == 2,  # noqa: PLR2004 - the second from below
        ]
    )


def _middle_grey(image: Image, mask: NDArray[np.bool_]) -> float:
    return float(np.median(image[mask])) if mask.any() else 0.0
