"""A scan to leaf through: slices as a radiologist hangs them, windowed, with outlines that can be switched off.

The scan comes from the folder that was read; outlines come from the results. Both lie on the same grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np

from appliance.contracts import Plane
from appliance.errors import Unreadable
from appliance.findings.study import OutputRole
from appliance.pictures.canvas import BLUE, GREEN, ORANGE, SKY, YELLOW, Canvas, Window, window_of
from appliance.readers.stack import stacked
from appliance.report.marks import N_
from appliance.volumes import read_volumes
from appliance.words import shown

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL import Image

    from appliance.contracts import Study, Volume
    from appliance.findings import Findings, SeriesRead
    from appliance.pictures.canvas import Colour
    from appliance.readers.stack import Stack
    from appliance.settings import Settings

OUTLINED: dict[OutputRole, tuple[tuple[str, Colour, int | None], ...]] = {
    OutputRole.LESIONS: ((N_("lesions"), ORANGE, None),),
    OutputRole.VENTRICLES: ((N_("ventricles"), BLUE, None),),
    OutputRole.SPINE: ((N_("vertebrae"), SKY, 1), (N_("discs"), GREEN, 2), (N_("canal"), YELLOW, 3)),
}
"""What each file holds: a name, a colour, and the value that stands for it; any value but 0 where there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """One thing that is outlined."""

    name: str
    colour: Colour
    mask: NDArray[np.bool_]
    """On the stack's own axes."""


@dataclass(frozen=True, slots=True, eq=False)
class Slices:
    """One series."""

    series: str
    """``SeriesRead.id``."""
    title: str
    stack: Stack
    outlines: tuple[Outline, ...]
    window: Window
    """That everything can be seen in."""

    def __len__(self) -> int:
        return len(self.stack.voxels)

    def picture(self, index: int, window: Window, thick: int) -> Image.Image:
        """Draw one slice, with outlines so many pixels thick; 0 is none."""
        canvas = Canvas(self.stack.voxels[index], self.stack.in_plane_mm, window)
        for outline in self.outlines if thick else ():
            canvas.outline(outline.mask[index], outline.colour, width=thick)
        return canvas.image

    def fullest(self) -> int:
        """Find the slice with most of what was found; the middle one if nothing was."""
        if not self.outlines:
            return len(self) // 2
        sizes = self.outlines[0].mask.sum(axis=(1, 2))
        return int(sizes.argmax()) if sizes.any() else len(self) // 2


def load_slices(study: Study, findings: Findings, folder: Path, settings: Settings) -> tuple[Slices, ...]:
    """Open the scans that the findings rest on, with the outlines that lie in the folder of results."""
    found = []
    for series in study.series:
        wanted = [read for read in findings.series if read.grid is not None and _is_same(read, series.facts.uid, study)]
        if wanted:
            volumes = {volume.part: volume for volume in read_volumes(study, series, settings)}
            found += [_slices(volumes[read.part], read, findings, folder) for read in wanted if read.part in volumes]
    return tuple(found)


def _is_same(read: SeriesRead, uid: str | None, study: Study) -> bool:
    if read.uid is not None or uid is not None:
        return read.uid == uid
    return len(study.series) == 1


def _slices(volume: Volume, read: SeriesRead, findings: Findings, folder: Path) -> Slices:
    assert read.grid is not None  # the caller has looked
    stack = stacked(volume, read.grid.plane or Plane.AXIAL)
    title = shown(read.description or read.kind.value)
    return Slices(read.id, title, stack, tuple(_outlines(read, findings, folder, stack)), window_of(stack.voxels))


def _outlines(read: SeriesRead, findings: Findings, folder: Path, stack: Stack) -> list[Outline]:
    found = []
    for output in findings.outputs:
        if output.series == read.id and output.role in OUTLINED:
            labels = stack.turned(_labels(folder / output.file))
            for name, colour, value in OUTLINED[output.role]:
                found.append(Outline(name, colour, labels > 0 if value is None else labels == value))
    return found


def _labels(path: Path) -> NDArray[np.generic]:
    try:
        return np.asarray(nib.nifti1.Nifti1Image.from_filename(path).dataobj)
    except (OSError, ValueError, nib.filebasedimages.ImageFileError) as error:
        raise Unreadable(
            f"The outlines in {shown(path.name)} cannot be read ({error}).", advice="Read the study again."
        ) from error
