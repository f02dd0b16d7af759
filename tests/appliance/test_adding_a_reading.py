"""A reading is added as docs/adding-a-reading.md says: the files are taken out of the page, and a scan is read."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import jsonschema
import nibabel as nib
import numpy as np
import pydicom
import pypdfium2
import pytest
from batches import batch
from builders import change_tags, series
from findings_schema import SCHEMA
from model_builders import computed, convolution, sound_package, zipped

from appliance.__main__ import main
from appliance.contracts import Certainty, Kind, Plane, SeriesFacts, all_kinds
from appliance.engine.choice import Device
from appliance.findings import as_json, from_json, read_findings
from appliance.findings.study import Outcome
from appliance.further import PLACE, further_words, reading_of
from appliance.models.spec import Task
from appliance.pipeline import run_batch
from appliance.pipeline.opening import open_packages
from appliance.recognition.further import with_further
from appliance.recognition.recognise import recognise
from appliance.recognition.stack import Stack
from appliance.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from appliance.findings import Findings

WORD, MODULE = "hip-coronal", "appliance.readers.further.hip_coronal"
ROWS, COLUMNS = 48, 64


def files_of(repository: Path) -> dict[str, str]:
    """Take the example's files out of the page."""
    page = (repository / "docs" / "adding-a-reading.md").read_text(encoding="utf-8")
    return dict(re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)```\n<!-- /file -->", page, re.DOTALL))


@pytest.fixture
def added(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lay the reader where readings are found; afterwards nobody has heard of it."""
    folder = tmp_path / "further"
    folder.mkdir()
    (folder / "hip_coronal.py").write_text(files_of(repository)[f"{PLACE.replace('.', '/')}/hip_coronal.py"], "utf-8")
    package = importlib.import_module(PLACE)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    importlib.invalidate_caches()
    yield
    sys.modules.pop(MODULE, None)
    vars(package).pop("hip_coronal", None)


@pytest.fixture
def packages(tmp_path: Path, added: None) -> Path:
    """One package: a convolution that calls bright what stands out."""
    weights = np.zeros((1, 1, 3, 3), dtype=np.float32)
    weights[0, 0, 1, 1] = 1
    shape = ["slices", 1, ROWS, COLUMNS]
    graph = convolution(weights, inputs={"image": shape}, outputs={"logits": shape})
    made = sound_package()
    network = made.network
    kept = ("cpu-int8", "gpu-fp16", "cpu-fp32")
    golden = np.random.default_rng(5).normal(size=(2, 1, ROWS, COLUMNS)).astype(np.float32)
    network["preparation"] = {"kind": "slice", "parameters": {"spacing_mm": 2.0, "rows": ROWS, "columns": COLUMNS}}
    network["input"]["shape"] = [None, 1, ROWS, COLUMNS]
    network["outputs"][0] |= {"shape": [None, 1, ROWS, COLUMNS], "classes": ["fluid"]}
    network["graphs"] = {role: f"{role}.onnx" for role in kept}
    network["golden"]["tolerances"] = {role: network["golden"]["tolerances"][role] for role in kept}
    made.description |= {"task": WORD, "networks": {"fluid": network}, "thresholds": {"fluid": 0.9}, "calibration": {}}
    made.files = {f"{role}.onnx": graph.SerializeToString() for role in kept} | {"card.md": b"# A test\n"}
    answer = computed(graph, image=golden)[0]
    made.files["golden.npz"] = zipped({"fluid.image": golden, "fluid.logits": answer})
    return made.write(tmp_path / "packages").parent


CORONAL = np.array([[-1.5, 0, 0, 90], [0, 0, 6, -20], [0, -1.5, 0, 70], [0, 0, 0, 1]], dtype=float)


def phantom() -> NDArray[np.int16]:
    """Draw a coronal stack with a bright place in its third slice."""
    voxels = np.zeros((128, 96, 6))
    voxels[20:108, 16:80] = 100 + np.random.default_rng(3).normal(0, 2, (88, 64, 6))
    voxels[50:70, 40:60, 2] += 300
    return voxels.astype(np.int16)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    folder = tmp_path / "scans"
    folder.mkdir()
    nib.save(nib.Nifti1Image(phantom(), CORONAL), folder / "sub-1_hip.nii.gz")
    return folder


def read(scans: Path, output: Path, packages: Path) -> Findings:
    request = batch(scans, output)
    for _ in run_batch(request, lambda: open_packages(packages, Settings(), Device.CPU)):
        pass
    return read_findings(next(output.glob("*/findings.json")))


def test_a_scan_is_read_by_a_reading_that_came_in_one_file(scans: Path, packages: Path, tmp_path: Path) -> None:
    findings = read(scans, tmp_path / "out", packages)
    assert (findings.outcome, findings.problems) == (Outcome.READ, ())
    (told,) = findings.further
    assert (told.kind, told.series, told.tested) == (WORD, findings.series[0].id, False)
    assert (told.figures[0].slice_number, told.figures[0].unit) == (3, "%")
    assert told.figures[0].value is not None
    assert 1 < told.figures[0].value < 30
    assert [model.task for model in findings.models] == [WORD]
    jsonschema.validate(json.loads(as_json(findings)), json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_its_words_are_in_the_report_and_in_the_summary(scans: Path, packages: Path, tmp_path: Path) -> None:
    headline = read(scans, tmp_path / "out", packages).further[0].headline
    document = pypdfium2.PdfDocument(next((tmp_path / "out").glob("*/report.pdf")))
    pages = [" ".join(page.get_textpage().get_text_range().split()) for page in document]
    assert headline in pages[0]
    assert any("Hips, coronal" in page and "share of fluid" in page for page in pages[1:])
    assert any("never compared with a radiologist's word" in page for page in pages)
    assert headline.rstrip(".") in (tmp_path / "out" / "summary.csv").read_text(encoding="utf-8")


def test_a_scan_from_a_scanner_is_read_and_its_pages_go_to_the_pacs(packages: Path, tmp_path: Path) -> None:
    for path in series(tmp_path / "dicom", voxels=phantom().astype(np.uint16), affine=CORONAL):
        change_tags(
            path, SeriesDescription="COR hip PD", BodyPartExamined="HIP", ProtocolName="hip", StudyDescription=""
        )
    findings = read(tmp_path / "dicom", tmp_path / "out", packages)
    assert (findings.outcome, findings.problems) == (Outcome.READ, ())
    assert findings.further[0].figures[0].slice_number == 4, "slices of DICOM are put in order along their own axis"
    assert findings.series[0].why == "its words name the hip, and its slices are coronal"
    assert (
        main(
            ["report", str(next((tmp_path / "out").glob("*/findings.json")).parent), "--dicom", str(tmp_path / "dicom")]
        )
        == 0
    )
    assert pydicom.dcmread(next((tmp_path / "out").glob("*/dicom/report.dcm"))).Modality == "DOC"


def test_without_its_package_it_is_said_and_nothing_else_stops(scans: Path, added: None, tmp_path: Path) -> None:
    findings = read(scans, tmp_path / "out", sound_package().write(tmp_path / "others").parent)
    assert findings.outcome is Outcome.FAILED
    assert WORD in findings.problems[0].sentence


def test_what_a_reading_refuses_is_a_problem_of_the_study(scans: Path, packages: Path, tmp_path: Path) -> None:
    path = scans / "sub-1_hip.nii.gz"
    image = nib.load(path)
    voxels, affine = np.asarray(image.dataobj)[:, :, :2], image.affine
    nib.save(nib.Nifti1Image(voxels, affine), path)
    settings = tmp_path / "few.toml"
    settings.write_text("[reading]\nmin_slices = 2\n", encoding="utf-8")
    assert main(["run", str(scans), "-o", str(tmp_path / "out"), "--settings", str(settings), "--as", WORD]) == 1


def test_its_word_is_one_of_the_words_only_while_its_file_is_there(added: None) -> None:
    assert Kind(WORD) is Kind(WORD)
    assert (Kind(WORD).is_further, Kind.BRAIN_FLAIR.is_further) == (True, False)
    assert Task(WORD) == WORD
    assert all_kinds() == (*Kind, Kind(WORD))
    with pytest.raises(ValueError, match="knee"):
        Kind("knee")


def test_the_program_is_born_without_further_readings() -> None:
    assert further_words() == ()
    with pytest.raises(ValueError, match=WORD):
        Kind(WORD)


def test_a_series_that_a_born_reading_claims_too_is_a_question(added: None) -> None:
    stack = Stack(256, 256, 24, Plane.AXIAL, (0.9, 0.9, 5.0))
    facts = SeriesFacts(description="AX FLAIR brain", modality="MR")
    born = recognise(facts, stack)
    assert (born.kind, born.certainty) == (Kind.BRAIN_FLAIR, Certainty.SURE)
    greedy = reading_of(WORD)
    object.__setattr__(greedy, "recognise", lambda *_: "it takes everything")
    claimed = with_further(born, facts, stack, ())
    assert (claimed.kind, claimed.certainty) == (WORD, Certainty.ASK)
    assert Kind.BRAIN_FLAIR.value in claimed.why


def test_findings_of_an_earlier_program_are_read(scans: Path, packages: Path, tmp_path: Path) -> None:
    old = json.loads(as_json(read(scans, tmp_path / "out", packages)))
    del old["further"]
    assert from_json(json.dumps(old)).further == ()


def test_every_place_that_a_reading_with_types_of_its_own_touches_is_listed(repository: Path) -> None:
    page = (repository / "docs" / "decisions" / "0100-further-readings.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`(appliance/[\w/]+\.py)`", page))
    names = re.compile(r"\b(?:Kind|Task|PreparedAs)\.SPINE_SAGITTAL\b|SPINE_SAGITTAL = ")
    naming = {
        path.relative_to(repository).as_posix()
        for path in (repository / "appliance").rglob("*.py")
        if names.search(path.read_text(encoding="utf-8")) and path.name != "spine_sagittal.py"
    }
    sample = {path for path in naming if path.startswith("appliance/sample/")}
    assert naming - sample <= listed


@pytest.mark.slow
def test_the_training_and_the_package_of_the_page_work(
    repository: Path, scans: Path, added: None, tmp_path: Path
) -> None:
    place = tmp_path / "checkout"
    left_out = shutil.ignore_patterns("results", "__pycache__", "factory")
    for part in ("appliance", "training", "compression"):
        shutil.copytree(repository / part, place / part, ignore=left_out)
    for name, text in files_of(repository).items():
        (place / name).write_text(text, encoding="utf-8")
    made = subprocess.run([sys.executable, "package.py"], cwd=place, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    findings = read(scans, tmp_path / "out", place / "packages")
    assert (findings.outcome, findings.further[0].figures[0].slice_number) == (Outcome.READ, 3)
