from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import highdicom
import numpy as np
import pydicom
import pytest
from answered_study import answered_brain, answered_spine, volume_in
from brain_findings import brain_study
from builders import nifti_file
from findings_builders import write_study
from report_pages import texts_of

from appliance.__main__ import main
from appliance.report.written import write_reports
from appliance.sample.scan_spec import Layout
from appliance.settings import Settings
from appliance.sources import open_source

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import IO

    from answered_study import Answered

    from appliance.contracts import Source
    from appliance.settings import Limits


@pytest.fixture(scope="module")
def brain(tmp_path_factory: pytest.TempPathFactory) -> Answered:
    return answered_brain(tmp_path_factory.mktemp("brain"))


@pytest.fixture(scope="module")
def spine(tmp_path_factory: pytest.TempPathFactory) -> Answered:
    return answered_spine(tmp_path_factory.mktemp("spine"))


def _scan(answered: Answered) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(path) for path in sorted(answered.scans.rglob("*")) if path.is_file()]


def test_every_object_belongs_to_the_study_and_to_a_new_series(brain: Answered) -> None:
    scan = _scan(brain)[0]
    made = [pydicom.dcmread(path) for path in brain.files]
    assert {each.StudyInstanceUID for each in made} == {scan.StudyInstanceUID}
    assert {each.PatientID for each in made} == {scan.PatientID}
    assert scan.SeriesInstanceUID not in {each.SeriesInstanceUID for each in made}
    assert len({each.SOPInstanceUID for each in made}) == len(made)
    assert {each.Modality for each in made} == {"SEG", "SR", "DOC", "OT"}
    assert all("not a diagnosis" in each.SeriesDescription for each in made)


def _placed_voxels(path: Path, label: str) -> set[tuple[float, ...]]:
    """Give where the segment's voxels lie in the patient, by the segmentation's own account alone."""
    seg = highdicom.seg.segread(path)
    (number,) = [d.SegmentNumber for d in seg.SegmentSequence if d.SegmentLabel == label]
    volume = seg.get_volume(segment_numbers=[number])
    found = np.argwhere(volume.array[..., 0] > 0)
    points = volume.map_indices_to_reference(found.astype(float))
    return {tuple(np.round(point, 2)) for point in points}


def _wanted(answered: Answered) -> set[tuple[float, ...]]:
    indices = np.argwhere(answered.lesions > 0)
    homogeneous = np.c_[indices, np.ones(len(indices))] @ answered.volume.geometry.affine.T
    return {tuple(np.round(point * [-1, -1, 1], 2)) for point in homogeneous[:, :3]}


@pytest.mark.parametrize("layout", Layout)
def test_each_lesion_lies_where_it_was_found(layout: Layout, tmp_path: Path) -> None:
    answered = answered_brain(tmp_path, layout=layout)
    assert _placed_voxels(answered.one("segmentation"), "Lesions") == _wanted(answered)


def test_a_segmentation_refers_to_the_slices_that_it_is_of(brain: Answered) -> None:
    seg = pydicom.dcmread(brain.one("segmentation"))
    scan = _scan(brain)
    referred = {item.ReferencedSOPInstanceUID for item in seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence}
    assert referred == {each.SOPInstanceUID for each in scan}
    assert seg.FrameOfReferenceUID == scan[0].FrameOfReferenceUID
    assert seg.SegmentationType == "BINARY"
    assert [s.SegmentedPropertyTypeCodeSequence[0].CodeValue for s in seg.SegmentSequence] == ["52988006", "12738006"]


def test_the_spines_parts_are_segments_of_their_own(spine: Answered) -> None:
    seg = pydicom.dcmread(spine.one("segmentation"))
    assert [segment.SegmentLabel for segment in seg.SegmentSequence] == ["Vertebrae", "Discs", "Spinal canal"]


def test_every_lesion_is_measured_and_placed_in_the_structured_report(brain: Answered) -> None:
    report = highdicom.sr.srread(brain.one("measurements"))
    groups = report.content.get_planar_roi_measurement_groups()
    lesions = brain.findings.brain[0].lesions
    assert len(groups) == len(lesions)
    volumes = [group.get_measurements()[0].value for group in groups]
    assert volumes == pytest.approx([lesion.volume_ml for lesion in lesions], abs=1e-3)
    x, y, z = lesions[0].spot.centre_mm
    assert groups[0].roi.value == pytest.approx(np.array([[-x, -y, z]]), abs=0.01)
    assert report.VerificationFlag == "UNVERIFIED"
    assert report.ContentTemplateSequence[0].TemplateIdentifier == "1500"


