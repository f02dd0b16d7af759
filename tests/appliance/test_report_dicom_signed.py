"""What the PACS gets of a study that a doctor signed: who answers for what, and which objects it replaces."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import highdicom
import pydicom
import pytest
from answered_study import answered_brain, answered_spine
from report_pages import texts_of

from appliance.__main__ import main
from appliance.errors import OutputFailed
from appliance.findings.json_file import as_json, read_findings
from appliance.findings.review import NAME as REVIEW
from appliance.ledger import open_ledger, verify_ledger
from appliance.report.dicom.signed import write_signed
from appliance.report.dossier import open_dossier
from appliance.report.files import DICOM, SIGNED_REPORT, objects_of, report_of
from appliance.report.pdf import make_pdf
from appliance.settings import Clinic
from appliance.workplace.doctors import enrol
from appliance.workplace.handing_out import save_dicom
from appliance.workplace.reviewing import digest_of, draft_of
from appliance.workplace.signing import Signature, Signed, sign

if TYPE_CHECKING:
    from pathlib import Path

    from answered_study import Answered
    from pydicom.dataset import Dataset

    from appliance.workplace.reviewing import Draft

CLINIC = Clinic(name="District hospital")
DOCTOR = "دکتر رحیمی"
NOTE = "Lesion 11 is a vessel.\nCompare with März."


@pytest.fixture(scope="module")
def brain(tmp_path_factory: pytest.TempPathFactory) -> Answered:
    """A study whose automatic objects are made; nobody changes it."""
    return answered_brain(tmp_path_factory.mktemp("brain"))


@pytest.fixture
def folder(brain: Answered, tmp_path: Path) -> Path:
    """Its results, to be changed."""
    results = _folder(brain)
    return shutil.copytree(results, tmp_path / "results" / results.name)


@pytest.fixture(scope="module")
def signed(brain: Answered, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its results, signed with changes, to be looked at."""
    results = _folder(brain)
    folder = shutil.copytree(results, tmp_path_factory.mktemp("signed") / "results" / results.name)
    _sign(folder, _changed(folder))
    return folder


def _folder(answered: Answered) -> Path:
    return answered.files[0].parent.parent


def _sign(folder: Path, draft: Draft, name: str = DOCTOR) -> Signed:
    doctors = folder.parent.parent / "doctors.json"
    enrol(doctors, name, "2468")
    study = read_findings(folder / "findings.json").study
    return sign(folder, study, draft, digest_of(folder), Signature(name, "2468"), CLINIC, doctors)


def _changed(folder: Path) -> Draft:
    draft = draft_of(read_findings(folder / "findings.json"))
    draft.change(next(item for item in draft.items if item.key[2] == "severity"), "Severe")
    draft.toggle(next(item for item in draft.items if item.lesion == 11))
    draft.note = NOTE
    return draft


def _one(folder: Path, name: str) -> Dataset:
    (path,) = [path for path in objects_of(folder) if path.stem.startswith(name)]
    return pydicom.dcmread(path)


def _codes(item: Dataset) -> tuple[str, str]:
    """Give what an item is about, and what it says."""
    name = str(item.ConceptNameCodeSequence[0].CodeMeaning)
    if "ConceptCodeSequence" in item:
        return name, str(item.ConceptCodeSequence[0].CodeMeaning)
    if "MeasuredValueSequence" in item:
        return name, str(item.MeasuredValueSequence[0].NumericValue)
    return name, str(item.get("TextValue", item.get("PersonName", "")))


def _groups(report: Dataset) -> dict[str, dict[str, str]]:
    (measured,) = [item for item in report.ContentSequence if _codes(item)[0] == "Imaging Measurements"]
    groups = (dict(map(_codes, group.ContentSequence)) for group in measured.ContentSequence)
    return {group["Tracking Identifier"]: group for group in groups}


