"""The scan that the results are of: its headers, slice by slice, as DICOM wants them referred to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pydicom
from pydicom.uid import UID

from appliance import __version__
from appliance.errors import Unreadable
from appliance.sources import open_source

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from appliance.contracts import Source, Volume
    from appliance.findings.study import SeriesRead
    from appliance.report.dossier import Dossier
    from appliance.settings import Limits

MAKER, PRODUCT = "Outpost", "Outpost second reader"
SERIAL = "none"
FIRST_SERIES = 9000
"""Numbers of the new series; scanners count from 1."""
NEEDED = ("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyID", "StudyDate", "StudyTime",
          "AccessionNumber", "ReferringPhysicianName")  # fmt: skip
"""Must be in every object, empty if unknown; not every scanner writes them."""
WARNING = "Made automatically, research use only, not a diagnosis; a radiologist must confirm it."


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """One series that was read, with its headers."""

    series: SeriesRead
    headers: tuple[Dataset, ...]
    """One for each slice in the order of ``k``, or a single multi-frame one; without pixels."""
    frames: tuple[int | None, ...]
    """For each slice, its frame in a multi-frame image, from 1."""

    @property
    def is_multiframe(self) -> bool:
        """Whether all slices are frames of one image."""
        return self.frames[0] is not None

    @property
    def frame_of_reference(self) -> str | None:
        """The coordinate system of the scan."""
        uid = self.headers[0].get("FrameOfReferenceUID")
        return str(uid) if uid else None


def scan_of(series: SeriesRead, volume: Volume, limits: Limits) -> Scan | None:
    """Read the headers of a volume's slices; ``None`` for a scan that is no DICOM."""
    origins = volume.origins
    if not origins or origins[0].sop_instance_uid is None:
        return None
    headers = {source: _header(source, limits) for source in dict.fromkeys(origin.source for origin in origins)}
    if len(headers) == 1:
        return Scan(series, tuple(headers.values()), tuple(origin.frame or 1 for origin in origins))
    return Scan(series, tuple(headers[origin.source] for origin in origins), (None,) * len(origins))


def _header(source: Source, limits: Limits) -> Dataset:
    with open_source(source, limits) as stream:
        try:
            header = pydicom.dcmread(stream, stop_before_pixels=True, force=True)
        except (ValueError, AttributeError, TypeError, KeyError, EOFError) as error:
            raise Unreadable(
                f"{source.name} could not be read again ({error}).",
                advice="Check that the scan is still where it was, unchanged.",
                source=source,
            ) from error
    for keyword in NEEDED:
        if keyword not in header:
            setattr(header, keyword, "")
    return header


def uid_for(dossier: Dossier, *parts: str) -> UID:
    """Make a UID that is the same whenever the same result is sent."""
    named = "/".join((dossier.code.sha256, *parts))
    return UID("2.25." + str(int.from_bytes(hashlib.sha256(named.encode()).digest()[:16])))


def finish(made: Dataset, dossier: Dossier, description: str) -> Dataset:
    """Give an object its words, and the time of the reading instead of the time of writing."""
    when = dossier.findings.made_at
    made.SeriesDescription = description
    made.SeriesDate = made.ContentDate = when.strftime("%Y%m%d")
    made.SeriesTime = made.ContentTime = when.strftime("%H%M%S")
    made.InstanceCreationDate, made.InstanceCreationTime = made.SeriesDate, made.SeriesTime
    made.SoftwareVersions = __version__
    made.ImageComments = WARNING
    _steady(made, dossier)
    return made


def _steady(made: Dataset, dossier: Dossier) -> None:
    """Replace what highdicom draws from the clock and by chance, so that the same result is the same object."""
    when = dossier.findings.made_at
    for item in made.get("ContributingEquipmentSequence") or ():
        item.ContributionDateTime = when.strftime("%Y%m%d%H%M%S")
    for keyword in ("DimensionOrganizationSequence", "DimensionIndexSequence"):
        for item in made.get(keyword) or ():
            item.DimensionOrganizationUID = uid_for(dossier, made.Modality, "dimensions")
    if "DateOfSecondaryCapture" in made:
        made.DateOfSecondaryCapture, made.TimeOfSecondaryCapture = made.ContentDate, made.ContentTime
