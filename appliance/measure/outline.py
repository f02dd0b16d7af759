"""A mask's outline made whole, wider or narrower, slice by slice: ``[slice, row, column]``.

Guarantees: nothing is looked at outside the box that can change, and everything inside is moved as whole planes, so
that a fine scan costs hundredths of a second. Beyond the stack is outside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from appliance.measure.grid import Box, Mask, bounding_box, widened

if TYPE_CHECKING:
    from numpy.typing import NDArray


def largest_part(mask: Mask) -> Mask:
    """Keep the largest connected part; of two that are alike, the first."""
    box = bounding_box(mask)
    if box is None:
        return mask
    labels, count = ndimage.label(mask[box])
    if count == 1:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    kept = np.zeros_like(mask)
    kept[box] = labels == sizes.argmax()
    return kept


def without_holes(mask: Mask) -> Mask:
    """Fill what no path of empty pixels of its slice joins to the slice's edge."""
    box = bounding_box(mask)
    if box is None:
        return mask
    filled = mask.copy()
    for section in filled[box]:
        _fill(section)
    return filled


def grown_by_mm(mask: Mask, spacing_mm: tuple[float, float], margin_mm: float) -> Mask:
    """Add every pixel that is at most so far from one that is set."""
    box = bounding_box(mask)
    if margin_mm <= 0 or box is None:
        return mask
    reach = _reach(spacing_mm, margin_mm)
    around = widened(box, (0, len(reach) - 1, reach[0]), mask.shape)
    wide = mask.copy()
    wide[around] = _grown(mask[around], reach)
    return wide


def worn_by_px(mask: Mask, pixels: int) -> Mask:
    """Take the rim away, so many pixels deep by steps along rows and columns."""
    left = mask
    for _ in range(pixels):
        inner = np.zeros_like(left)
        inner[:, 1:-1, 1:-1] = (
            left[:, 1:-1, 1:-1] & left[:, :-2, 1:-1] & left[:, 2:, 1:-1] & left[:, 1:-1, :-2] & left[:, 1:-1, 2:]
        )
        left = inner
    return left


def _fill(section: Mask) -> None:
    empty, _ = ndimage.label(np.pad(~section, 1, constant_values=True))
    np.not_equal(empty[1:-1, 1:-1], empty[0, 0], out=section)


def _reach(spacing_mm: tuple[float, float], margin_mm: float) -> list[int]:
    """Say for each step from row to row how many columns away is near enough."""
    rows, columns = (np.arange(int(margin_mm / mm) + 2) * mm for mm in spacing_mm)
    near = np.sqrt(rows[:, None] ** 2 + columns**2) <= margin_mm
    return [int(count) - 1 for count in near.sum(axis=1) if count]


def _grown(mask: Mask, reach: list[int]) -> Mask:
    """Widen along the columns step by step, and lay each width as many rows off as it reaches."""
    wide, grown, done = mask.copy(), np.zeros_like(mask), 0
    for rows in reversed(range(len(reach))):
        for step in range(done + 1, reach[rows] + 1):
            _lay(wide, mask, (0, step))
        done = reach[rows]
        _lay(grown, wide, (rows, 0))
    return grown


def _lay(onto: Mask, mask: NDArray[np.bool_], step: tuple[int, int]) -> None:
    """Add a mask to another, moved by a step both ways along its slices."""
    here, there = _moved(step)
    onto[here] |= mask[there]
    onto[there] |= mask[here]


def _moved(step: tuple[int, int]) -> tuple[Box, Box]:
    rows, columns = step
    ahead, behind = (slice(rows, None), slice(columns, None)), (slice(-rows or None), slice(-columns or None))
    return (slice(None), *ahead), (slice(None), *behind)
