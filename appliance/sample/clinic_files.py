"""One scan of the sample clinic → its files among the scans, its masks among the truth, its entry in the list."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import nibabel as nib
import numpy as np

from appliance.contracts import Kind, Reason
from appliance.sample.clinic_truth import SeriesTruth
from appliance.sample.dicom_writer import write_series
from appliance.sample.protocols import FACTS
from appliance.sample.scan_spec import Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from appliance.sample.brain_scan import BrainScan
    from appliance.sample.lattice import Floats
    from appliance.sample.scan_spec import SeriesSpec
    from appliance.sample.spine_scan import SpineScan

_WINDOW: Final = 2200.0
"""The brightest value that a picture for people tells apart."""


def brain_series(
    clinic: Path,
    folder: Path,
    scan: BrainScan,
    spec: SeriesSpec,
    *,
    changes: Sequence[str] = (),
    told_path: Path | None = None,
) -> SeriesTruth:
    """Write a brain FLAIR as DICOM; ``told_path`` is where the files will be moved to."""
    write_series(folder, scan.voxels, scan.affine, spec=spec)
    return _brain_truth(clinic, told_path or folder, scan, changes)


def nifti_brain(clinic: Path, path: Path, scan: BrainScan) -> SeriesTruth:
    """Write a brain FLAIR as NIfTI with a converter's sidecar."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _save(scan.voxels.round().clip(0, 32767).astype(np.int16), scan.affine, path)
    sidecar = path.with_name(path.name.removesuffix(".nii.gz") + ".json")
    sidecar.write_text(json.dumps(_sidecar(), indent=1) + "\n", encoding="utf-8")
    return _brain_truth(clinic, path, scan, ())


def spine_series(
    clinic: Path, folder: Path, stacks: Sequence[SpineScan], spec: SeriesSpec, expected: Kind | Reason
) -> SeriesTruth:
    """Write one series of one stack or several, each with its own angle."""
    first = 1
    masks: list[tuple[str, str]] = []
    for number, stack in enumerate(stacks, 1):
        part = f"stack {number}" if len(stacks) > 1 else ""
        write_series(folder, stack.voxels, stack.affine, spec=replace(spec, part=part, first_instance=first))
        first += stack.voxels.shape[2]
        if isinstance(expected, Kind):
            masks += _masks(clinic, folder, stack.affine, {f"labels {part}".strip(): stack.labels})
    levels = tuple(level for stack in stacks for level in stack.levels) if isinstance(expected, Kind) else ()
    return SeriesTruth(_told(clinic, folder), str(expected), tuple(masks), levels=levels)


def lone_file(path: str, reason: Reason) -> SeriesTruth:
    """Tell of something that is left out."""
    return SeriesTruth(path, str(reason))


def picture_of(voxels: Floats) -> NDArray[np.uint8]:
    """Make a workstation's screen of four slices."""
    chosen = np.linspace(voxels.shape[2] * 0.4, voxels.shape[2] * 0.8, 4).astype(int)
    tiles = [np.clip(voxels[:, :, k].T / _WINDOW * 255, 0, 255).astype(np.uint8) for k in chosen]
    screen = np.concatenate([np.concatenate(tiles[:2], axis=1), np.concatenate(tiles[2:], axis=1)])
    return np.repeat(screen[:, :, None], 3, axis=2)


def _brain_truth(clinic: Path, path: Path, scan: BrainScan, changes: Sequence[str]) -> SeriesTruth:
    ml = abs(float(np.linalg.det(scan.affine[:3, :3]))) / 1000
    lesions = scan.lesions
    if changes:
        lesions = tuple(replace(lesion, change=change) for lesion, change in zip(lesions, changes, strict=True))
    shown = {"brain": scan.brain, "ventricles": scan.ventricle, "lesions": scan.lesion}
    return SeriesTruth(
        path=_told(clinic, path),
        expected=str(Kind.BRAIN_FLAIR),
        masks=_masks(clinic, path, scan.affine, shown),
        lesions=lesions,
        brain_ml=round(int(scan.brain.sum()) * ml, 1),
        ventricle_ml=round(int(scan.ventricle.sum()) * ml, 2),
    )


def _masks(
    clinic: Path, path: Path, affine: NDArray[np.float64], shown: dict[str, NDArray[np.uint8]]
) -> tuple[tuple[str, str], ...]:
    told = _told(clinic, path)
    # A short name of ASCII letters: the truth must survive sticks whose file system knows no others.
    stem = hashlib.sha256(told.encode()).hexdigest()[:8]
    entries = []
    for name, mask in shown.items():
        file = clinic / "truth" / f"{stem}-{name.replace(' ', '-')}.nii.gz"
        file.parent.mkdir(parents=True, exist_ok=True)
        _save(mask, affine, file)
        entries.append((name, _told(clinic, file)))
    return tuple(entries)


def _save(values: NDArray[Any], affine: NDArray[np.float64], path: Path) -> None:
    nib.save(nib.Nifti1Image(values, affine), path)  # type: ignore[no-untyped-call]


def _told(clinic: Path, path: Path) -> str:
    return path.relative_to(clinic).as_posix()


def _sidecar() -> dict[str, object]:
    facts = FACTS[Protocol.BRAIN_FLAIR_3D]
    times = facts.timing
    assert times.echo_ms is not None
    assert times.repetition_ms is not None
    assert times.inversion_ms is not None
    return {
        "Modality": "MR",
        "MagneticFieldStrength": 3,
        "Manufacturer": "Siemens",
        "ManufacturersModelName": "Skyra",
        "BodyPartExamined": "HEAD",
        "ProtocolName": "t2_spc_da-fl_sag_p2_iso",
        "SeriesDescription": "t2_spc_da-fl_sag_p2_iso",
        "ScanningSequence": "SE_IR",
        "SequenceVariant": "SK_SP_MP",
        "SequenceName": "_spcir_278ns",
        "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND", "NORM"],
        "MRAcquisitionType": "3D",
        "SliceThickness": 1,
        "EchoTime": times.echo_ms / 1000,
        "RepetitionTime": times.repetition_ms / 1000,
        "InversionTime": times.inversion_ms / 1000,
        "FlipAngle": times.flip_deg,
        "ConversionSoftware": "outpost sample",
    }