def test_the_canals_width_is_in_the_structured_report(spine: Answered) -> None:
    report = highdicom.sr.srread(spine.one("measurements"))
    groups = report.content.get_planar_roi_measurement_groups()
    widths = {group.tracking_identifier: [m.value for m in group.get_measurements()] for group in groups}
    assert widths["L4/L5 from the side"][0] == 4.0


def test_the_pages_come_back_out_of_the_pacs(brain: Answered) -> None:
    document = pydicom.dcmread(brain.one("report"))
    pages = document.EncapsulatedDocument[: document.EncapsulatedDocumentLength]
    assert pages.startswith(b"%PDF")
    assert pages.rstrip().endswith(b"%%EOF")


def test_pictures_keep_their_colours_and_say_that_they_hold_words(brain: Answered) -> None:
    captures = [pydicom.dcmread(path) for path in brain.files if path.stem.startswith("picture")]
    assert len(captures) == len(brain.findings.pictures)
    assert captures[0].pixel_array.shape == (384, 768, 3)
    assert {capture.BurnedInAnnotation for capture in captures} == {"YES"}


def test_a_caption_in_any_letters_keeps_the_scans_character_set(spine: Answered) -> None:
    (capture,) = [pydicom.dcmread(path) for path in spine.files if path.stem.startswith("picture")]
    assert capture.DerivationDescription == '"L4/L5" - ?????, na?ve...'


def test_the_same_result_is_the_same_objects(tmp_path: Path) -> None:
    made = [answered_brain(tmp_path / name) for name in ("one", "two")]
    for one, two in zip(made[0].files, made[1].files, strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name


def test_a_scan_that_is_no_dicom_gets_no_objects(tmp_path: Path) -> None:
    nifti_file(tmp_path / "scans" / "flair.nii.gz")
    folder = write_study(brain_study(), tmp_path / "results")
    written = write_reports(folder, {"1": volume_in(tmp_path / "scans")}, Settings())
    assert [path.name for path in written] == ["report.pdf"]
    assert not (folder / "dicom").exists()


def test_headers_that_cannot_be_referred_to_cost_the_object_and_not_the_report(
    brain: Answered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(*_: object) -> None:
        raise AttributeError("no attribute PixelSpacing")

    monkeypatch.setattr("appliance.report.dicom.answers.segmentation_of", odd)
    folder = write_study(brain.findings, tmp_path)
    written = write_reports(folder, {"1": brain.volume}, Settings())
    assert "segmentation-1.dcm" not in {path.name for path in written}
    assert {"report.pdf", "report.dcm", "measurements.dcm"} <= {path.name for path in written}
    first = " ".join(texts_of((folder / "report.pdf").read_bytes())[0].split())
    assert "“segmentation-1” could not be made for the PACS" in first


def test_the_headers_of_a_scan_are_read_once_for_all_objects(
    brain: Answered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    def counted(source: Source, limits: Limits) -> AbstractContextManager[IO[bytes]]:
        opened.append(source)
        return open_source(source, limits)

    monkeypatch.setattr("appliance.report.dicom.source.open_source", counted)
    written = write_reports(write_study(brain.findings, tmp_path), {"1": brain.volume}, Settings())
    assert {"report.dcm", "measurements.dcm"} <= {path.name for path in written}
    assert sorted(opened) == sorted({origin.source for origin in brain.volume.origins})


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["brain", "spine"])
def test_dciodvfy_finds_no_error(kind: str, request: pytest.FixtureRequest) -> None:
    verifier = shutil.which("dciodvfy")
    assert verifier, "install Debian's dicom3tools"
    answered: Answered = request.getfixturevalue(kind)
    for path in answered.files:
        told = subprocess.run([verifier, "-new", str(path)], capture_output=True, text=True, check=False)
        errors = [line for line in told.stderr.splitlines() if line.startswith("Error")]
        assert not errors, path.name


def test_the_command_answers_the_pacs_again(brain: Answered, tmp_path: Path) -> None:
    scan = _scan(brain)[0]
    findings = replace(
        brain.findings,
        examination=replace(brain.findings.examination, uid=str(scan.StudyInstanceUID)),
        series=(replace(brain.findings.series[0], uid=str(scan.SeriesInstanceUID)),),
        outputs=(),
    )
    folder = write_study(findings, tmp_path)
    assert main(["report", str(folder), "--dicom", str(brain.scans)]) == 0
    assert {path.stem for path in (folder / "dicom").iterdir()} >= {"report", "measurements", "picture-1-01"}


def test_scans_of_another_study_are_not_answered(
    brain: Answered, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_study(brain_study(), tmp_path)
    assert main(["report", str(folder), "--dicom", str(brain.scans)]) == 3
    assert "are not in scans" in capsys.readouterr().err
    assert not (folder / "dicom").exists()
