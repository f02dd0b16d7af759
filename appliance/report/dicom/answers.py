"""One study's results and its scan → all its DICOM objects, written into the folder ``dicom`` beside the findings."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from appliance.atomic import write_whole
from appliance.errors import OutputFailed
from appliance.report.dicom.captures import captures_of
from appliance.report.dicom.document import document_of
from appliance.report.dicom.segmentation import segmentation_of
from appliance.report.dicom.source import scan_of
from appliance.report.dicom.structured import structured_report_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydicom.dataset import Dataset

    from appliance.contracts import Volume
    from appliance.report.dossier import Dossier
    from appliance.settings import Limits

FOLDER = "dicom"


def write_answers(
    dossier: Dossier, folder: Path, volumes: Mapping[str, Volume], pdf: bytes, limits: Limits
) -> tuple[Path, ...]:
    """Write the objects of a study; none for scans that are no DICOM.

    ``volumes`` are the volumes that were read, by ``SeriesRead.id``.
    """
    found = [scan_of(series, volumes[series.id], limits) for series in dossier.findings.series if series.id in volumes]
    scans = [scan for scan in found if scan is not None]
    if not scans:
        return ()
    named: dict[str, Dataset | None] = {
        "report": document_of(dossier, scans[0], pdf, 1),
        "measurements": structured_report_of(dossier, scans, 2),
    }
    for at, scan in enumerate(scans):
        named[f"segmentation-{scan.series.id}"] = segmentation_of(dossier, folder, scan, 10 + at)
        for number, capture in enumerate(captures_of(dossier, scan, 50 + at), 1):
            named[f"picture-{scan.series.id}-{number:02d}"] = capture
    return tuple(_put(folder / FOLDER / f"{name}.dcm", made) for name, made in named.items() if made is not None)


def _put(path: Path, made: Dataset) -> Path:
    stream = io.BytesIO()
    made.save_as(stream, enforce_file_format=True)
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputFailed(
            f"The folder {path.parent.name} could not be made ({error.strerror}).",
            advice="Check that the disk has room and that you may write there.",
        ) from error
    write_whole(path, stream.getvalue())
    return path
