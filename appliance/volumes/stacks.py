"""The frames of one series → the stacks in it, each of which is one volume.

A series may hold several: stacks that the scanner numbered, blocks of another angle (one for each disc
of a spine), echoes, time points, the parts of a complex signal. They are told apart by what the header
says, never by the order of the files. What cannot be told apart is refused: two slices at one place
would otherwise make a volume that never was. Pure: no file is touched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from appliance.contracts import Kind, Reason
from appliance.errors import BadGeometry
from appliance.volumes.alignment import aligned, heights, usual_gap
from appliance.volumes.dividers import DIVIDERS
from appliance.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.contracts import Affine
    from appliance.settings import Reading
    from appliance.volumes.frames import Frame

BLOCK_GAP = 2.5
"""A gap of so many slice distances parts two blocks of an axial spine; a smaller one is a lost slice."""


STEEPEST_TILT_DEG = 60.0
"""Blocks of one series may be tilted so much against each other; beyond, they are different planes."""


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """The frames of one volume, in order of ``k``."""

    frames: tuple[Frame, ...]
    affine: Affine
    part: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    """Frames on the way to become a stack."""

    frames: tuple[Frame, ...]
    parts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def narrowed(self, frames: Sequence[Frame], part: str, *warnings: str) -> _Group:
        """Keep some of the frames, and say which."""
        return _Group(tuple(frames), (*self.parts, part), (*self.warnings, *warnings))


@dataclass(frozen=True, slots=True)
class Rules:
    """What sorting a series depends on besides its frames."""

    name: str
    """The series, in a sentence."""
    kind: Kind | None
    reading: Reading


Groups: TypeAlias = list[_Group]


def stacks_of(frames: Sequence[Frame], rules: Rules) -> tuple[Stack, ...]:
    """Sort the frames of a series into its stacks."""
    _check_angles(frames, rules)
    _check_sizes(frames, rules)
    whole = _Group(tuple(frames))
    numbered = _numbered(whole, rules)
    one_way = [part for group in numbered for part in _by_orientation(group, rules)]
    single = [part for group in one_way for part in _by_marks(group, rules)]
    blocks = [part for group in single for part in _blocks(_sorted(group), rules)]
    return tuple(_stack(group, rules) for group in blocks)


def _stack(group: _Group, rules: Rules) -> Stack:
    named = replace(rules, name=", ".join((rules.name, *group.parts)))
    _check_count(group.frames, named)
    grid = aligned(group.frames, named.name, rules.reading)
    return Stack(group.frames, grid.affine, ", ".join(group.parts), (*group.warnings, *grid.warnings))


def _numbered(group: _Group, rules: Rules) -> Groups:
    """Part the stacks that the scanner numbered itself."""
    names = sorted({frame.marks.stack or "" for frame in group.frames})
    parts = [[frame for frame in group.frames if (frame.marks.stack or "") == name] for name in names]
    return _named_stacks(group, parts) if _all_long_enough(parts, rules) else [group]


def _by_orientation(group: _Group, rules: Rules) -> Groups:
    """Part blocks of another angle, if each could be a volume."""
    rows = np.array([frame.place.along_row for frame in group.frames])
    columns = np.array([frame.place.along_column for frame in group.frames])
    least = np.cos(np.radians(rules.reading.orientation_tolerance_deg))
    left = np.arange(len(group.frames))
    parts: list[list[Frame]] = []
    while left.size:
        parallel = np.minimum(rows[left] @ rows[left[0]], columns[left] @ columns[left[0]]) >= least
        parts.append([group.frames[n] for n in left[parallel]])
        left = left[~parallel]
    if len(parts) > 1 and not _all_long_enough(parts, rules):
        raise _crossing(min(parts, key=len)[0], rules)
    return _named_stacks(group, parts)


def _by_marks(group: _Group, rules: Rules) -> Groups:
    """Part echoes, time points and their like, until no two frames lie at one place."""
    most = _most_at_one_place(group.frames, rules.reading)
    if most == 1:
        return [group]
    for divider in DIVIDERS:
        parts = divider.parted(group.frames)
        if len(parts) > 1 and all(
            _places(part.frames, rules.reading) >= rules.reading.min_slices
            and _most_at_one_place(part.frames, rules.reading) < most
            for part in parts
        ):
            narrowed = [group.narrowed(part.frames, part.words) for part in parts]
            return [single for part in narrowed for single in _by_marks(part, rules)]
    raise _duplicate(group, rules)


def _blocks(group: _Group, rules: Rules) -> Groups:
    """Part an axial spine where its blocks, one for each disc, leave a wide gap."""
    frames = group.frames
    if rules.kind is not Kind.SPINE_AXIAL or len(frames) <= rules.reading.min_slices:
        return [group]
    gaps = np.diff(heights(frames))
    wide = np.flatnonzero(gaps > BLOCK_GAP * usual_gap(gaps))
    edges = [0, *(int(k) + 1 for k in wide), len(frames)]
    parts = [list(frames[start:end]) for start, end in pairwise(edges)]
    if len(parts) == 1 or not _all_long_enough(parts, rules):
        return [group]
    gap = ", ".join(f"{gaps[k]:.1f}" for k in wide)
    warning = f"The slices lie in {counted(len(parts), 'block')} with gaps of {gap} mm; each block is one volume."
    return [replace(part, warnings=(*part.warnings, warning)) for part in _named_stacks(group, parts)]


def _named_stacks(group: _Group, parts: list[list[Frame]]) -> Groups:
    if len(parts) == 1:
        return [group]
    return [group.narrowed(part, f"stack {number}") for number, part in enumerate(parts, 1)]


def _all_long_enough(parts: list[list[Frame]], rules: Rules) -> bool:
    return all(len(part) >= rules.reading.min_slices for part in parts)


def _sorted(group: _Group) -> _Group:
    order = np.argsort(heights(group.frames), kind="stable")
    return replace(group, frames=tuple(group.frames[k] for k in order))


def _levels(frames: Sequence[Frame], reading: Reading) -> list[int]:
    """Count the frames at each place along the normal."""
    ascending = np.sort(heights(frames))
    starts = np.flatnonzero(np.diff(ascending) > reading.spacing_tolerance_mm) + 1
    return [len(level) for level in np.split(ascending, starts)]


def _places(frames: Sequence[Frame], reading: Reading) -> int:
    return len(_levels(frames, reading))


def _most_at_one_place(frames: Sequence[Frame], reading: Reading) -> int:
    return max(_levels(frames, reading))


def _duplicate(group: _Group, rules: Rules) -> BadGeometry:
    frames = _sorted(group).frames
    gaps = np.diff(heights(frames))
    k = int(np.argmin(gaps))
    return BadGeometry(
        f"{rules.name}: {frames[k].label} and {frames[k + 1].label} lie in the same plane, "
        "and nothing says what tells them apart.",
        advice="Send the original series from the scanner, without copies or pictures made from it.",
        source=frames[k + 1].source,
        reason=Reason.DUPLICATE,
    )


def _check_angles(frames: Sequence[Frame], rules: Rules) -> None:
    """Let blocks be tilted against each other as discs are; planes that cross, as a localizer's, are no series."""
    normals = np.cross([frame.place.along_row for frame in frames], [frame.place.along_column for frame in frames])
    steep = np.abs(normals @ normals[0]) < np.cos(np.radians(STEEPEST_TILT_DEG))
    if steep.any():
        raise _crossing(frames[int(np.argmax(steep))], rules)


