"""The clinic's readers give the numbers that training's evaluation gives, for the same package and the same scans."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest

from appliance.contracts import Geometry, Kind, PatientFacts, SeriesFacts, StudyFacts, Volume, Weighting
from appliance.engine.choice import Device
from appliance.engine.engines import Engines
from appliance.models import load_package
from appliance.models.slots import FACTORY
from appliance.readers.lesions import LesionReader
from appliance.readers.model import Model
from appliance.readers.spine_axial import AxialGiven, AxialReader
from appliance.readers.spine_sagittal import SagittalReader
from appliance.settings import Settings
from training.readers import from_package
from training.reading import read
from training.spine.answers import onnx_answer
from training.spine.axial import grade, locate
from training.spine.sagittal import segment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

SETTINGS = Settings()
FACTS = (PatientFacts(), StudyFacts(), SeriesFacts())


@pytest.fixture(scope="module")
def engines() -> Iterator[Engines]:
    with Engines(SETTINGS.computing, Device.CPU) as opened:
        yield opened


def in_float(task: str, parent: Path) -> Path:
    """The shipped package with its reference in the place of the quantised graphs: no rounding to argue about."""
    source = next(folder for folder in FACTORY.iterdir() if folder.name.startswith(task))
    folder = parent / source.name
    folder.mkdir(parents=True)
    spec = json.loads((source / "model.json").read_text(encoding="utf-8"))
    for path in source.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    for network in spec["networks"].values():
        reference = (source / network["graphs"]["cpu-fp32"]).read_bytes()
        name = network["graphs"]["cpu-int8"]
        (folder / name).write_bytes(reference)
        spec["files"][name] = {"sha256": hashlib.sha256(reference).hexdigest(), "size": len(reference)}
    (folder / "model.json").write_text(json.dumps(spec), encoding="utf-8")
    return folder


def model(task: str, parent: Path, engines: Engines) -> tuple[Model, Path]:
    folder = in_float(task, parent)
    return Model(load_package(folder, SETTINGS.limits), engines), folder


def test_lesions_ventricles_and_brain_are_those_of_the_evaluation(
    shared_data: Path, engines: Engines, tmp_path: Path
) -> None:
    opened, folder = model("brain-lesions", tmp_path, engines)
    image = nib.load(shared_data / "brain" / "tabriz" / "sub-104899" / "flair.nii.gz")
    voxels, geometry = np.asarray(image.dataobj), Geometry(image.affine, image.shape)
    expected = read(from_package(folder), voxels, geometry)
    scan = Volume(voxels, geometry, Kind.BRAIN_FLAIR, Weighting.FLAIR, *FACTS, ())
    found = LesionReader(opened, SETTINGS.lesions).read(scan).reading
    np.testing.assert_allclose(found.probability / 255, expected.probabilities["lesion"], atol=4e-3)
    for name in ("brain", "ventricle", "lesion"):
        differing = np.count_nonzero(getattr(found, name) != expected.masks[name])
        assert differing <= 1e-4 * np.count_nonzero(expected.masks[name]) + 2, name


def test_axial_grades_are_those_of_the_evaluation(shared_data: Path, engines: Engines, tmp_path: Path) -> None:
    from training.datasets.sudirman import SPACING_MM, read_axial  # noqa: PLC0415 - only here

    opened, folder = model("spine-axial", tmp_path, engines)
    slices = read_axial(shared_data / "lumbar" / "axial_t1").slices[:4]
    located = locate(onnx_answer(folder / "locator.cpu-fp32.onnx"), slices)
    expected = grade(onnx_answer(folder / "grader.cpu-fp32.onnx"), located)
    reader = AxialReader(opened)
    for item, place, row in zip(slices, located, expected, strict=True):
        reading = reader.read(AxialGiven(("1",), (from_above(item.pixels, SPACING_MM),), None))
        (level,) = reading.levels
        assert level.canal == pytest.approx(place.canal, abs=0.01)
        told = [list(grade.probabilities.values()) for grade in level.grades]
        np.testing.assert_allclose(told, row, atol=1e-3)


def test_sagittal_labels_are_those_of_the_evaluation(shared_data: Path, engines: Engines, tmp_path: Path) -> None:
    from training.datasets.spider import read_masked  # noqa: PLC0415 - only here

    opened, folder = model("spine-sagittal", tmp_path, engines)
    answer = onnx_answer(folder / "segmenter.cpu-fp32.onnx")
    for item in read_masked(shared_data / "lumbar" / "sagittal_masks")[4:30:12]:
        reading = SagittalReader(opened).read(from_the_side(item.pixels))
        expected = segment(answer, item.pixels)
        assert np.mean(reading.labels[0] != expected) < 1e-3


def from_above(pixels: NDArray[np.uint8], mm: float) -> Volume:
    """One axial picture, belly above and the patient's right on the left, as a volume of one slice."""
    affine = np.diag([-mm, -mm, 5.0, 1.0])
    return _volume(pixels, affine, Kind.SPINE_AXIAL, Weighting.T1)


def from_the_side(pixels: NDArray[np.uint8]) -> Volume:
    """One sagittal picture, head above and belly on the left, as a volume of one slice."""
    affine = np.array([[0, 0, -4.0, 0], [-0.7, 0, 0, 0], [0, -0.7, 0, 0], [0, 0, 0, 1]], dtype=float)
    return _volume(pixels, affine, Kind.SPINE_SAGITTAL, Weighting.T2)


def _volume(pixels: NDArray[np.uint8], affine: NDArray[np.float64], kind: Kind, weighting: Weighting) -> Volume:
    voxels = pixels.T[:, :, None]
    return Volume(voxels, Geometry(affine, voxels.shape), kind, weighting, *FACTS, ())
