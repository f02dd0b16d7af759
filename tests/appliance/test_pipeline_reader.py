"""Real studies through the real models: what cannot be read is said, and what can is read all the same."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest
from batches import assert_sound, batch, left_on_disk, told
from no_sockets import run_without_sockets

from appliance.__main__ import main
from appliance.contracts import Kind
from appliance.engine.choice import Device
from appliance.errors import BadModel
from appliance.findings import read_findings
from appliance.findings.study import Outcome, Verdict
from appliance.models.slots import FACTORY
from appliance.pipeline import run_batch
from appliance.pipeline.events import Ending, Notice, StudyEnded
from appliance.pipeline.opening import open_packages
from appliance.readers.desk import Desk
from appliance.sample.artefacts import Artefact, spoil
from appliance.sample.brain_scan import draw_head, scan_brain, thick_grid
from appliance.sample.dicom_writer import write_series
from appliance.sample.follow_up import follow_up
from appliance.sample.scan_spec import PatientSpec, Protocol, SeriesSpec, StudySpec
from appliance.sample.spine import make_spine
from appliance.sample.spine_scan import axial_grid, sagittal_grid, scan_spine
from appliance.sample.spine_traits import spine_traits
from appliance.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.findings import Findings
    from appliance.pipeline.events import Event

SEED = 31
SARA, RAVI = PatientSpec("Sample^Sara", "S-1"), PatientSpec("Sample^Ravi", "S-2", birth_date="19620120", sex="M")


def brain(folder: Path, *, later: bool = False, noise: float = 0.0) -> Path:
    """Scan one head, now or eighteen months later."""
    head = draw_head(SEED, lesions=14, total_ml=9.0, age_years=38)
    seen = follow_up(head, SEED).head if later else head
    scan = scan_brain(seen, thick_grid(SEED, side=160, depths=1), seed=SEED + later)
    date = "20240920" if later else "20230314"
    voxels = spoil(scan.voxels, Artefact.NOISE, noise)
    spec = SeriesSpec(patient=SARA, study=StudySpec(f"sara {date} {noise}", date))
    write_series(folder, voxels, scan.affine, spec=spec)
    return folder


def back(folder: Path) -> Path:
    """Scan one back from the side and along two discs."""
    spine = make_spine(spine_traits(SEED))
    study = StudySpec("back", "20250218")
    grid = sagittal_grid(side=256, slices=7)
    side = scan_spine(spine, grid, seed=SEED, protocol=Protocol.SPINE_T2_SAGITTAL)
    spec = SeriesSpec(Protocol.SPINE_T2_SAGITTAL, patient=RAVI, study=study, number=2)
    write_series(folder / "side", side.voxels, side.affine, spec=spec)
    for number, level in enumerate(("L4/L5", "L5/S1")):
        grid = axial_grid(spine, level, slices=3, side=256)
        along = scan_spine(spine, grid, seed=SEED, protocol=Protocol.SPINE_T2_AXIAL)
        spec = SeriesSpec(
            Protocol.SPINE_T2_AXIAL, patient=RAVI, study=study, number=3, part=level, first_instance=1 + 3 * number
        )
        write_series(folder / level[:2], along.voxels, along.affine, spec=spec)
    return folder


def read(folder: Path, output: Path, models: Path = FACTORY) -> list[Event]:
    return list(run_batch(batch(folder, output), lambda: open_packages(models, Settings(), Device.CPU)))


def findings_in(output: Path) -> dict[str, Findings]:
    found = [read_findings(path) for path in sorted(output.rglob("findings.json"))]
    return {f"{one.patient.patient_id} {one.examination.when:%Y}": one for one in found}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clinic")
    brain(folder / "first")
    brain(folder / "later", later=True)
    back(folder / "back")
    return folder


@pytest.fixture(scope="module")
def output(clinic: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All three read once."""
    output = tmp_path_factory.mktemp("out")
    assert main(["run", str(clinic), "-o", str(output), "--device", "cpu"]) == 0
    return output


def test_a_head_is_read_and_its_masks_lie_on_its_own_grid(output: Path) -> None:
    findings = findings_in(output)["S-1 2023"]
    assert findings.outcome is Outcome.READ
    (series,), (found,) = findings.series, findings.brain
    assert (series.kind, series.files, series.first_file[:6]) == (Kind.BRAIN_FLAIR, 20, "first/")
    assert series.quality is not None
    assert series.quality.verdict is Verdict.GOOD
    assert found.totals.count > 0
    assert found.change is None
    assert {model.task for model in findings.models} == {"brain-lesions", "brain-anomaly"}
    assert all(model.engines for model in findings.models if model.task == "brain-lesions")
    for name in ("lesions", "ventricles", "brain", "anomaly"):
        image = nib.load(output / findings.study / f"{name}.nii.gz")
        assert image.shape == series.grid.shape
        np.testing.assert_allclose(image.affine, series.grid.affine, atol=1e-3)


def test_a_later_visit_is_compared_with_the_earlier_one(output: Path) -> None:
    findings = findings_in(output)
    (found,) = findings["S-1 2024"].brain
    assert found.change is not None
    assert found.change.earlier.study == findings["S-1 2023"].study
    assert found.change.compared
    assert found.change.earlier.days_between == pytest.approx(556, abs=1)


