"""The folder of one study's results; see the package's docstring for the order in which it is filled."""

from __future__ import annotations

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

import numpy as np

from appliance.atomic import UNFINISHED, write_whole
from appliance.errors import OutputFailed
from appliance.findings.json_file import NAME, as_json
from appliance.findings.study import OutputFile, OutputRole, Picture
from appliance.pictures import draw_axial, draw_brain, draw_sagittal
from appliance.results.follow_up import follow_up_file
from appliance.volumes.masks_out import map_file, mask_file
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from appliance.findings import Findings
    from appliance.pictures import Drawing
    from appliance.readers.brain import BrainAnswer
    from appliance.readers.desk import AxialAnswer, SagittalAnswer

OURS = (".nii.gz", ".png", NAME, UNFINISHED)
"""Endings of what a reading writes, and so may remove."""
PNG_EFFORT = 1
"""How hard the pictures are packed: more takes twice the time for a tenth less."""
PACKERS = 2
"""So many files are packed at the same time."""


class StudyFolder:
    """Where one study's results go."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.outputs: tuple[OutputFile, ...] = ()
        """Every mask and map written so far."""
        self.pictures: tuple[Picture, ...] = ()
        """Every picture written so far."""

    @classmethod
    def begin(cls, path: Path) -> Self:
        """Make the folder, or empty it of what an earlier reading left there."""
        try:
            path.mkdir(parents=True, exist_ok=True)
            (path / NAME).unlink(missing_ok=True)
            for entry in path.iterdir():
                if entry.name.endswith(OURS) and entry.is_file():
                    entry.unlink()
        except OSError as error:
            raise OutputFailed(
                f"The folder {shown(path.name)} for a study’s results could not be made or emptied ({error.strerror}).",
                advice="Check that the disk has room and that you may write there.",
            ) from error
        return cls(path)

    def add_brain(self, answer: BrainAnswer) -> None:
        """Write the masks, the map and the pictures of one FLAIR; all are packed while pictures are drawn."""
        with ThreadPoolExecutor(max_workers=PACKERS, thread_name_prefix="packing") as pool:
            files = {role: pool.submit(packed) for role, packed in _files_of(answer)}
            pictures = [(drawing, pool.submit(_packed, drawing)) for drawing in draw_brain(answer)]
            for role in (role for role in OutputRole if role in files):
                self._put_file(role, files[role].result(), answer.findings.series)
            for drawing, data in pictures:
                self._put_picture(drawing, data.result())

    def add_sagittal(self, answer: SagittalAnswer) -> None:
        """Write the labels and the pictures of one sagittal series."""
        reading = answer.reading
        labels = np.asarray(reading.stack.back(reading.labels))
        self._put_file(OutputRole.SPINE, mask_file(labels, reading.volume.geometry), answer.findings.series)
        self._put_pictures(draw_sagittal(answer))

    def add_axial(self, answer: AxialAnswer) -> None:
        """Write the pictures of one axial series."""
        self._put_pictures(draw_axial(answer))

    def finish(self, findings: Findings) -> None:
        """Write the findings: only now is the study read."""
        write_whole(self.path / NAME, as_json(findings).encode())

    def _put_file(self, role: OutputRole, data: bytes, series: str) -> None:
        """Write one file; the first of its role has the plain name, others carry their series."""
        is_first = all(output.role is not role for output in self.outputs)
        name = f"{role}.nii.gz" if is_first else f"{role}-{series}.nii.gz"
        write_whole(self.path / name, data)
        self.outputs += (OutputFile(name, role, series, len(data), hashlib.sha256(data).hexdigest()),)

    def _put_pictures(self, drawings: Iterable[Drawing]) -> None:
        for drawing in drawings:
            self._put_picture(drawing, _packed(drawing))

    def _put_picture(self, drawing: Drawing, data: bytes) -> None:
        taken = {picture.file for picture in self.pictures}
        name = f"{drawing.name}.png"
        if name in taken:
            name = f"{drawing.name}-{drawing.series}.png"
        write_whole(self.path / name, data)
        width, height = drawing.image.size
        self.pictures += (
            Picture(
                file=name,
                role=drawing.role,
                caption=drawing.caption,
                series=drawing.series,
                slice_number=drawing.slice_number,
                width=width,
                height=height,
                sha256=hashlib.sha256(data).hexdigest(),
            ),
        )


def _files_of(answer: BrainAnswer) -> Iterator[tuple[OutputRole, Callable[[], bytes]]]:
    """Give what makes each mask and the map, the slowest first."""
    reading, anomaly, geometry = answer.lesions, answer.anomaly, answer.lesions.volume.geometry
    yield OutputRole.FOLLOW_UP, lambda: follow_up_file(reading)
    if anomaly is not None:
        yield OutputRole.ANOMALY, lambda: map_file(anomaly.scores, geometry)
    yield OutputRole.LESIONS, lambda: mask_file(reading.found.labels, geometry)
    yield OutputRole.VENTRICLES, lambda: mask_file(reading.ventricle, geometry)
    yield OutputRole.BRAIN, lambda: mask_file(reading.brain | reading.ventricle, geometry)


def _packed(drawing: Drawing) -> bytes:
    buffer = io.BytesIO()
    drawing.image.save(buffer, "PNG", compress_level=PNG_EFFORT)
    return buffer.getvalue()
