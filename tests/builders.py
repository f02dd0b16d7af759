"""Small series, whole folders and broken files, made in milliseconds for the tests.

Images are tiny by default and every voxel of a stack has its own value, so that a mixed-up axis shows.
Their pixels are huge, so that a few of them measure as wide as a head or a back.
``spec`` fields may be given by name: ``flair_series(folder, vendor=Vendor.GE, syntax=Syntax.RLE)``.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pydicom

from appliance.sample.dicom_writer import write_series
from appliance.sample.documents import write_dicomdir, write_encapsulated_pdf, write_secondary_capture
from appliance.sample.scan_spec import Protocol, SeriesSpec

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = [
    "axial_affine",
    "brain_series",
    "change_tags",
    "ct_series",
    "dicomdir",
    "drop_slice",
    "flair_series",
    "localizer",
    "lumbar_axial",
    "lumbar_sagittal",
    "nifti_file",
    "oblique",
    "pdf_report",
    "ramp",
    "sagittal_affine",
    "screen_shot",
    "series",
    "truncate",
    "zip_of",
]


def ramp(shape: tuple[int, int, int] = (16, 12, 5), *, low: int = 10) -> NDArray[np.int16]:
    """Make voxels ``[i, j, k]`` that all differ (in a stack of fewer than 4,000) and fit into twelve bits."""
    values = low + np.arange(np.prod(shape)) % 4000
    return values.reshape(shape).astype(np.int16)


def axial_affine(
    spacing: tuple[float, float, float] = (14.0, 16.0, 6.0), *, centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> NDArray[np.float64]:
    """Rows run from right to left, columns from front to back, slices from foot to head (index → RAS)."""
    return _affine(((-1, 0, 0), (0, -1, 0), (0, 0, 1)), spacing, centre)


def sagittal_affine(
    spacing: tuple[float, float, float] = (18.0, 17.0, 4.4), *, centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> NDArray[np.float64]:
    """Rows run from front to back, columns from head to foot, slices from right to left (index → RAS)."""
    return _affine(((0, -1, 0), (0, 0, -1), (-1, 0, 0)), spacing, centre)


def oblique(affine: NDArray[np.float64], *, degrees: float = 12.0) -> NDArray[np.float64]:
    """Tilt a stack about the patient's left–right axis, as a brain or a disc is angled."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    tilt = np.array([[1, 0, 0, 0], [0, c, -s, 0], [0, s, c, 0], [0, 0, 0, 1]])
    return tilt @ affine


def series(
    folder: Path,
    *,
    voxels: NDArray[np.generic] | None = None,
    affine: NDArray[np.float64] | None = None,
    **spec: object,
) -> list[Path]:
    """Write any series; what is not given is a small axial brain FLAIR."""
    voxels = ramp() if voxels is None else voxels
    affine = axial_affine() if affine is None else affine
    return write_series(folder, voxels, affine, spec=replace(SeriesSpec(), **spec))


def flair_series(folder: Path, *, slices: int = 5, **changes: object) -> list[Path]:
    """Write an axial 2D brain FLAIR."""
    changes.setdefault("voxels", ramp((16, 12, slices)))
    return series(folder, **{"protocol": Protocol.BRAIN_FLAIR} | changes)


def brain_series(folder: Path, protocol: Protocol = Protocol.BRAIN_T1, **changes: object) -> list[Path]:
    """Write an axial brain series that is no FLAIR."""
    return series(folder, **{"protocol": protocol, "number": 5} | changes)


def lumbar_axial(folder: Path, *, slices: int = 6, **changes: object) -> list[Path]:
    """Write axial lumbar T2 slices, angled as a disc is."""
    changes.setdefault("voxels", ramp((14, 12, slices)))
    changes.setdefault("affine", oblique(axial_affine((14.0, 16.0, 4.0))))
    return series(folder, **{"protocol": Protocol.SPINE_T2_AXIAL, "number": 7} | changes)


def lumbar_sagittal(folder: Path, *, slices: int = 5, **changes: object) -> list[Path]:
    """Write a sagittal lumbar T2."""
    changes.setdefault("voxels", ramp((12, 16, slices)))
    changes.setdefault("affine", sagittal_affine())
    return series(folder, **{"protocol": Protocol.SPINE_T2_SAGITTAL, "number": 6} | changes)


def localizer(folder: Path, **changes: object) -> list[Path]:
    """Write a scout that says so in ImageType and in its words."""
    changes.setdefault("voxels", ramp((12, 12, 3)))
    changes.setdefault("affine", axial_affine((20.0, 20.0, 20.0)))
    return series(folder, **{"protocol": Protocol.LOCALIZER, "number": 1} | changes)


def ct_series(folder: Path, **changes: object) -> list[Path]:
    """Write a head CT."""
    return series(folder, **{"protocol": Protocol.HEAD_CT, "number": 2} | changes)


def nifti_file(
    path: Path,
    *,
    voxels: NDArray[np.generic] | None = None,
    affine: NDArray[np.float64] | None = None,
    sidecar: dict[str, object] | None = None,
) -> Path:
    """Write a NIfTI file, and dcm2niix's JSON beside it where one is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = np.asarray(ramp() if voxels is None else voxels)
    nib.save(nib.Nifti1Image(data, axial_affine() if affine is None else affine), path)
    if sidecar is not None:
        name = path.name.removesuffix(".gz").removesuffix(".nii") + ".json"
        path.with_name(name).write_text(json.dumps(sidecar), encoding="utf-8")
    return path


def drop_slice(paths: list[Path], k: int) -> list[Path]:
    """Lose the file of slice ``k``."""
    paths[k].unlink()
    return paths[:k] + paths[k + 1 :]


def truncate(path: Path, *, keep: float = 0.6) -> Path:
    """Cut a file short, as a full stick or a pulled plug does."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    return path


def change_tags(path: Path, **tags: object) -> Path:
    """Set tags of a written file by keyword; ``None`` removes one."""
    image = pydicom.dcmread(path)
    for keyword, value in tags.items():
        if value is None:
            delattr(image, keyword)
        else:
            setattr(image, keyword, value)
    image.save_as(path)
    return path


def dicomdir(folder: Path, files: list[Path]) -> Path:
    """Copy files onto a “CD” with a DICOMDIR in the standard's layout; gives the DICOMDIR."""
    return write_dicomdir(folder, files)


def zip_of(folder: Path, path: Path, *, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """Pack everything under a folder, as a CD burner's web portal does."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder).as_posix())
    return path


def screen_shot(path: Path, **spec: object) -> Path:
    """Write a secondary capture in colour."""
    return write_secondary_capture(path, np.zeros((24, 32, 3), np.uint8), replace(SeriesSpec(number=90), **spec))


def pdf_report(path: Path, **spec: object) -> Path:
    """Write a PDF inside DICOM."""
    return write_encapsulated_pdf(path, b"%PDF-1.4\n%%EOF\n", replace(SeriesSpec(number=91), **spec))


def _affine(
    axes: tuple[tuple[int, int, int], ...], spacing: tuple[float, float, float], centre: tuple[float, float, float]
) -> NDArray[np.float64]:
    affine = np.eye(4)
    affine[:3, :3] = np.array(axes, dtype=np.float64).T * spacing
    affine[:3, 3] = centre
    return affine