def test_both_views_of_a_back_are_read_and_the_levels_come_from_the_side(output: Path) -> None:
    findings = findings_in(output)["S-2 2025"]
    (sagittal,), (axial,) = findings.spine_sagittal, findings.spine_axial
    assert [series.kind for series in findings.series] == [Kind.SPINE_SAGITTAL, Kind.SPINE_AXIAL, Kind.SPINE_AXIAL]
    assert len(sagittal.levels) >= 3
    assert len(axial.levels) == 2
    assert findings.outcome is Outcome.READ


def test_the_table_holds_a_row_for_each(output: Path) -> None:
    rows = (output / "summary.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 4
    assert [row.split(",")[0] for row in rows[1:]] == [
        findings_in(output)[name].study for name in ("S-1 2023", "S-1 2024", "S-2 2025")
    ]


def test_the_record_holds_and_the_command_says_so(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert_sound(output)
    assert main(["ledger", "verify", str(output)]) == 0
    next(output.rglob("lesions.nii.gz")).touch()
    assert "Newest entry: " in capsys.readouterr().out


def test_the_same_scans_give_the_same_bytes(clinic: Path, output: Path, tmp_path: Path) -> None:
    read(clinic / "first", tmp_path / "again")
    again = left_on_disk(tmp_path / "again")
    before = left_on_disk(output)
    of_their_time = ("findings.json", ".pdf", ".dcm")  # a report names when the study was read
    same = [name for name in again if "/" in name and not name.endswith(of_their_time)]
    assert len(same) > 4
    assert {name: again[name] for name in same} == {name: before[name] for name in same}


def test_a_scan_that_is_too_noisy_is_refused_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Desk] = []
    monkeypatch.setattr(Desk, "begin", lambda self, _volumes: begun.append(self))
    brain(tmp_path / "in", noise=1.0)
    events = read(tmp_path / "in", tmp_path / "out")
    (ended,) = told(events, StudyEnded)
    assert ended.ending is Ending.REFUSED
    assert "noisy" in ended.sentence
    findings = read_findings(tmp_path / "out" / ended.key / "findings.json")
    assert findings.outcome is Outcome.REFUSED
    assert findings.problems[0].reason == "quality"
    assert findings.problems[0].advice
    assert not list((tmp_path / "out").rglob("*.nii.gz"))
    assert len(begun) == 1, "what was asked about the study before is forgotten"


def test_a_damaged_model_is_said_and_what_the_others_read_is_read(clinic: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(FACTORY, models)
    graph = next(models.glob("brain-lesions-*/lesions.cpu-int8.onnx"))
    content = bytearray(graph.read_bytes())
    content[len(content) // 2] ^= 1
    graph.write_bytes(content)
    both = tmp_path / "in"
    shutil.copytree(clinic / "first", both / "first")
    shutil.copytree(clinic / "back" / "side", both / "side")
    events = read(both, tmp_path / "out", models)
    assert "SHA-256" in told(events, Notice)[0].sentence
    endings = {event.ending: event.sentence for event in told(events, StudyEnded)}
    assert set(endings) == {Ending.READ, Ending.FAILED}
    assert "No model package for brain-lesions" in endings[Ending.FAILED]
    assert findings_in(tmp_path / "out")["S-1 2023"].problems[0].reason == "no-model"


def test_no_sound_model_at_all_is_an_error_with_advice(clinic: Path, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    with pytest.raises(BadModel, match="holds no model package"):
        read(clinic, tmp_path / "out", tmp_path / "models")
    shutil.copytree(FACTORY / "spine-axial-1.0.0", tmp_path / "models" / "spine-axial-1.0.0")
    (tmp_path / "models" / "spine-axial-1.0.0" / "card.md").write_text("changed", encoding="utf-8")
    with pytest.raises(BadModel, match="spine-axial"):
        read(clinic, tmp_path / "out", tmp_path / "models")


def test_reading_opens_no_socket(clinic: Path, tmp_path: Path) -> None:
    code = "import sys\nfrom appliance.__main__ import main\nsys.exit(main(sys.argv[1:]))"
    (tmp_path / "home").mkdir()
    done = run_without_sockets(
        code, "run", str(clinic / "first"), "-o", str(tmp_path / "out"), home=tmp_path / "home", seconds=280
    )
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "out").rglob("lesions.nii.gz"))
    assert not list((tmp_path / "home").rglob("*"))


def test_every_way_to_end_has_its_code(clinic: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    out = ["-o", str(tmp_path / "out")]
    assert main(["run", str(tmp_path / "empty"), *out, "--json"]) == 2
    events = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert events == ["Began", "FilesSeen", "Ready", "Planned", "Ended"]
    assert main(["run", str(tmp_path / "nowhere"), *out]) == 3
    assert main(["run", str(clinic), "-o", str(clinic)]) == 3
    for wrong in (["run", str(clinic)], ["run", str(clinic), *out, "--redo", "some"]):
        with pytest.raises(SystemExit) as ended:
            main(wrong)
        assert ended.value.code == 3