def _crossing(odd: Frame, rules: Rules) -> BadGeometry:
    return BadGeometry(
        f"{rules.name}: {odd.label} lies at another angle than other slices of the series.",
        advice="Slices that cross make no volume. A localizer need not be read; send the other series.",
        source=odd.source,
        reason=Reason.MIXED_ORIENTATION,
    )


def _check_count(frames: Sequence[Frame], rules: Rules) -> None:
    if len(frames) < rules.reading.min_slices:
        raise BadGeometry(
            f"{rules.name} has {counted(len(frames), 'slice')}; at least {rules.reading.min_slices} make a volume.",
            advice="Copy the whole series; if the scanner made no more, it cannot be measured.",
            source=frames[0].source,
            reason=Reason.TOO_FEW_SLICES,
        )


def _check_sizes(frames: Sequence[Frame], rules: Rules) -> None:
    places = [frame.place for frame in frames]
    sizes = np.array([(place.rows, place.columns) for place in places])
    spacings = np.array([(place.row_spacing, place.column_spacing) for place in places])
    resized = (sizes != sizes[0]).any(axis=1)
    respaced = (np.abs(spacings / spacings[0] - 1) > rules.reading.spacing_tolerance_share).any(axis=1)
    if (resized | respaced).any():
        odd = frames[int(np.argmax(resized | respaced))]
        raise BadGeometry(
            f"{rules.name}: {odd.label} has {_size(odd)}, but {frames[0].label} has {_size(frames[0])}.",
            advice="Slices of different sizes make no volume. Send the original series from the scanner.",
            source=odd.source,
            reason=Reason.MIXED_SIZES,
        )


def _size(frame: Frame) -> str:
    place = frame.place
    return f"{place.columns} × {place.rows} pixels of {place.column_spacing:.3g} × {place.row_spacing:.3g} mm"
