"""Masks → one binary segmentation of a scan, each part coded, on the scan's own slices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
from highdicom.content import AlgorithmIdentificationSequence
from highdicom.seg import SegmentAlgorithmTypeValues, SegmentationTypeValues, SegmentDescription
from highdicom.seg import Segmentation as Seg
from pydicom.sr.codedict import codes

from appliance import __version__
from appliance.errors import Unreadable
from appliance.findings.study import OutputRole
from appliance.report.dicom import codes as own
from appliance.report.dicom.source import FIRST_SERIES, MAKER, PRODUCT, SERIAL, Scan, finish, uid_for

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset
    from pydicom.sr.coding import Code

    from appliance.report.dossier import Dossier


@dataclass(frozen=True, slots=True)
class Part:
    """One segment: which values of which mask."""

    role: OutputRole
    value: int | None
    """``None`` for everything above zero."""
    label: str
    category: Code
    kind: Code
    region: Code


PARTS = (
    Part(OutputRole.LESIONS, None, "Lesions", own.MORPHOLOGY, own.LESION, own.BRAIN),
    Part(OutputRole.VENTRICLES, None, "Ventricles", own.ANATOMY, own.VENTRICLE, own.BRAIN),
    Part(OutputRole.BRAIN, None, "Brain with its ventricles", own.ANATOMY, own.BRAIN, own.BRAIN),
    Part(OutputRole.SPINE, 1, "Vertebrae", own.ANATOMY, own.VERTEBRA, own.LUMBAR_SPINE),
    Part(OutputRole.SPINE, 2, "Discs", own.ANATOMY, own.DISC, own.LUMBAR_SPINE),
    Part(OutputRole.SPINE, 3, "Spinal canal", own.ANATOMY, own.CANAL, own.LUMBAR_SPINE),
)


def segmentation_of(dossier: Dossier, folder: Path, scan: Scan, number: int) -> Dataset | None:
    """Make the segmentation of one series; ``None`` if no mask of it has anything in it."""
    masks = [(part, mask) for part in PARTS if (mask := _mask(dossier, folder, scan, part)) is not None]
    if not masks:
        return None
    frames = np.stack([mask for _, mask in masks], axis=-1).astype(np.uint8)
    made = Seg(
        source_images=list(scan.headers),
        pixel_array=_in_order(frames, scan),
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=[_described(part, at, dossier) for at, (part, _) in enumerate(masks, 1)],
        series_instance_uid=uid_for(dossier, "SEG", scan.series.id, "series"),
        series_number=FIRST_SERIES + number,
        sop_instance_uid=uid_for(dossier, "SEG", scan.series.id),
        instance_number=1,
        manufacturer=MAKER,
        manufacturer_model_name=PRODUCT,
        software_versions=__version__,
        device_serial_number=SERIAL,
        content_label="OUTPOST",
        content_description="Automatic, not a diagnosis",
        omit_empty_frames=True,
    )
    return finish(made, dossier, "Outpost: segmentation (automatic, not a diagnosis)")


def _mask(dossier: Dossier, folder: Path, scan: Scan, part: Part) -> NDArray[np.bool_] | None:
    """Read one mask as ``[slice, row, column]``."""
    files = [each for each in dossier.findings.outputs if each.role is part.role and each.series == scan.series.id]
    if not files:
        return None
    try:
        image: Any = nibabel.load(folder / files[0].file)
        values = np.asarray(image.dataobj)
    except (OSError, ValueError, EOFError, nibabel.filebasedimages.ImageFileError) as error:
        raise Unreadable(
            f"The mask {files[0].file} of {folder.name} could not be read ({error}).", advice="Read the study again."
        ) from error
    chosen = values > 0 if part.value is None else values == part.value
    return np.transpose(chosen, (2, 1, 0)) if chosen.any() else None


def _in_order(frames: NDArray[np.uint8], scan: Scan) -> NDArray[np.uint8]:
    """Put slices into the order of a multi-frame image's frames; frames that were not read stay empty."""
    if not scan.is_multiframe:
        return frames
    all_frames = int(scan.headers[0].get("NumberOfFrames", 1))
    ordered = np.zeros((all_frames, *frames.shape[1:]), dtype=np.uint8)
    for at, frame in enumerate(scan.frames):
        ordered[(frame or 1) - 1] = frames[at]
    return ordered


def _described(part: Part, number: int, dossier: Dossier) -> SegmentDescription:
    models = ", ".join(f"{model.task} {model.version}" for model in dossier.findings.models) or PRODUCT
    algorithm = AlgorithmIdentificationSequence(
        name=PRODUCT, family=codes.DCM.ArtificialIntelligence, version=f"{__version__}: {models}"[:64]
    )
    return SegmentDescription(
        segment_number=number,
        segment_label=part.label,
        segmented_property_category=part.category,
        segmented_property_type=part.kind,
        algorithm_type=SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=algorithm,
        tracking_uid=uid_for(dossier, "segment", part.label),
        tracking_id=part.label,
        anatomic_regions=[part.region],
    )
