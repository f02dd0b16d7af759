"""A folder, a file or a zip → progress, what is left out, and each study once it is complete.

Every file is looked at once and only its header is read. Studies come last, because any file may still
belong to any of them. Whatever lies in the folder, nothing raises, nothing hangs and nothing is changed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from appliance.archives import Archives
from appliance.contracts import FilesSeen, LeftOut, StudyFound
from appliance.headers.image import DicomHeader
from appliance.headers.read import NiftiHeader, no_scan, read_header
from appliance.sources import walk
from appliance.studies.assembly import Order, assembled
from appliance.studies.filing import Filing
from appliance.studies.nifti import NiftiFiling

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.contracts import Kind, ScanEvent, Source, Study
    from appliance.headers.read import Header
    from appliance.settings import Limits, Settings

PROGRESS_EVERY_S = 0.1


def find_studies(
    root: Path, settings: Settings, told: Kind | None = None, besides: Path | None = None
) -> Iterator[ScanEvent]:
    """Look through a folder and yield what is found as it becomes known; ``besides`` is a folder of results in it."""
    desk = _Desk(settings.limits)
    progress = _Progress()
    with Archives(settings.limits) as archives:
        for found in walk(root, settings.limits, archives, besides):
            if isinstance(found, LeftOut):
                yield found
                progress.count()
            else:
                looked = read_header(found, settings.limits, archives)
                left_out = looked.found if isinstance(looked.found, LeftOut) else desk.file(looked.found)
                if left_out is not None:
                    yield left_out
                progress.count(looked.bytes_read)
            if progress.is_due():
                yield progress.report()
    yield progress.report()
    yield from desk.clear(told)


class _Progress:
    """Counts files, and says when it is time to say so."""

    def __init__(self) -> None:
        self._files = self._bytes = 0
        self._said = time.monotonic()

    def count(self, bytes_read: int = 0) -> None:
        self._files += 1
        self._bytes += bytes_read

    def is_due(self) -> bool:
        return time.monotonic() - self._said >= PROGRESS_EVERY_S

    def report(self) -> FilesSeen:
        self._said = time.monotonic()
        return FilesSeen(self._files, self._bytes)


class _Desk:
    """Files headers by what they are, and hands out the studies at the end."""

    def __init__(self, limits: Limits) -> None:
        self._dicom = Filing(limits)
        self._nifti = NiftiFiling()
        self._loose_json: set[Source] = set()
        self._sidecars: set[Source] = set()

    def file(self, header: Header) -> LeftOut | None:
        """File what one file says; give the reason if it is left out at once."""
        match header:
            case DicomHeader():
                return self._dicom.file(header)
            case NiftiHeader():
                if header.sidecar_source is not None:
                    self._sidecars.add(header.sidecar_source)
                return self._nifti.file(header)
            case _:
                self._loose_json.add(header.source)
                return None

    def clear(self, told: Kind | None) -> Iterator[ScanEvent]:
        """Hand out everything that was waiting for the last file."""
        yield from map(no_scan, sorted(self._loose_json - self._sidecars))
        order = Order(told, alone=self._dicom.series_count() + self._nifti.series_count() == 1)
        for study, left_out in (assembled(draft, order) for draft in self._dicom.studies()):
            yield from _announced(study, left_out)
        for study, left_out in self._nifti.studies(order):
            yield from _announced(study, left_out)


def _announced(study: Study | None, left_out: list[LeftOut]) -> Iterator[ScanEvent]:
    if study is None:
        yield from left_out
    else:
        yield StudyFound(study, tuple(left_out))
