"""How well the clinic's program finds what changed: ``python -m training.change DATA``, on pairs of real studies.

The way is the clinic's own: the earlier study is read and written, the later one is read and compared with what was
written. What an expert marked as changed lies in a space between the two; a marked region is found if a lesion
that was told as changed comes within ``NEAR_MM`` of it, and a told change is false if no marked region is near.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
from scipy import ndimage

from appliance import __version__
from appliance.contracts import Kind, PatientFacts, SeriesFacts, StudyFacts, Volume, Weighting
from appliance.engine.choice import Device
from appliance.engine.engines import Engines
from appliance.findings.sources import examination_of, patient_of
from appliance.findings.study import DISCLAIMER, FORMAT, VERSION, Findings, Outcome, Program
from appliance.measure.change import Fate
from appliance.measure.grid import inverse, places_mm
from appliance.models import load_package
from appliance.readers.brain import BrainGiven
from appliance.readers.desk import Desk
from appliance.results import StudyFolder, load_earlier
from appliance.settings import Settings
from training.datasets.case import Case, load, read_itk_affine
from training.record import write_json

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.contracts import Affine
    from appliance.measure.grid import Mask
    from appliance.readers.brain import BrainAnswer

NEAR_MM = 3.0
LEAST_MM3 = 14.0
"""Marked regions below the least size of a lesion cannot be told and are not asked for."""
CHANGED = frozenset({Fate.NEW, Fate.ENLARGING, Fate.SHRINKING, Fate.RESOLVED})
FACTORY = Path(__file__).parent.parent / "appliance" / "factory"
RESULT = Path(__file__).parent / "results" / "change.json"


@dataclass(frozen=True, slots=True)
class Pair:
    """One patient's two studies, compared."""

    patient: str
    correlation: float | None
    marked: int
    found: int
    """Of the marked regions."""
    marked_ml: float
    found_ml: float
    told: int
    """Lesions told as changed …"""
    false: int
    """… of which nothing was marked near."""
    told_by_fate: dict[str, int]
    stable: int


def main() -> None:
    """Measure every pair in a folder laid out like ``ljubljana_longitudinal``, and record it."""
    folder, settings = Path(sys.argv[1]), Settings()
    packages = [load_package(path, settings.limits) for path in sorted(FACTORY.iterdir()) if path.is_dir()]
    with Engines(settings.computing, Device.CPU) as engines:
        desk = Desk(packages, engines, settings)
        pairs = [measure(desk, patient) for patient in sorted(folder.iterdir()) if len(_studies(patient)) > 1]
    write_json(
        {
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "data": "Lesjak et al. 2016, Ljubljana longitudinal: pairs of studies that are here",
            "models": [package.spec.name for package in packages if package.spec.task.startswith("brain")],
            "rule": asdict(settings.change) | {"near_mm": NEAR_MM, "least_mm3": LEAST_MM3},
            "pairs": [asdict(pair) for pair in pairs],
        },
        RESULT,
    )
    for pair in pairs:
        print(pair)


def measure(desk: Desk, patient: Path) -> Pair:
    """Read both studies as a clinic would, one after the other, and hold the change against the expert's."""
    first, second = (_volume(path) for path in _studies(patient)[:2])
    with tempfile.TemporaryDirectory() as scratch:
        folder = StudyFolder.begin(Path(scratch) / "earlier")
        before = desk.read_brain(BrainGiven("1", first))
        folder.add_brain(before)
        folder.finish(_findings(before, folder))
        now = desk.read_brain(BrainGiven("1", second, load_earlier(folder.path, None)))
    return _held_against(patient, before, now)


