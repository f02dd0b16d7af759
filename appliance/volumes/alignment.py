"""Slices that lie on one line → one regular grid, or the sentence that says which slice is wrong.

Nothing is resampled: the grid goes through the slices where they are. It may lean (a sheared affine)
where their origins drift sideways, as with a tilted gantry; that is said. Pure: no file is touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.contracts import Reason
from appliance.errors import BadGeometry
from appliance.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from appliance.contracts import Affine
    from appliance.settings import Reading
    from appliance.volumes.frames import Frame, Place

RAS_FROM_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
SEND_AGAIN = "Copy the whole series again; if a slice was lost, have it sent again from the scanner."


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Where a regular stack lies, and what was noticed on the way."""

    affine: Affine
    warnings: tuple[str, ...]


def normal_of(place: Place) -> NDArray[np.float64]:
    """Give the direction in which slices follow each other."""
    return np.cross(place.along_row, place.along_column)


def heights(frames: Sequence[Frame]) -> NDArray[np.float64]:
    """Give each slice's distance along the normal of the first."""
    positions = np.array([frame.place.position for frame in frames])
    return np.asarray(positions @ normal_of(frames[0].place))


def gap_tolerance(gap: float, reading: Reading) -> float:
    """Say by how much gaps may differ and still count as regular."""
    return max(reading.spacing_tolerance_mm, reading.spacing_tolerance_share * abs(gap))


def usual_gap(gaps: NDArray[np.float64]) -> float:
    """Give the lower median: of one whole and one doubled gap, the whole one."""
    return float(np.sort(gaps)[(len(gaps) - 1) // 2])


def aligned(frames: Sequence[Frame], name: str, reading: Reading) -> Grid:
    """Lay a grid through slices that are sorted along their normal."""
    gaps = np.diff(heights(frames))
    usual = usual_gap(gaps)
    _check_gaps(frames, gaps, usual, name, reading)
    positions = np.array([frame.place.position for frame in frames])
    step = (positions[-1] - positions[0]) / (len(frames) - 1)
    off_line = np.linalg.norm(positions - positions[0] - np.outer(np.arange(len(frames)), step), axis=1)
    worst = int(np.argmax(off_line))
    if off_line[worst] > gap_tolerance(usual, reading):
        raise BadGeometry(
            f"{name}: {frames[worst].label} lies {off_line[worst]:.1f} mm beside the line of the other slices.",
            advice=SEND_AGAIN,
            source=frames[worst].source,
            reason=Reason.IRREGULAR_SPACING,
        )
    affine = _affine(frames[0].place, positions[0], step)
    warnings = (*_uneven(gaps, float(off_line[worst]), reading), *leaning(affine, reading))
    return Grid(affine, warnings)


def leaning(affine: Affine, reading: Reading) -> tuple[str, ...]:
    """Say so if the slices are shifted sideways against each other, each by the same amount."""
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    normal = np.cross(axes[:, 0], axes[:, 1])
    normal = normal / np.linalg.norm(normal)
    angle = float(np.degrees(np.arccos(np.clip(abs(normal @ axes[:, 2]), 0.0, 1.0))))
    if angle <= reading.orientation_tolerance_deg:
        return ()
    return (f"The stack leans by {angle:.1f}°: each slice is shifted sideways. The true places are kept.",)


def _check_gaps(frames: Sequence[Frame], gaps: NDArray[np.float64], usual: float, name: str, reading: Reading) -> None:
    for k, gap in enumerate(map(float, gaps)):
        if abs(gap - usual) > gap_tolerance(usual, reading):
            raise _bad_gap((frames[k], frames[k + 1]), gap, usual, name, reading)


def _bad_gap(pair: tuple[Frame, Frame], gap: float, usual: float, name: str, reading: Reading) -> BadGeometry:
    steps = round(gap / usual)
    missing = steps > 1 and abs(gap - steps * usual) <= steps * gap_tolerance(usual, reading)
    verdict = f"{counted(steps - 1, 'slice')} missing" if missing else "the distances are irregular"
    first, second = sorted(pair, key=lambda frame: (frame.instance or 0, frame.index))
    return BadGeometry(
        f"{name}: the gap between {first.label} and {second.label} is {gap:.1f} mm "
        f"where the other slices are {usual:.1f} mm apart: {verdict}.",
        advice=SEND_AGAIN,
        source=second.source,
        reason=Reason.MISSING_SLICES if missing else Reason.IRREGULAR_SPACING,
    )


def _affine(first: Place, origin: NDArray[np.float64], step: NDArray[np.float64]) -> Affine:
    lps = np.eye(4)
    lps[:3, 0] = np.array(first.along_row) * first.column_spacing
    lps[:3, 1] = np.array(first.along_column) * first.row_spacing
    lps[:3, 2] = step
    lps[:3, 3] = origin
    return np.asarray(RAS_FROM_LPS @ lps)


def _uneven(gaps: NDArray[np.float64], off_line: float, reading: Reading) -> tuple[str, ...]:
    if max(float(np.ptp(gaps)), off_line) <= reading.spacing_rounding_mm:
        return ()
    spread = f"The distances between slices vary from {gaps.min():.2f} to {gaps.max():.2f} mm"
    return (f"{spread}; {gaps.mean():.2f} mm is taken for all, which is wrong by {off_line:.2f} mm at most.",)