def test_signed_objects_are_new_ones_that_name_those_they_replace(signed: Path, brain: Answered) -> None:
    automatic = {name: pydicom.dcmread(_folder(brain) / DICOM / f"{name}.dcm") for name in ("report", "measurements")}
    for path in (_folder(brain) / DICOM).iterdir():
        assert (signed / DICOM / path.name).read_bytes() == path.read_bytes()
    for name, old in automatic.items():
        new = _one(signed, name)
        assert new.StudyInstanceUID == old.StudyInstanceUID
        assert new.PatientID == old.PatientID
        assert new.SOPInstanceUID != old.SOPInstanceUID
        assert new.file_meta.MediaStorageSOPInstanceUID == new.SOPInstanceUID
        assert new.SeriesInstanceUID != old.SeriesInstanceUID
        assert new.VerificationFlag == "VERIFIED"
        (study,) = new.PredecessorDocumentsSequence
        (series,) = study.ReferencedSeriesSequence
        assert series.SeriesInstanceUID == old.SeriesInstanceUID
        assert [item.ReferencedSOPInstanceUID for item in series.ReferencedSOPSequence] == [old.SOPInstanceUID]


def test_the_structured_report_names_the_doctor_who_answers_for_it(signed: Path, brain: Answered) -> None:
    report = _one(signed, "measurements")
    (observer,) = report.VerifyingObserverSequence
    assert observer.VerifyingObserverName == f"{DOCTOR}^"
    assert observer.VerifyingOrganization == "District hospital"
    assert "Person" in {value for name, value in map(_codes, report.ContentSequence) if name == "Observer Type"}
    assert ("Person Observer Name", f"{DOCTOR}^") in [_codes(item) for item in report.ContentSequence]
    read = highdicom.sr.srread(next(path for path in objects_of(signed) if path.stem.startswith("measurements")))
    assert len(read.content.get_planar_roi_measurement_groups()) == len(brain.findings.brain[0].lesions)


def test_the_doctors_value_counts_and_the_automatic_one_stands_beside_it(signed: Path, brain: Answered) -> None:
    found = brain.findings.brain[0]
    report = _one(signed, "measurements")
    load = _groups(report)["all lesions"]
    assert load["Severity of the lesion load"] == "Severe load"
    assert load["Automatic: Severity of the lesion load"] == f"{found.severity} load"
    assert float(load["Number of isolated lesions"]) == found.totals.count - 1
    assert float(load["Automatic: Number of isolated lesions"]) == found.totals.count
    rejected = next(lesion.volume_ml for lesion in found.lesions if lesion.number == 11)
    assert float(load["Volume"]) == pytest.approx(found.totals.volume_ml - rejected, abs=1e-3)
    assert float(load["Lesion share of the brain"]) < float(load["Automatic: Lesion share of the brain"])
    (evaluations,) = [item for item in report.ContentSequence if _codes(item)[0] == "Qualitative Evaluations"]
    assert [_codes(item) for item in evaluations.ContentSequence] == [("Comment", NOTE)]


def test_a_rejected_lesion_is_no_finding_of_a_lesion_any_more(signed: Path) -> None:
    groups = _groups(_one(signed, "measurements"))
    assert groups["lesion 11"]["Finding"] == "No lesion, by the doctor who signed"
    assert groups["lesion 11"]["Automatic: Finding"] == "Lesion"
    assert groups["lesion 1"]["Finding"] == "Lesion"


def test_a_level_that_is_graded_otherwise_is_graded_so_for_the_pacs(tmp_path: Path) -> None:
    folder = _folder(answered_spine(tmp_path))
    draft = draft_of(read_findings(folder / "findings.json"))
    item = next(item for item in draft.items if item.key[1:] == ("L4/L5", "canal"))
    other = next(choice for choice in item.choices if choice != item.automatic)
    draft.change(item, other)
    _sign(folder, draft)
    group = _groups(_one(folder, "measurements"))["L4/L5 from the side"]
    assert group["Grade of canal"] == other
    assert group["Automatic: Grade of canal"] == item.automatic


def test_a_study_confirmed_as_it_is_changes_nothing_but_who_answers(folder: Path) -> None:
    before = _groups(pydicom.dcmread(folder / DICOM / "measurements.dcm"))
    _sign(folder, draft_of(read_findings(folder / "findings.json")))
    after = _one(folder, "measurements")
    assert _groups(after) == before
    assert after.VerificationFlag == "VERIFIED"


