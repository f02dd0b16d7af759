"""A DICOM series → its volumes: headers first, then the decision, then the pixels, one slice at a time.

Everything that can be refused from the headers is refused before the first pixel is decoded, and no
more memory is taken than the volumes themselves need.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.archives import Archives
from appliance.contracts import Geometry, SliceOrigin, Volume
from appliance.errors import OverLimit
from appliance.volumes.dicom_files import read_header
from appliance.volumes.dicom_frames import frames_of
from appliance.volumes.dicom_pixels import stored_frames
from appliance.volumes.scaling import valued, values_type
from appliance.volumes.stacks import Rules, stacks_of
from appliance.words import counted, megabytes, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from appliance.contracts import Series, Study
    from appliance.settings import Settings
    from appliance.volumes.frames import Frame
    from appliance.volumes.stacks import Stack


def read_dicom_volumes(study: Study, series: Series, settings: Settings) -> tuple[Volume, ...]:
    """Read every volume of a DICOM series."""
    name = series_name(series)
    with Archives(settings.limits) as archives:
        frames = _all_frames(series, settings, archives)
        stacks = stacks_of(frames, Rules(name, series.recognition.kind, settings.reading))
        _check_memory(stacks, name, settings.limits.max_volume_bytes)
        fillings = [_Filling.of(stack) for stack in stacks]
        _fill(fillings, settings, archives)
    return tuple(_volume(filling, study, series) for filling in fillings)


def series_name(series: Series) -> str:
    """Name a series in a sentence."""
    number = f"Series {series.facts.number}" if series.facts.number is not None else "A series"
    return f"{number} “{shown(series.facts.description)}”" if series.facts.description else number


@dataclass(slots=True, eq=False)
class _Filling:
    """A stack whose voxels are being filled in."""

    stack: Stack
    slices: NDArray[Any]
    """``[k, row, column]``."""
    padded: NDArray[np.bool_] | None = None
    """Which of them lie outside the image, once there are any."""

    @classmethod
    def of(cls, stack: Stack) -> _Filling:
        """Set the memory aside."""
        place = stack.frames[0].place
        return cls(stack, np.empty((len(stack.frames), place.rows, place.columns), _voxel_type(stack)))

    def put(self, k: int, frame: Frame, stored: NDArray[np.integer[Any]]) -> None:
        """Put one frame's values where they belong."""
        self.slices[k] = valued(stored, frame)
        if frame.header.padding is not None:
            low, high = frame.header.padding
            outside = (stored >= low) & (stored <= high)
            if outside.any():
                self.padded = np.zeros(self.slices.shape, np.bool_) if self.padded is None else self.padded
                self.padded[k] = outside


def _all_frames(series: Series, settings: Settings, archives: Archives) -> list[Frame]:
    frames: list[Frame] = []
    for source in series.sources:
        header = read_header(source, settings.limits, archives)
        frames += frames_of(header, settings.limits, settings.reading)
        if len(frames) > settings.limits.max_slices:
            raise OverLimit(
                f"{series_name(series)} has more than {settings.limits.max_slices:,} slices.",
                advice="If it really is a scan, raise limits.max_slices in the settings.",
                source=source,
            )
    return frames


def _check_memory(stacks: Iterable[Stack], name: str, most: int) -> None:
    size = sum(
        len(stack.frames) * stack.frames[0].place.rows * stack.frames[0].place.columns * _voxel_type(stack).itemsize
        for stack in stacks
    )
    if size > most:
        raise OverLimit(
            f"{name} takes {megabytes(size)} unpacked; {megabytes(most)} are allowed.",
            advice="If it really is a scan, raise limits.max_volume_bytes in the settings.",
        )


def _voxel_type(stack: Stack) -> np.dtype[Any]:
    return np.result_type(*{values_type(frame) for frame in stack.frames})


def _fill(fillings: list[_Filling], settings: Settings, archives: Archives) -> None:
    """Decode file after file, and put each frame where the stacks say."""
    slots = {
        (frame.source, frame.index): (filling, k, frame)
        for filling in fillings
        for k, frame in enumerate(filling.stack.frames)
    }
    firsts = {frame.source: frame for _, _, frame in slots.values()}
    for source in sorted(firsts):
        one = firsts[source]
        for index, stored in enumerate(stored_frames(one.header, one.coding, settings.limits, archives)):
            filling, k, frame = slots[source, index]
            filling.put(k, frame, stored)


def _volume(filling: _Filling, study: Study, series: Series) -> Volume:
    frames = filling.stack.frames
    reference, mixed = _frame_of_reference(frames)
    voxels = filling.slices.transpose(2, 1, 0)
    i, j, k = voxels.shape
    return Volume(
        voxels=voxels,
        geometry=Geometry(filling.stack.affine, (i, j, k), reference),
        kind=series.recognition.kind,
        weighting=series.recognition.weighting,
        patient=study.patient,
        study=study.facts,
        series=series.facts,
        origins=tuple(_origin(frame) for frame in frames),
        part=filling.stack.part,
        warnings=(*filling.stack.warnings, *mixed, *_inverted(frames), *_padding_replaced(filling)),
    )


def _origin(frame: Frame) -> SliceOrigin:
    tags = frame.header.tags
    return SliceOrigin(
        source=frame.source,
        sop_class_uid=tags.text("SOPClassUID"),
        sop_instance_uid=tags.text("SOPInstanceUID"),
        frame=frame.index + 1 if frame.coding.frames > 1 else None,
    )


def _frame_of_reference(frames: tuple[Frame, ...]) -> tuple[str | None, tuple[str, ...]]:
    stated = {frame.header.tags.text("FrameOfReferenceUID") for frame in frames}
    if len(stated) == 1:
        return stated.pop(), ()
    return None, ("The slices do not name one common frame of reference; their positions were taken as they stand.",)


def _inverted(frames: tuple[Frame, ...]) -> tuple[str, ...]:
    if not any(frame.coding.inverted for frame in frames):
        return ()
    return ("The picture was stored with black and white exchanged; it was turned back.",)


def _padding_replaced(filling: _Filling) -> tuple[str, ...]:
    """Give voxels outside the image the darkest value inside it: their own would upset every statistic."""
    if filling.padded is None:
        return ()
    inside = filling.slices[~filling.padded]
    darkest = inside.min() if inside.size else filling.slices.dtype.type(0)
    changed = int(np.count_nonzero(filling.slices[filling.padded] != darkest))
    filling.slices[filling.padded] = darkest
    if not changed:
        return ()
    return (f"{counted(changed, 'voxel')} outside the image held a filling value; they were made background.",)
