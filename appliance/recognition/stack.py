"""How the images of a series lie, as far as headers tell, and what that makes possible.

Two questions are kept apart: what a reader can work on at all (nobody can overrule that), and what a
head or a lumbar spine usually looks like (a technician can).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from appliance.contracts import Kind, Plane

THIN_MM = 2.0
"""Voxels no larger than this in any direction can be cut anew in another plane."""
MANY_SLICES = 40
LIES_NOWHERE = "the file does not say how its images lie in the patient"
Range: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stack:
    """One series as its headers describe it."""

    rows: int
    columns: int
    slices: int
    """Different places, not files: time points and echoes do not count."""
    plane: Plane | None = None
    spacing_mm: tuple[float, float, float] | None = None
    """Along ``i``, ``j``, ``k``."""
    directions: int = 1
    """How many ways the slices are turned: a survey has three."""
    repeats: int = 1
    """How many images there are of each place: echoes or time points."""

    @property
    def is_volume(self) -> bool:
        """Whether it can be cut anew in another plane without a loss that matters."""
        return self.spacing_mm is not None and max(self.spacing_mm) <= THIN_MM and self.slices >= MANY_SLICES

    @property
    def extent_mm(self) -> tuple[float, float, float] | None:
        """How far it reaches along ``i``, ``j``, ``k``."""
        if self.spacing_mm is None:
            return None
        across, down, through = self.spacing_mm
        return (self.columns * across, self.rows * down, self.slices * through)


@dataclass(frozen=True, slots=True)
class _Usual:
    """What a series of one kind usually measures, in millimetres."""

    what: str
    side: Range
    """Either side of an image."""
    through: Range
    """From the first slice to the last."""


USUAL: Final = {
    (Kind.BRAIN_FLAIR, False): _Usual("a head", (130.0, 420.0), (15.0, 330.0)),
    (Kind.BRAIN_FLAIR, True): _Usual("a head", (130.0, 420.0), (100.0, 330.0)),
    (Kind.SPINE_AXIAL, False): _Usual("slices across a lumbar spine", (90.0, 450.0), (3.0, 350.0)),
    (Kind.SPINE_SAGITTAL, False): _Usual("a lumbar spine from the side", (150.0, 520.0), (8.0, 150.0)),
}
"""By kind, and whether it is a volume that is cut anew."""
WHOLE_HEAD_MM: Final = (130.0, 300.0)
"""Every side of a volume around a head; a spine's volume is flatter."""
HEAD_FROM_TOP_TO_BASE: Final = _Usual("a head", (150.0, 330.0), (80.0, 260.0))
"""Strict enough to tell a head by its size alone."""


def cannot_be(kind: Kind, stack: Stack) -> str:
    """Say why no reader could work on this stack as that kind; empty if one could."""
    if stack.plane is None:
        return LIES_NOWHERE
    if kind.is_further:
        return ""
    if kind is Kind.BRAIN_FLAIR:
        if stack.plane is Plane.AXIAL or stack.is_volume:
            return ""
        fault = "too few" if stack.spacing_mm and max(stack.spacing_mm) <= THIN_MM else "too thick"
        return f"its slices are {stack.plane} and {fault} to be cut anew as axial slices, on which a head is read"
    wanted = Plane.AXIAL if kind is Kind.SPINE_AXIAL else Plane.SAGITTAL
    return "" if stack.plane is wanted else f"its slices are {stack.plane}, not {wanted}"


def unlike(kind: Kind, stack: Stack) -> str:
    """Say in what way this stack is unlike others of that kind; empty if it is like them."""
    cut_anew = kind is Kind.BRAIN_FLAIR and stack.plane is not Plane.AXIAL
    return _unlike(USUAL[kind, cut_anew], stack)


def measures_like_a_head(stack: Stack) -> bool:
    """Say whether the size alone makes it a head: no other part is scanned so wide and so far."""
    if stack.is_volume and stack.extent_mm is not None:
        return all(WHOLE_HEAD_MM[0] <= side <= WHOLE_HEAD_MM[1] for side in stack.extent_mm)
    return stack.plane is Plane.AXIAL and not _unlike(HEAD_FROM_TOP_TO_BASE, stack)


def _unlike(usual: _Usual, stack: Stack) -> str:
    extent = stack.extent_mm
    if extent is None:
        return "its headers do not say how large its pixels are"
    *sides, through = extent
    if not all(usual.side[0] <= side <= usual.side[1] for side in sides):
        return f"its images measure {sides[0]:.0f} × {sides[1]:.0f} mm, unlike those of {usual.what}"
    if not usual.through[0] <= through <= usual.through[1]:
        return f"its slices cover {through:.0f} mm, unlike those of {usual.what}"
    return ""