def test_the_signed_pages_go_out_in_place_of_the_automatic_ones(signed: Path, brain: Answered, tmp_path: Path) -> None:
    document = _one(signed, "report")
    pages = document.EncapsulatedDocument[: document.EncapsulatedDocumentLength]
    assert pages == (signed / SIGNED_REPORT).read_bytes()
    assert "What the doctor changed" in "".join(texts_of(pages))
    stick = tmp_path / "stick"
    stick.mkdir()
    saved = [pydicom.dcmread(path) for path in save_dicom(signed, stick)]
    assert sorted(each.Modality for each in saved) == ["DOC", *["OT"] * len(brain.findings.pictures), "SEG", "SR"]
    assert {each.VerificationFlag for each in saved if each.Modality in {"DOC", "SR"}} == {"VERIFIED"}


def test_the_audit_chain_has_the_signed_objects_and_sees_a_change(folder: Path) -> None:
    _sign(folder, _changed(folder))
    with open_ledger(folder.parent, operator="", app_version="0").ledger as ledger:
        text = ledger._connection.execute("SELECT body FROM entry WHERE kind = 'reviewed'").fetchone()[0]
    for path in (path for path in objects_of(folder) if "-signed-" in path.stem):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in text
    assert verify_ledger(folder.parent).sound
    signed = next(path for path in objects_of(folder) if path.stem.startswith("measurements"))
    signed.write_bytes(signed.read_bytes()[:-2])
    verdict = verify_ledger(folder.parent)
    assert not verdict.sound
    assert any(signed.name in sentence for sentence in verdict.sentences)


def test_signing_again_keeps_the_first_signature_and_names_both(folder: Path) -> None:
    _sign(folder, _changed(folder))
    first = {path: path.read_bytes() for path in objects_of(folder)}
    _sign(folder, draft_of(read_findings(folder / "findings.json")), "Dr. Mensah")
    assert {path: path.read_bytes() for path in first} == first
    second = _one(folder, "measurements")
    assert second.VerifyingObserverSequence[0].VerifyingObserverName == "Dr. Mensah^"
    assert len(second.PredecessorDocumentsSequence) == 2
    assert _groups(second)["lesion 11"]["Finding"] == "Lesion"
    assert verify_ledger(folder.parent).sound


def test_results_of_a_new_reading_are_sent_unsigned(folder: Path) -> None:
    _sign(folder, _changed(folder))
    findings = folder / "findings.json"
    findings.write_text(findings.read_text().replace("B-17", "B-18"))
    assert not [path for path in objects_of(folder) if "signed" in path.stem]
    assert report_of(folder).name == "report.pdf"


def test_objects_of_another_reading_are_not_signed(folder: Path) -> None:
    findings = folder / "findings.json"
    findings.write_text(findings.read_text().replace("B-17", "B-18"))
    told = _sign(folder, _changed(folder))
    assert len(told.notices) == 2
    assert all("another reading" in notice for notice in told.notices)
    assert not [path for path in objects_of(folder) if "signed" in path.stem]
    assert report_of(folder).name == SIGNED_REPORT


@pytest.mark.parametrize("content", [b"", b"no DICOM at all", b"\0" * 200])
def test_a_damaged_object_costs_itself_alone(content: bytes, folder: Path) -> None:
    (folder / DICOM / "measurements.dcm").write_bytes(content)
    told = _sign(folder, _changed(folder))
    assert len(told.notices) == 1
    assert "measurements" in told.notices[0]
    assert _one(folder, "report").VerificationFlag == "VERIFIED"


def test_a_study_without_objects_is_signed_all_the_same(folder: Path) -> None:
    shutil.rmtree(folder / DICOM)
    assert _sign(folder, _changed(folder)).notices == ()
    assert (folder / REVIEW).is_file()
    assert not (folder / DICOM).exists()


