"""Voxels and where they lie → a DICOM series on a disk, as a scanner of a chosen vendor writes it.

The grid is kept exactly: reading the files back in the standard's own terms gives the affine that went
in (to the sixteen characters of a DICOM decimal) and, for lossless syntaxes, the stored voxels. The
same arguments write the same bytes.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID
from pydicom.valuerep import format_number_as_ds

from appliance.sample.header import (
    finish,
    image_type,
    instance_uid,
    series_header,
    timing,
)
from appliance.sample.multiframe import add_functional_groups
from appliance.sample.pixels import ENCAPSULATED, frame_bytes, stored_values
from appliance.sample.protocols import FACTS
from appliance.sample.scan_spec import FileNames, Layout, SeriesSpec, SliceOrder, Storage, Syntax, Vendor
from appliance.sample.vendors import HABITS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["SeriesSpec", "save", "write_series"]

_LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_IMPLEMENTATION = UID("1.2.826.0.1.3680043.8.498.1")


@dataclass(frozen=True, slots=True)
class Stack:
    """The series ready to be written: stored frames and where each lies, in DICOM's frame."""

    stored: NDArray[np.integer]
    """``[k, row, column]``."""
    affine_lps: NDArray[np.float64]
    storage: Storage
    syntax: Syntax
    bright: float
    """The value that a viewer should show nearly white."""

    @property
    def orientation(self) -> list[float]:
        """ImageOrientationPatient."""
        return [decimal(v) for axis in (0, 1) for v in _unit(self.affine_lps[:3, axis])]

    @property
    def pixel_spacing(self) -> list[float]:
        """Between rows, then between columns, as DICOM wants it."""
        return [decimal(float(np.linalg.norm(self.affine_lps[:3, axis]))) for axis in (1, 0)]

    @property
    def slice_distance(self) -> float:
        """Between the centres of neighbouring slices, along their normal."""
        normal = np.cross(_unit(self.affine_lps[:3, 0]), _unit(self.affine_lps[:3, 1]))
        return decimal(abs(float(normal @ self.affine_lps[:3, 2])))

    def position(self, k: int) -> list[float]:
        """ImagePositionPatient of slice ``k``."""
        return [decimal(v) for v in (self.affine_lps @ [0.0, 0.0, k, 1.0])[:3]]

    def location(self, k: int) -> float:
        """SliceLocation: the distance along the normal."""
        normal = np.cross(_unit(self.affine_lps[:3, 0]), _unit(self.affine_lps[:3, 1]))
        return decimal(float(normal @ (self.affine_lps @ [0.0, 0.0, k, 1.0])[:3]))


def write_series(
    folder: Path, voxels: NDArray[np.generic], affine: NDArray[np.float64], *, spec: SeriesSpec
) -> list[Path]:
    """Write ``voxels[i, j, k]`` lying at ``affine`` (index → RAS mm); the paths come back in order of ``k``."""
    folder.mkdir(parents=True, exist_ok=True)
    stack = _stack(voxels, affine, spec)
    if spec.layout is Layout.ENHANCED:
        path = folder / _file_name(spec, spec.first_instance)
        save(_multi_frame(stack, spec), path, stack.syntax)
        return [path]
    header = series_header(spec)
    paths = []
    for k, instance in enumerate(_instances(len(stack.stored), spec)):
        path = folder / _file_name(spec, instance)
        save(_single_frame(header, stack, spec, k, instance), path, stack.syntax)
        paths.append(path)
    return paths


