"""One study's results and its scan → all its DICOM objects, written into the folder ``dicom`` beside the findings."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from appliance.atomic import write_whole
from appliance.errors import OutputFailed, Refused
from appliance.report.dicom.captures import captures_of
from appliance.report.dicom.document import document_of
from appliance.report.dicom.segmentation import segmentation_of
from appliance.report.dicom.source import scan_of
from appliance.report.dicom.structured import structured_report_of
from appliance.report.files import DICOM
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pydicom.dataset import Dataset

    from appliance.contracts import Volume
    from appliance.report.dicom.source import Scan
    from appliance.report.dossier import Dossier
    from appliance.settings import Limits

Named: TypeAlias = "list[tuple[str, Dataset]]"
"""Objects, with what is added to their file's name."""
Maker: TypeAlias = "Callable[[], Named]"
FOREIGN = (ValueError, AttributeError, TypeError, KeyError, IndexError, NotImplementedError, OverflowError)
"""What highdicom and pydicom raise over headers that they do not like."""
NOT_MADE = "The DICOM object “{name}” could not be made for the PACS ({why}). The report itself is not affected."


@dataclass(frozen=True, slots=True)
class Answers:
    """What was written, and what could not be made."""

    files: tuple[Path, ...]
    notices: tuple[str, ...]
    scans: tuple[Scan, ...] = ()
    """What they refer to: reading the headers of a fine scan takes as long as writing all its masks."""


def write_answers(dossier: Dossier, folder: Path, volumes: Mapping[str, Volume], limits: Limits) -> Answers:
    """Write measurements, masks and pictures of a study; nothing for scans that are no DICOM.

    ``volumes`` are the volumes that were read, by ``SeriesRead.id``.
    """
    notices: list[str] = []
    files: list[Path] = []
    try:
        scans = scans_of(dossier, volumes, limits)
    except Refused as refusal:
        return Answers((), (str(refusal),))
    for name, make in _makers(dossier, folder, scans):
        try:
            files += [put(folder / DICOM / f"{name}{ending}.dcm", made) for ending, made in make()]
        except (*FOREIGN, Refused) as error:
            notices.append(NOT_MADE.format(name=name, why=shown(str(error) or type(error).__name__)))
    return Answers(tuple(files), tuple(notices), scans)


def write_document(dossier: Dossier, folder: Path, scans: tuple[Scan, ...], pdf: bytes) -> Path | None:
    """Write the report's pages as a DICOM object, if the scan is DICOM and can be referred to."""
    try:
        return put(folder / DICOM / "report.dcm", document_of(dossier, scans, pdf, 1)) if scans else None
    except (*FOREIGN, Refused):
        return None


def scans_of(dossier: Dossier, volumes: Mapping[str, Volume], limits: Limits) -> tuple[Scan, ...]:
    """Give the DICOM scans of a study that were read."""
    found = (scan_of(each, volumes[each.id], limits) for each in dossier.findings.series if each.id in volumes)
    return tuple(scan for scan in found if scan is not None)


def _makers(dossier: Dossier, folder: Path, scans: tuple[Scan, ...]) -> Iterator[tuple[str, Maker]]:
    if scans:
        yield "measurements", lambda: _one(structured_report_of(dossier, scans, 2))
    for at, scan in enumerate(scans):
        yield f"segmentation-{scan.series.id}", partial(_segmentation, dossier, folder, scan, 10 + at)
        yield f"picture-{scan.series.id}", partial(_captures, dossier, scan, 50 + at)


def _segmentation(dossier: Dossier, folder: Path, scan: Scan, number: int) -> Named:
    return _one(segmentation_of(dossier, folder, scan, number))


def _captures(dossier: Dossier, scan: Scan, number: int) -> Named:
    return [(f"-{at:02d}", made) for at, made in enumerate(captures_of(dossier, scan, number), 1)]


def _one(made: Dataset | None) -> Named:
    return [] if made is None else [("", made)]


def put(path: Path, made: Dataset) -> Path:
    """Write one object whole."""
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