def test_a_disk_that_is_full_is_said_and_the_review_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    def full(*_: object) -> None:
        raise OutputFailed("It could not be written (No space left on device).", advice="Free some space.")

    monkeypatch.setattr("appliance.report.dicom.answers.write_whole", full)
    with pytest.raises(OutputFailed):
        _sign(folder, _changed(folder))
    assert (folder / REVIEW).is_file()
    assert not [path for path in objects_of(folder) if "signed" in path.stem]


@pytest.mark.parametrize(
    ("name", "written"), [("Dr.^O'Neil=x\\y", "Dr. O'Neil x y"), ("Rahimi " * 20, ("Rahimi " * 20)[:63].strip())]
)
def test_a_name_that_dicom_reserves_signs_for_is_still_one_name(name: str, written: str, folder: Path) -> None:
    _sign(folder, _changed(folder), name)
    assert _one(folder, "measurements").VerifyingObserverSequence[0].VerifyingObserverName == f"{written}^"


def test_the_command_makes_signed_pages_again_and_leaves_the_automatic_ones(folder: Path) -> None:
    _sign(folder, _changed(folder))
    automatic = (folder / "report.pdf").read_bytes()
    assert main(["report", str(folder), "--language", "fr"]) == 0
    assert (folder / "report.pdf").read_bytes() == automatic
    assert "Rahimi" not in "".join(texts_of(automatic))
    assert "Ce que le médecin a modifié" in "".join(texts_of((folder / SIGNED_REPORT).read_bytes()))


@pytest.mark.slow
def test_the_pacs_is_answered_again_with_the_signature(folder: Path, brain: Answered) -> None:
    scan = pydicom.dcmread(next(path for path in brain.scans.rglob("*") if path.is_file()))
    findings = read_findings(folder / "findings.json")
    named = replace(
        findings,
        examination=replace(findings.examination, uid=str(scan.StudyInstanceUID)),
        series=(replace(findings.series[0], uid=str(scan.SeriesInstanceUID)),),
    )
    (folder / "findings.json").write_text(as_json(named))
    main(["report", str(folder), "--dicom", str(brain.scans)])
    automatic = (folder / DICOM / "report.dcm").read_bytes()
    _sign(folder, _changed(folder))
    for path in (path for path in objects_of(folder) if "signed" in path.stem):
        path.unlink()
    assert main(["report", str(folder), "--dicom", str(brain.scans)]) == 0
    assert (folder / DICOM / "report.dcm").read_bytes() == automatic
    assert _one(folder, "report").VerificationFlag == "VERIFIED"
    assert _one(folder, "measurements").VerificationFlag == "VERIFIED"


@pytest.mark.slow
def test_pages_in_another_language_are_another_object_of_the_same_series(folder: Path) -> None:
    _sign(folder, _changed(folder))
    in_english = _one(folder, "report")
    dossier = open_dossier(folder, CLINIC.name)
    write_signed(folder, dossier, make_pdf(dossier, "fa"))
    in_persian = _one(folder, "report")
    assert in_persian.SOPInstanceUID != in_english.SOPInstanceUID
    assert in_persian.SeriesInstanceUID == in_english.SeriesInstanceUID


@pytest.mark.slow
@pytest.mark.parametrize("make", [answered_brain, answered_spine])
def test_dciodvfy_finds_no_error_in_signed_objects(make: object, tmp_path: Path) -> None:
    verifier = shutil.which("dciodvfy")
    assert verifier, "install Debian's dicom3tools"
    folder = _folder(make(tmp_path))  # type: ignore[operator]  # one of the two makers above
    draft = draft_of(read_findings(folder / "findings.json"))
    draft.note = NOTE
    for item in draft.items[:12]:
        if item.lesion is not None:
            draft.toggle(item)
        else:
            draft.change(item, next(choice for choice in item.choices if choice != item.automatic))
    _sign(folder, draft)
    _sign(folder, draft, "Dr. Mensah")
    signed = [path for path in (folder / DICOM).iterdir() if "-signed-" in path.stem]
    assert len(signed) == 4
    for path in signed:
        told = subprocess.run([verifier, "-new", str(path)], capture_output=True, text=True, check=False)
        assert not [line for line in told.stderr.splitlines() if line.startswith("Error")], path.name
