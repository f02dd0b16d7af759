"""The one shape behind every data set: a ``Case`` says where the files are, a ``Scan`` holds what is in them.

A loaded ``Scan`` is sound: every mask is on the grid of its FLAIR and every value is a number, or loading
failed with a sentence that names the file. What is not labelled is ``None``, never an empty mask.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import nibabel as nib
import numpy as np
from nibabel.filebasedimages import ImageFileError
from numpy.typing import NDArray

from appliance.contracts import Geometry, Voxels
from appliance.errors import BadGeometry, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Mask: TypeAlias = NDArray[np.bool_]
MaskReader: TypeAlias = "Callable[[Geometry], Mask]"


@dataclass(frozen=True, slots=True)
class Case:
    """One FLAIR of one patient, and the masks that belong to it."""

    dataset: str
    patient: str
    """Unique within the data set: splits are made by it."""
    name: str
    """Unique within the data set: patient and visit."""
    flair: Path
    lesion: Path | None = None
    ventricle: Path | None = None
    brain: Path | None = None
    brain_transform: Path | None = None
    """An ITK affine from the brain mask's space to the FLAIR's; None where both share a grid."""
    lesion_values: tuple[int, ...] = (1,)
    """Which values of the lesion file count as lesion."""
    untrusted_slices: tuple[int, ...] = ()
    """Indices along the third axis whose labels are known to be wrong."""
    sex: str | None = None
    age_years: float | None = None

    @property
    def patient_key(self) -> str:
        """The patient, unique over all data sets."""
        return f"{self.dataset}/{self.patient}"

    @property
    def key(self) -> str:
        """This scan, unique over all data sets."""
        return f"{self.dataset}/{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """A case in memory."""

    case: Case
    voxels: Voxels
    geometry: Geometry
    lesion: Mask | None
    ventricle: Mask | None
    brain: Mask | None

    @property
    def trusted(self) -> NDArray[np.bool_]:
        """For each index of the third axis: whether its labels count."""
        counts = np.ones(self.geometry.shape[2], dtype=bool)
        counts[list(self.case.untrusted_slices)] = False
        return counts


def load(case: Case) -> Scan:
    """Read a case's files and check that they belong together."""
    voxels, geometry = read_image(case.flair)
    return Scan(
        case=case,
        voxels=voxels,
        geometry=geometry,
        lesion=_mask_of(case.lesion, geometry, case.lesion_values),
        ventricle=_mask_of(case.ventricle, geometry, (1,)),
        brain=_brain_of(case, geometry),
    )


def read_image(path: Path) -> tuple[Voxels, Geometry]:
    """Read a NIfTI file of three axes whose values are all numbers."""
    try:
        image = nib.load(path)
        voxels = np.asanyarray(image.dataobj)
    except (OSError, EOFError, ImageFileError, ValueError) as error:
        raise Unreadable(f"{path.name} cannot be read as NIfTI ({error}).", advice="Fetch the file again.") from error
    voxels = np.squeeze(voxels)
    if voxels.ndim != 3:
        raise BadGeometry(f"{path} has {voxels.ndim} axes, not three.", advice="Give one volume a file.")
    if not np.isfinite(voxels).all():
        raise Unreadable(f"{path} contains NaN or infinity.", advice="Leave this scan out, or fetch it again.")
    return voxels, Geometry(np.asarray(image.affine, dtype=np.float64), voxels.shape)


def _mask_of(path: Path | None, grid: Geometry, values: tuple[int, ...]) -> Mask | None:
    if path is None:
        return None
    voxels, geometry = read_image(path)
    if not geometry.matches(grid, tolerance_mm=0.5):
        raise BadGeometry(
            f"The mask {path} does not lie on the grid of its scan: {geometry.shape} against {grid.shape}.",
            advice="Resample the mask onto its FLAIR before training.",
        )
    return np.isin(np.rint(voxels), values)


def _brain_of(case: Case, grid: Geometry) -> Mask | None:
    if case.brain is None or case.brain_transform is None:
        return _mask_of(case.brain, grid, (1,))
    voxels, geometry = read_image(case.brain)
    linear, offset = read_itk_affine(case.brain_transform)
    return _carried(voxels > 0, geometry, grid, linear, offset)


def read_itk_affine(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read ``y = A x + b`` in LPS millimetres from an ITK transform file."""
    lines = dict(line.split(":", 1) for line in path.read_text(encoding="ascii").splitlines() if ":" in line)
    try:
        numbers = np.array(lines["Parameters"].split(), dtype=np.float64)
        centre = np.array(lines["FixedParameters"].split(), dtype=np.float64)
        linear, shift = numbers[:9].reshape(3, 3), numbers[9:12]
    except (KeyError, ValueError) as error:
        raise Unreadable(f"{path} is not an ITK affine transform.", advice="Fetch the file again.") from error
    return linear, shift + centre - linear @ centre


def _carried(
    mask: Mask, source: Geometry, target: Geometry, linear: NDArray[np.float64], offset: NDArray[np.float64]
) -> Mask:
    """Look each target voxel up in the source grid; ``linear`` and ``offset`` take source to target, in LPS."""
    lps = np.diag([-1.0, -1.0, 1.0, 1.0])
    forward = np.eye(4)
    forward[:3, :3], forward[:3, 3] = linear, offset
    to_source = np.linalg.inv(lps @ source.affine) @ np.linalg.inv(forward) @ lps @ target.affine
    index = np.stack(np.meshgrid(*map(np.arange, target.shape), indexing="ij"), axis=-1).reshape(-1, 3)
    found = np.rint(index @ to_source[:3, :3].T + to_source[:3, 3]).astype(np.intp)
    inside = np.all((found >= 0) & (found < np.array(source.shape)), axis=1)
    carried = np.zeros(len(index), dtype=bool)
    carried[inside] = mask[tuple(found[inside].T)]
    return carried.reshape(target.shape)
