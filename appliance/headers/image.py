"""Where one DICOM file's images lie and which series they belong to.

Multi-frame images give one place for each frame. A place that the numbers cannot describe (not a
direction, not finite) is unknown, not wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from appliance.headers.dicom import MULTI_FRAME

if TYPE_CHECKING:
    from appliance.contracts import Source
    from appliance.headers.dicom import DicomTags
    from appliance.headers.tags import Tags

Triple: TypeAlias = tuple[float, float, float]
ANGLE_TOLERANCE = 0.02
"""How far a direction's length, and the product of two that should be square, may be off."""
FARTHEST_MM = 1e5


@dataclass(frozen=True, slots=True)
class Place:
    """Where one image lies in the patient."""

    row: Triple | None
    """The direction along a row."""
    column: Triple | None
    position: Triple | None


@dataclass(frozen=True, slots=True)
class DicomHeader:
    """What one DICOM file says about itself."""

    source: Source
    tags: Tags
    """With the functional groups laid over the top level."""
    sop_class: str
    instance: str | None
    rows: int
    """Zero if the file holds no image."""
    columns: int
    frames: int
    places: tuple[Place, ...]
    """One for each frame of a multi-frame image; one otherwise."""
    pixel_spacing: tuple[float, float] | None
    """Between rows, between columns."""
    cut_short: bool


def dicom_header(source: Source, found: DicomTags, *, max_frames: int) -> DicomHeader:
    """Take the facts of one image out of its tags."""
    tags = found.tags
    places: tuple[Place, ...] | None = None
    if found.sop_class in MULTI_FRAME:
        for shared in tags.items("SharedFunctionalGroupsSequence")[:1]:
            tags = tags.laid_over(shared.flattened())
        frames = [frame.flattened() for frame in tags.items("PerFrameFunctionalGroupsSequence")[:max_frames]]
        places = tuple(_place(frame.laid_over(tags)) for frame in frames)
        tags = tags.laid_over(frames[0]) if frames else tags
    return DicomHeader(
        source=source,
        tags=tags,
        sop_class=found.sop_class,
        instance=tags.text("SOPInstanceUID"),
        rows=max(0, tags.whole("Rows") or 0),
        columns=max(0, tags.whole("Columns") or 0),
        frames=max(1, tags.whole("NumberOfFrames") or 1),
        places=places or (_place(tags),),
        pixel_spacing=_spacing(tags),
        cut_short=found.cut_short,
    )


def _place(tags: Tags) -> Place:
    directions = tags.numbers("ImageOrientationPatient")
    row, column = _triple(directions[:3]), _triple(directions[3:6])
    if row is None or column is None or not _are_square(row, column):
        row = column = None
    return Place(row, column, _triple(tags.numbers("ImagePositionPatient")))


def _triple(numbers: tuple[float, ...]) -> Triple | None:
    if len(numbers) != 3 or max(map(abs, numbers)) > FARTHEST_MM:  # noqa: PLR2004 - space has three axes
        return None
    return (numbers[0], numbers[1], numbers[2])


def _are_square(row: Triple, column: Triple) -> bool:
    lengths = sum(v * v for v in row), sum(v * v for v in column)
    product = sum(a * b for a, b in zip(row, column, strict=True))
    return all(abs(length - 1) <= ANGLE_TOLERANCE for length in lengths) and abs(product) <= ANGLE_TOLERANCE


def _spacing(tags: Tags) -> tuple[float, float] | None:
    numbers = tags.numbers("PixelSpacing")
    if len(numbers) < 2 or min(numbers) <= 0:  # noqa: PLR2004 - an image has two axes
        return None
    return (numbers[0], numbers[1])
