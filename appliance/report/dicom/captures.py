"""Key pictures → secondary captures of the study, as they stand in the report."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from highdicom.enum import CoordinateSystemNames
from highdicom.sc import SCImage
from PIL import Image
from pydicom.uid import ExplicitVRLittleEndian

from appliance.report.dicom.source import FIRST_SERIES, MAKER, Scan, finish, uid_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.dataset import Dataset

    from appliance.report.dossier import Dossier


LONGEST = 1024
PLAINER = str.maketrans({"“": '"', "”": '"', "’": "'", "–": "-", "−": "-", "…": "...", "×": "x"})


def captures_of(dossier: Dossier, scan: Scan, number: int) -> Iterator[Dataset]:
    """Make one object of each picture of a series."""
    shots = [shot for shot in dossier.shots if shot.series == scan.series.id]
    for at, shot in enumerate(shots, 1):
        with Image.open(io.BytesIO(shot.drawn.image.getvalue())) as opened:
            pixels = np.asarray(opened.convert("RGB"))
        made = SCImage.from_ref_dataset(
            scan.headers[0],
            pixel_array=pixels,
            photometric_interpretation="RGB",
            bits_allocated=8,
            coordinate_system=CoordinateSystemNames.PATIENT,
            series_instance_uid=uid_for(dossier, "SC", scan.series.id, "series"),
            series_number=FIRST_SERIES + number,
            sop_instance_uid=uid_for(dossier, "SC", scan.series.id, str(at)),
            instance_number=at,
            manufacturer=MAKER,
            patient_orientation=("L", "P"),
            transfer_syntax_uid=ExplicitVRLittleEndian,
        )
        made.BurnedInAnnotation = "YES"
        made.Laterality = ""
        made.DerivationDescription = _in_ascii(shot.caption)
        yield finish(made, dossier, "Outpost: key pictures (automatic, not a diagnosis)")


def _in_ascii(caption: str) -> str:
    """Write a caption in letters that every character set has: the object keeps the scan's."""
    return caption.translate(PLAINER).encode("ascii", "replace").decode()[:LONGEST]