def _held_against(patient: Path, before: BrainAnswer, now: BrainAnswer) -> Pair:
    image = nib.load(patient / "change_common.nii.gz")
    marked, affine = np.asarray(image.dataobj) > 0, image.affine
    told = _told(patient, before, now, marked.shape, affine)
    change = now.findings.change
    groups = change.lesions if change else ()
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    near_told = ndimage.distance_transform_edt(~told.any(axis=0), sampling=spacing) <= NEAR_MM
    near_marked = ndimage.distance_transform_edt(~marked, sampling=spacing) <= NEAR_MM
    pieces, count = ndimage.label(marked, np.ones((3, 3, 3)))
    voxel_ml = float(abs(np.linalg.det(affine[:3, :3]))) / 1000
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)[1:] * voxel_ml
    asked = [n for n in range(count) if sizes[n] * 1000 >= LEAST_MM3]
    hit = [n for n in asked if (near_told & (pieces == n + 1)).any()]
    fates = [group.fate for group in groups]
    return Pair(
        patient=patient.name,
        correlation=change.correlation if change else None,
        marked=len(asked),
        found=len(hit),
        marked_ml=float(sizes[asked].sum()),
        found_ml=float(sizes[hit].sum()),
        told=len(told),
        false=sum(not (one & near_marked).any() for one in told),
        told_by_fate={str(fate): fates.count(fate) for fate in Fate},
        stable=fates.count(Fate.STABLE),
    )


def _told(patient: Path, before: BrainAnswer, now: BrainAnswer, shape: tuple[int, ...], affine: Affine) -> Mask:
    """Bring every lesion that was told as changed into the common space: ``[lesion, i, j, k]``."""
    change = now.findings.change
    groups = [group for group in change.lesions if group.fate in CHANGED] if change else []
    masks = np.zeros((len(groups), *shape), dtype=np.bool_)
    for mask, group in zip(masks, groups, strict=True):
        for number, answer, numbers in ((2, now, group.now), (1, before, group.before)):
            labels = answer.lesions.found.labels
            to_study = _to_study(patient / f"study{number}_to_common.txt")
            own = answer.lesions.volume.geometry.affine
            mask[...] |= _in_common(np.isin(labels, numbers), own, to_study, shape, affine)
    return masks


def _in_common(mask: Mask, affine: Affine, to_study: Affine, shape: tuple[int, ...], common: Affine) -> Mask:
    to_index = inverse(affine) @ to_study @ common
    at = np.rint(places_mm(to_index, np.indices(shape).reshape(3, -1).T.astype(np.float64))).astype(np.intp)
    inside = ((at >= 0) & (at < mask.shape)).all(axis=1)
    values: NDArray[np.bool_] = np.zeros(len(at), dtype=np.bool_)
    values[inside] = mask[tuple(at[inside].T)]
    return values.reshape(shape)


def _to_study(path: Path) -> Affine:
    """Turn a published transform, LPS, into one of RAS millimetres: the common space → the study's own."""
    matrix, offset = read_itk_affine(path)
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = matrix, offset
    flip = np.diag([-1.0, -1.0, 1.0, 1.0])
    return flip @ affine @ flip


def _studies(patient: Path) -> list[Path]:
    return sorted(patient.glob("study*_flair.nii.gz"))


def _volume(path: Path) -> Volume:
    scan = load(Case("ljubljana_longitudinal", path.parent.name, path.name, path))
    facts = (PatientFacts(), StudyFacts(), SeriesFacts())
    return Volume(scan.voxels, scan.geometry, Kind.BRAIN_FLAIR, Weighting.FLAIR, *facts, ())


def _findings(answer: BrainAnswer, folder: StudyFolder) -> Findings:
    empty = Findings(
        FORMAT, VERSION, Program("outpost", __version__), datetime.now(UTC), "earlier", "", Outcome.READ,
        patient_of(PatientFacts()), examination_of(StudyFacts()),
        (), (), (), (), (), (), (), (), {}, (), (), (), DISCLAIMER,
    )  # fmt: skip
    return replace(empty, brain=(answer.findings,), outputs=folder.outputs, pictures=folder.pictures)


if __name__ == "__main__":
    main()
