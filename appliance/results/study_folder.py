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
    from collections.abc import Iterable
    from pathlib import Path

    from appliance.findings import Findings
    from appliance.pictures import Drawing
    from appliance.readers.brain import BrainAnswer
    from appliance.readers.desk import AxialAnswer, SagittalAnswer

OURS = (".nii.gz", ".png", NAME, UNFINISHED)
"""Endings of what a reading writes, and so may remove."""
PNG_EFFORT = 1
"""How hard the pictures are packed: more takes twice the time for a tenth less."""


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
        """Write the masks, the map and the pictures of one FLAIR; pictures are drawn while masks are packed."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="drawing") as pool:
            pictures = pool.submit(lambda: _drawn(draw_brain(answer)))
            self._put_masks(answer)
            self._put_pictures(pictures.result())

    def add_sagittal(self, answer: SagittalAnswer) -> None:
        """Write the labels and the pictures of one sagittal series."""
        reading = answer.reading
        labels = np.asarray(reading.stack.back(reading.labels))
        self._put_file(OutputRole.SPINE, mask_file(labels, reading.volume.geometry), answer.findings.series)
        self._put_pictures(_drawn(draw_sagittal(answer)))

    def add_axial(self, answer: AxialAnswer) -> None:
        """Write the pictures of one axial series."""
        self._put_pictures(_drawn(draw_axial(answer)))

    def finish(self, findings: Findings) -> None:
        """Write the findings: only now is the study read."""
        write_whole(self.path / NAME, as_json(findings).encode())

    def _put_masks(self, answer: BrainAnswer) -> None:
        reading, geometry = answer.lesions, answer.lesions.volume.geometry
        series = answer.findings.series
        self._put_file(OutputRole.LESIONS, mask_file(reading.found.labels, geometry), series)
        self._put_file(OutputRole.VENTRICLES, mask_file(reading.ventricle, geometry), series)
        self._put_file(OutputRole.BRAIN, mask_file(reading.brain | reading.ventricle, geometry), series)
        if answer.anomaly is not None:
            self._put_file(OutputRole.ANOMALY, map_file(answer.anomaly.scores, geometry), series)
        self._put_file(OutputRole.FOLLOW_UP, follow_up_file(reading), series)

    def _put_file(self, role: OutputRole, data: bytes, series: str) -> None:
        """Write one file; the first of its role has the plain name, others carry their series."""
        is_first = all(output.role is not role for output in self.outputs)
        name = f"{role}.nii.gz" if is_first else f"{role}-{series}.nii.gz"
        write_whole(self.path / name, data)
        self.outputs += (OutputFile(name, role, series, len(data), hashlib.sha256(data).hexdigest()),)

    def _put_pictures(self, drawn: Iterable[tuple[Drawing, bytes]]) -> None:
        for drawing, data in drawn:
            self._put_picture(drawing, data)

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


def _drawn(drawings: Iterable[Drawing]) -> list[tuple[Drawing, bytes]]:
    """Draw and pack one picture after another."""
    drawn = []
    for drawing in drawings:
        buffer = io.BytesIO()
        drawing.image.save(buffer, "PNG", compress_level=PNG_EFFORT)
        drawn.append((drawing, buffer.getvalue()))
    return drawn
