"""Scans that the quality gate is tried on: phantoms, spoilt at graded strengths, and real ones."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
from PIL import Image

from appliance.contracts import Geometry, Kind, PatientFacts, SeriesFacts, StudyFacts, Volume
from appliance.quality import check_quality
from appliance.sample.artefacts import spoil, wrong_timing
from appliance.sample.brain_scan import draw_head, scan_brain, thick_grid
from appliance.sample.protocols import FACTS
from appliance.sample.scan_spec import Protocol
from appliance.sample.spine import make_spine
from appliance.sample.spine_scan import axial_grid, sagittal_grid, scan_spine
from appliance.sample.spine_traits import spine_traits
from appliance.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from appliance.findings.study import Quality
    from appliance.sample.artefacts import Artefact

RULES = Settings().quality
SIDE = 192
"""Pixels of a phantom's picture: the measures do not need more, and the scanner takes a while."""


def volume(voxels: NDArray[np.generic], affine: NDArray[np.float64], kind: Kind) -> Volume:
    geometry = Geometry(affine, voxels.shape)
    return Volume(voxels, geometry, kind, None, PatientFacts(), StudyFacts(), SeriesFacts(), ())


@cache
def brain(seed: int = 100, protocol: Protocol = Protocol.BRAIN_FLAIR, wrong: float = 0.0) -> Volume:
    """Scan a head; ``wrong`` moves the inversion time towards a plain T2."""
    head = draw_head(seed, lesions=20, total_ml=12.0)
    position = thick_grid(seed, side=SIDE, depths=1)
    timing = wrong_timing(FACTS[protocol].timing, wrong)
    made = scan_brain(head, position, seed=seed, protocol=protocol, timing=timing)
    return volume(made.voxels.round().astype(np.int16), made.affine, Kind.BRAIN_FLAIR)


@cache
def back(seed: int = 120, protocol: Protocol = Protocol.SPINE_T2_SAGITTAL) -> Volume:
    spine = make_spine(spine_traits(seed))
    sagittal = protocol in {Protocol.SPINE_T2_SAGITTAL, Protocol.SPINE_T1_SAGITTAL}
    grid = sagittal_grid(side=SIDE, slices=9) if sagittal else axial_grid(spine, "L4/L5", side=SIDE)
    made = scan_spine(spine, grid, seed=seed, protocol=protocol)
    kind = Kind.SPINE_SAGITTAL if sagittal else Kind.SPINE_AXIAL
    return volume(made.voxels.round().astype(np.int16), made.affine, kind)


def spoilt(scan: Volume, artefact: Artefact, strength: float, *, phase_axis: int = 0) -> Volume:
    voxels = spoil(scan.voxels.astype(np.float32), artefact, strength, seed=1, phase_axis=phase_axis)
    return replace(scan, voxels=voxels)


def told_as(scan: Volume, kind: Kind) -> Volume:
    return replace(scan, kind=kind)


def asked(scan: Volume) -> Quality:
    return check_quality(scan, RULES)


def real_brains(data: Path) -> Iterator[tuple[str, Volume]]:
    for path in sorted((data / "brain").rglob("*flair*.nii.gz")):
        image = nib.load(path)
        name = path.relative_to(data / "brain").as_posix()
        yield name, volume(np.asanyarray(image.dataobj), image.affine, Kind.BRAIN_FLAIR)


def real_backs(data: Path) -> Iterator[tuple[str, Volume]]:
    """Lumbar pictures, a stack a patient; where no spacing is stored, one that fits a back is taken."""
    lumbar = data / "lumbar"
    for name, stack in _stacks(lumbar / "axial_t1", "patient"):
        yield name, volume(stack, np.diag([-0.6875, -0.6875, 4.4, 1.0]), Kind.SPINE_AXIAL)
    for path in sorted((lumbar / "axial_t2_unlabelled").glob("*.png")):
        yield path.name, volume(_picture(path)[:, :, None], np.diag([-0.6875, -0.6875, 4.4, 1.0]), Kind.SPINE_AXIAL)
    for folder, key in (("sagittal_masks", "patient"), ("sagittal_mid", "file")):
        for name, stack in _stacks(lumbar / folder, key):
            pitch = 280.0 / max(stack.shape[:2])
            affine = np.array([[0, 0, -4.4, 0], [-pitch, 0, 0, 0], [0, -pitch, 0, 0], [0, 0, 0, 1.0]])
            yield name, volume(stack, affine, Kind.SPINE_SAGITTAL)


def _stacks(folder: Path, key: str) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    files: dict[str, list[str]] = defaultdict(list)
    with (folder / "index.csv").open(encoding="utf-8") as index:
        for row in csv.DictReader(index):
            files[row[key]].append(row["file"])
    for name, names in files.items():
        pictures = [_picture(folder / "images" / file) for file in sorted(names)]
        alike = [picture for picture in pictures if picture.shape == pictures[0].shape]
        yield f"{folder.name}/{name}", np.stack(alike, axis=2)


def _picture(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image).T
