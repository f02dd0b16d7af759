"""A visit → its DICOM files on the month's stick: a scan with its own noise, place and light, in its scanner's habits.

The same visit writes the same bytes, so that a stick may be written again. Broken visits are written whole first and
then spoilt, because that is how files break.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from appliance.sample.artefacts import Artefact, spoil
from appliance.sample.dicom_writer import write_series
from appliance.sample.header import study_uid
from appliance.sample.scan_spec import Layout, PatientSpec, Protocol, SeriesSpec, StudySpec, Syntax, Vendor
from appliance.studies.assembly import study_key
from tests.bench.year.plan import Broken, Scan, Visit

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.bench.year.bases import Base

LARGEST = 4000.0
"""Twelve bits hold 4,095."""
NOISE, SHIFT_PX = 0.01, 3
VENDORS = (Vendor.SIEMENS, Vendor.PHILIPS, Vendor.GE, Vendor.TOSHIBA, Vendor.CANON)
"""Hitachi's headers do not say which part of the body they show, so that somebody would have to say it each time."""
SYNTAXES = (None, None, None, Syntax.JPEG_LS, None, None, Syntax.RLE, None, None, Syntax.JPEG_LOSSLESS_SV1, None)
"""Most scanners do not compress; eleven of them, so that every vendor meets each."""
PROTOCOLS = {
    Scan.SAMPLE: Protocol.BRAIN_FLAIR,
    Scan.REAL: Protocol.BRAIN_FLAIR,
    Scan.FINE: Protocol.BRAIN_FLAIR_3D,
    Scan.BACK: Protocol.SPINE_T2_SAGITTAL,
}


def folder_of(visit: Visit) -> str:
    """Name a visit's folder on the stick."""
    return f"visit-{visit.number:05}"


@cache
def key_of(visit: Visit) -> str:
    """Name a visit as the program will."""
    return study_key([study_uid(_study(visit))])


def write_visit(stick: Path, visit: Visit, base: Base) -> None:
    """Write a visit's files."""
    folder = stick / folder_of(visit)
    voxels = _own(base.voxels, visit)
    if visit.broken is Broken.RESTLESS:
        voxels = spoil(voxels, Artefact.MOTION, 1.0, seed=visit.number)
    if visit.broken is Broken.TOO_FEW:
        voxels = voxels[:, :, :2]
    paths = write_series(folder, voxels.clip(0.0, LARGEST), base.affine, spec=_spec(visit))
    if visit.broken is not None:
        _spoil_files(paths, visit.broken, visit.number)


def _own(voxels: NDArray[np.float32], visit: Visit) -> NDArray[np.float32]:
    """Make a scan this visit's own: moved by some pixels, a little brighter or darker, with its own noise."""
    rng = np.random.default_rng([visit.number, 77])
    shift = rng.integers(-SHIFT_PX, SHIFT_PX + 1, size=2)
    moved = np.roll(voxels, tuple(int(step) for step in shift), axis=(0, 1))
    noise = rng.standard_normal(voxels.shape, dtype=np.float32)
    noise *= np.float32(NOISE * np.percentile(voxels[:, :, voxels.shape[2] // 2], 95))
    return (moved + noise) * np.float32(rng.uniform(0.85, 1.15))


def _spec(visit: Visit) -> SeriesSpec:
    vendor = VENDORS[visit.number % len(VENDORS)]
    enhanced = visit.broken is None and vendor is Vendor.PHILIPS and visit.number % 4 == 1
    born = f"{1945 + visit.patient % 55}{1 + visit.patient % 12:02}{1 + visit.patient % 28:02}"
    patient = PatientSpec(f"Sample^Nobody{visit.patient}", f"Y-{visit.patient:05}", born, "FM"[visit.patient % 2], "")
    syntax = None if visit.broken else SYNTAXES[visit.number % len(SYNTAXES)]
    return SeriesSpec(
        PROTOCOLS[visit.scan],
        vendor,
        patient,
        _study(visit),
        layout=Layout.ENHANCED if enhanced else Layout.CLASSIC,
        syntax=syntax,
    )


def _study(visit: Visit) -> StudySpec:
    minutes = 8 * 60 + visit.number % 600
    time = f"{minutes // 60:02}{minutes % 60:02}00"
    return StudySpec(f"year {visit.number}", f"{visit.day:%Y%m%d}", time, "Sample", f"Y{visit.number:05}")


def _spoil_files(paths: list[Path], broken: Broken, seed: int) -> None:
    match broken:
        case Broken.CUT:
            for path in paths:
                path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 5])
        case Broken.LOST_SLICE:
            paths[len(paths) // 2].unlink()
        case Broken.NOISE:
            for path in paths:
                path.write_bytes(np.random.default_rng(seed).bytes(4000))
        case Broken.EMPTY:
            for path in paths:
                path.write_bytes(b"")
        case Broken.TOO_FEW | Broken.RESTLESS:
            pass