def save(dataset: Dataset, path: Path, syntax: Syntax) -> None:
    """Write a data set as a DICOM part 10 file."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = UID(syntax)
    meta.ImplementationClassUID = _IMPLEMENTATION
    meta.ImplementationVersionName = "OUTPOST_SAMPLE"
    dataset.file_meta = meta
    dataset.save_as(path, enforce_file_format=True)


def decimal(value: float) -> float:
    """Round to what sixteen characters of a DICOM decimal string can say."""
    return float(format_number_as_ds(float(value) + 0.0))


def _stack(voxels: NDArray[np.generic], affine: NDArray[np.float64], spec: SeriesSpec) -> Stack:
    habits = HABITS[spec.vendor]
    storage = spec.storage or _default_storage(spec)
    frames = np.ascontiguousarray(np.transpose(voxels, (2, 1, 0)))
    syntax = spec.syntax or habits.syntax
    bright = max(1.0, float(np.percentile(frames, 99)))
    return Stack(stored_values(frames, storage), _LPS_FROM_RAS @ affine, storage, syntax, bright)


def _default_storage(spec: SeriesSpec) -> Storage:
    if FACTS[spec.protocol].modality == "CT":
        return Storage(intercept=-1024.0)
    return HABITS[spec.vendor].storage


def _instances(slices: int, spec: SeriesSpec) -> list[int]:
    """Give each slice its instance number."""
    order = np.arange(slices)
    if spec.order is SliceOrder.DESCENDING:
        order = order[::-1]
    elif spec.order is SliceOrder.INTERLEAVED:
        order = np.argsort(np.concatenate([order[::2], order[1::2]]))
    elif spec.order is SliceOrder.SHUFFLED:
        order = np.random.default_rng(slices).permutation(slices)
    return [int(n) + spec.first_instance for n in order]


def _file_name(spec: SeriesSpec, instance: int) -> str:
    habit = spec.file_names or HABITS[spec.vendor].file_names
    modality = FACTS[spec.protocol].modality
    date = spec.study.date
    return {
        FileNames.DCM: f"IM-{spec.number:04d}-{instance:04d}.dcm",
        FileNames.BARE: f"IM{spec.number * 1000 + instance:06d}",
        FileNames.DIGITS: f"{spec.number * 1000 + instance:08d}",
        FileNames.UPPER: f"I{spec.number * 1000 + instance:07d}.DCM",
        FileNames.IMA: f"SAMPLE.{modality}.OUTPOST.{spec.number:04d}.{instance:04d}.{date}.IMA",
        FileNames.UID: f"{modality}.{instance_uid(spec, instance)}",
    }[habit]


def _single_frame(header: Dataset, stack: Stack, spec: SeriesSpec, k: int, instance: int) -> Dataset:
    image = copy.deepcopy(header)
    image.SOPInstanceUID = instance_uid(spec, instance)
    image.InstanceNumber = instance
    image.AcquisitionNumber = 1
    image.ImageType = image_type(spec)
    image.ImagePositionPatient = stack.position(k)
    image.ImageOrientationPatient = stack.orientation
    image.SliceLocation = stack.location(k)
    image.PixelSpacing = stack.pixel_spacing
    image.SliceThickness = thickness(stack, spec)
    if FACTS[spec.protocol].modality == "MR":
        image.SpacingBetweenSlices = stack.slice_distance
        _add_times(image, spec)
    _add_pixels(image, stack, [k])
    if HABITS[spec.vendor].fills_number_of_frames:
        image.NumberOfFrames = 1
    _add_display(image, stack, spec)
    finish(image, spec)
    return image


def _multi_frame(stack: Stack, spec: SeriesSpec) -> Dataset:
    image = series_header(spec)
    image.SOPInstanceUID = instance_uid(spec, spec.first_instance)
    image.InstanceNumber = spec.first_instance
    image.ImageType = ["ORIGINAL", "PRIMARY", "M", "NONE"]
    order = np.argsort(_instances(len(stack.stored), spec))
    add_functional_groups(image, stack, spec, [int(k) for k in order], thickness(stack, spec))
    _add_pixels(image, stack, [int(k) for k in order])
    image.NumberOfFrames = len(stack.stored)
    finish(image, spec)
    return image


def thickness(stack: Stack, spec: SeriesSpec) -> float:
    """SliceThickness: a 2D protocol leaves a gap, a 3D one leaves none."""
    if spec.slice_thickness_mm is not None:
        return spec.slice_thickness_mm
    share = 0.9 if FACTS[spec.protocol].dimensions == 2 else 1.0
    return round(stack.slice_distance * share, 2)


def _add_times(image: Dataset, spec: SeriesSpec) -> None:
    times = timing(spec)
    if times.echo_ms is not None:
        image.EchoTime = times.echo_ms
    if times.repetition_ms is not None:
        image.RepetitionTime = times.repetition_ms
    if times.inversion_ms is not None:
        image.InversionTime = times.inversion_ms
    image.EchoTrainLength = times.train
    image.FlipAngle = times.flip_deg
    image.EchoNumbers = 1


def _add_pixels(image: Dataset, stack: Stack, order: list[int]) -> None:
    storage = stack.storage
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME1" if storage.monochrome1 else "MONOCHROME2"
    image.Rows, image.Columns = stack.stored.shape[1:]
    image.BitsAllocated = storage.bits_allocated
    image.BitsStored = storage.bits_stored
    image.HighBit = storage.bits_stored - 1
    image.PixelRepresentation = int(storage.signed)
    frames = [frame_bytes(stack.stored[k], storage, stack.syntax) for k in order]
    image.add_new("PixelData", "OB" if storage.bits_allocated == 8 else "OW", _pixel_element(frames, stack.syntax))
    if stack.syntax in ENCAPSULATED:
        image["PixelData"].VR = "OB"
        image["PixelData"].is_undefined_length = True


def _pixel_element(frames: list[bytes], syntax: Syntax) -> bytes:
    if syntax in ENCAPSULATED:
        return encapsulate(frames)
    data = b"".join(frames)
    return data + b"\0" * (len(data) % 2)


def _add_display(image: Dataset, stack: Stack, spec: SeriesSpec) -> None:
    if (stack.storage.slope, stack.storage.intercept) != (1.0, 0.0) or spec.vendor is Vendor.PHILIPS:
        image.RescaleSlope = decimal(stack.storage.slope)
        image.RescaleIntercept = decimal(stack.storage.intercept)
        image.RescaleType = "HU" if FACTS[spec.protocol].modality == "CT" else "normalized"
    image.WindowCenter = decimal(round(stack.bright / 2))
    image.WindowWidth = decimal(round(stack.bright))


def _unit(vector: NDArray[np.float64]) -> Any:  # noqa: ANN401 - a NumPy array of three
    return vector / np.linalg.norm(vector)
