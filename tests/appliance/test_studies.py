"""A clinic's folder: every file is read or left out with a reason, and the right ones are taken together."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from builders import (
    axial_affine,
    brain_series,
    change_tags,
    ct_series,
    flair_series,
    localizer,
    lumbar_axial,
    lumbar_sagittal,
    oblique,
    pdf_report,
    sagittal_affine,
    screen_shot,
    series,
    zip_of,
)
from scanning import scan

from appliance.archives import Archives
from appliance.contracts import Certainty, FileFormat, Kind, Plane, Reason, Source, Weighting
from appliance.headers.image import DicomHeader, Place
from appliance.headers.read import read_header
from appliance.sample.scan_spec import JAPANESE, UTF8, PatientSpec, Protocol, SliceOrder, StudySpec, Vendor
from appliance.sample.scan_spec import Layout as FileLayout
from appliance.settings import Limits
from appliance.studies.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path

SURE, ASK, TOLD = Certainty.SURE, Certainty.ASK, Certainty.TOLD
NO_UIDS = ("StudyInstanceUID", "SeriesInstanceUID")


def test_a_whole_visit_is_one_study_with_its_series_in_order(tmp_path: Path) -> None:
    lumbar_axial(tmp_path / "c", slices=6)
    lumbar_sagittal(tmp_path / "b", slices=5)
    flair_series(tmp_path / "a", slices=5)
    found = scan(tmp_path)
    assert [(s.recognition.kind, s.recognition.weighting, s.slices) for s in found.study.series] == [
        (Kind.BRAIN_FLAIR, Weighting.FLAIR, 5),
        (Kind.SPINE_SAGITTAL, Weighting.T2, 5),
        (Kind.SPINE_AXIAL, Weighting.T2, 6),
    ]
    assert found.left_out == []
    patient = found.study.patient
    assert (patient.name, patient.patient_id, patient.sex, patient.age_years) == (
        "Sample^Nobody",
        "SAMPLE-0001",
        "F",
        45,
    )
    assert found.study.facts.description == "Sample examination"
    assert found.study.notes == ()


def test_a_series_says_how_it_lies_before_it_is_decoded(tmp_path: Path) -> None:
    lumbar_sagittal(tmp_path, affine=sagittal_affine((18.0, 17.0, 4.4)))
    only = scan(tmp_path).only_series
    assert (only.plane, only.rows, only.columns, only.slices) == (Plane.SAGITTAL, 16, 12, 5)
    assert only.spacing_mm == pytest.approx((18.0, 17.0, 4.4))
    assert only.file_format is FileFormat.DICOM


@pytest.mark.parametrize("vendor", Vendor)
def test_every_vendors_flair_is_found_whatever_the_files_are_called(tmp_path: Path, vendor: Vendor) -> None:
    flair_series(tmp_path, slices=14, vendor=vendor)
    only = scan(tmp_path).only_series
    assert (only.recognition.kind, only.recognition.certainty) == (Kind.BRAIN_FLAIR, SURE), only.recognition.why


@pytest.mark.parametrize("layout", FileLayout)
@pytest.mark.parametrize("order", SliceOrder)
def test_slices_in_any_order_are_one_stack(tmp_path: Path, layout: FileLayout, order: SliceOrder) -> None:
    flair_series(tmp_path, slices=9, layout=layout, order=order, affine=oblique(axial_affine()))
    only = scan(tmp_path).only_series
    assert only.slices == 9
    assert only.spacing_mm is not None
    assert only.spacing_mm[2] == pytest.approx(6.0)


def test_the_key_of_a_study_does_not_change_with_folders_names_or_order(tmp_path: Path) -> None:
    files = flair_series(tmp_path / "a")
    key = scan(tmp_path / "a").study.key
    random.Random(1).shuffle(files)
    for number, file in enumerate(files):
        target = tmp_path / "b" / str(number % 3) / f"{number}.bin"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    assert scan(tmp_path / "b").study.key == key
    assert scan(zip_of(tmp_path / "b", tmp_path / "b.zip")).study.key == key


@pytest.mark.parametrize("without", [(), NO_UIDS])
def test_a_key_is_safe_as_a_folder_name_and_says_nothing_of_the_patient(
    tmp_path: Path, without: tuple[str, ...]
) -> None:
    flair_series(tmp_path / "a", without=without)
    study = scan(tmp_path / "a").study
    assert study.key.isalnum()
    assert len(study.key) == 16
    assert study.key == study.key.lower()
    flair_series(tmp_path / "b", without=without, patient=PatientSpec(name="Other", patient_id="OTHER"))
    assert scan(tmp_path / "b").study.key == study.key


def test_two_visits_of_one_patient_are_two_studies(tmp_path: Path) -> None:
    for seed in ("first", "second"):
        flair_series(tmp_path / seed, study=StudySpec(seed=seed))
    found = scan(tmp_path)
    assert len({study.key for study in found.studies}) == 2


def test_two_patients_under_one_study_number_are_kept_apart_and_said(tmp_path: Path) -> None:
    flair_series(tmp_path / "a")
    lumbar_sagittal(tmp_path / "b", patient=PatientSpec(name="Other", patient_id="OTHER"))
    found = scan(tmp_path)
    assert [study.patient.patient_id for study in found.studies] == ["SAMPLE-0001", "OTHER"]
    assert len({study.key for study in found.studies}) == 2
    assert all("several patients" in note for study in found.studies for note in study.notes)


@pytest.mark.parametrize("nameless_first", [True, False])
def test_files_that_do_not_name_the_patient_stay_with_those_that_do(tmp_path: Path, *, nameless_first: bool) -> None:
    paths = flair_series(tmp_path)
    for path in paths[:2] if nameless_first else paths[2:]:
        change_tags(path, PatientID=None, PatientName=None)
    study = scan(tmp_path).study
    assert study.patient.patient_id == "SAMPLE-0001"
    assert len(study.series[0].sources) == 5
    assert any("do not name the patient" in note for note in study.notes)


def test_two_names_under_one_number_are_said(tmp_path: Path) -> None:
    flair_series(tmp_path / "a")
    lumbar_sagittal(tmp_path / "b", patient=PatientSpec(name="Somebody^Else"))
    study = scan(tmp_path).study
    assert len(study.series) == 2
    assert any("two names" in note and "Somebody^Else" in note for note in study.notes)


def test_what_one_header_does_not_say_of_the_patient_another_may(tmp_path: Path) -> None:
    flair_series(tmp_path / "a", without=("PatientSex", "PatientAge", "PatientBirthDate"))
    lumbar_sagittal(tmp_path / "b")
    patient = scan(tmp_path).study.patient
    assert (patient.sex, patient.age_years) == ("F", 45)


def test_files_without_numbers_are_taken_together_by_folder_with_a_note(tmp_path: Path) -> None:
    flair_series(tmp_path / "a", without=NO_UIDS)
    lumbar_sagittal(tmp_path / "a", without=NO_UIDS)
    flair_series(tmp_path / "b", without=NO_UIDS, patient=PatientSpec(patient_id="B"), number=9)
    found = scan(tmp_path)
    assert [len(study.series) for study in found.studies] == [2, 1]
    assert all(len(study.notes) == 2 for study in found.studies)
    assert "in one folder" in found.studies[0].notes[0]


@pytest.mark.parametrize(
    ("charset", "name"), [(UTF8, "مریم^رضایی"), (JAPANESE, "Yamada^Tarou=山田^太郎"), ("ISO_IR 144", "Иванов^Пётр")]
)
def test_names_in_any_script_arrive(tmp_path: Path, charset: str, name: str) -> None:
    flair_series(tmp_path, patient=PatientSpec(name=name, charset=charset))
    assert scan(tmp_path).study.patient.name == name


def test_a_copy_is_read_once_and_counted(tmp_path: Path) -> None:
    flair_series(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "again")
    found = scan(tmp_path)
    assert len(found.only_series.sources) == 5
    assert (found.only_left_out.reason, found.only_left_out.files) == (Reason.DUPLICATE, 5)


def test_slices_that_a_careless_anonymiser_gave_one_number_are_all_kept(tmp_path: Path) -> None:
    for path in flair_series(tmp_path):
        change_tags(path, SOPInstanceUID="1.2.3")
    found = scan(tmp_path)
    assert len(found.only_series.sources) == 5
    assert found.left_out == []


def test_everything_that_is_no_scan_is_left_out_by_its_name(tmp_path: Path) -> None:
    flair_series(tmp_path / "flair")
    localizer(tmp_path / "localizer")
    ct_series(tmp_path / "ct")
    screen_shot(tmp_path / "shot.dcm")
    pdf_report(tmp_path / "report.dcm")
    (tmp_path / "empty").touch()
    (tmp_path / "readme.txt").write_text("hello")
    (tmp_path / "out").symlink_to("/")
    found = scan(tmp_path)
    assert found.reasons == sorted(
        [
            Reason.LOCALIZER,
            Reason.OTHER_MODALITY,
            Reason.SECONDARY_CAPTURE,
            Reason.REPORT,
            Reason.EMPTY,
            Reason.NOT_AN_IMAGE,
            Reason.LINK,
        ]
    )
    assert found.files_accounted_for == sum(1 for path in tmp_path.rglob("*") if not path.is_dir() or path.is_symlink())
    assert all(left_out.sentence.endswith(".") for left_out in found.left_out)


@pytest.mark.parametrize(
    ("tags", "reason", "words"),
    [
        ({"ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"]}, Reason.DERIVED, "an ADC map"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "P", "ND"]}, Reason.DERIVED, "a phase image"),
        ({"ImageType": ["DERIVED", "SECONDARY", "PROJECTION IMAGE"]}, Reason.DERIVED, "a projection"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, Reason.LOCALIZER, "scout"),
        ({"SeriesDescription": "AX SCOUT"}, Reason.LOCALIZER, "scout"),
        ({"Modality": "PT"}, Reason.OTHER_MODALITY, "a PET scan"),
        ({"Modality": "XYZ"}, Reason.OTHER_MODALITY, "of the kind XYZ"),
        ({"Modality": "SR"}, Reason.REPORT, "a report"),
        ({"Modality": "SEG"}, Reason.DERIVED, "a result"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4"}, Reason.DERIVED, "a result"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.33"}, Reason.REPORT, "a report"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4.2"}, Reason.NOT_AN_IMAGE, "a spectroscopy"),
        ({"SOPClassUID": "1.2.3", "Modality": None}, Reason.NOT_KNOWN, "which kind of machine"),
        ({"Rows": None}, Reason.NOT_AN_IMAGE, "holds no image"),
        ({"Rows": 5000}, Reason.TOO_LARGE, "max_rows_or_columns"),
        ({"NumberOfFrames": 5000}, Reason.TOO_LARGE, "max_slices"),
        ({"ImageOrientationPatient": None}, Reason.NO_GEOMETRY, "how its images lie"),
        ({"SeriesDescription": "ep2d_diff", "ProtocolName": "ep2d_diff"}, Reason.NOT_KNOWN, "a diffusion scan"),
    ],
)
def test_a_series_that_is_not_read_is_left_out_as_one_with_all_its_files(
    tmp_path: Path, tags: dict[str, object], reason: Reason, words: str
) -> None:
    for path in flair_series(tmp_path):
        change_tags(path, **tags)
    left_out = scan(tmp_path).only_left_out
    assert (left_out.reason, left_out.files) == (reason, 5)
    assert words in left_out.sentence
    assert left_out.sentence.startswith("Series 4 “")


def test_an_odd_file_does_not_take_its_series_with_it(tmp_path: Path) -> None:
    paths = flair_series(tmp_path, slices=6)
    change_tags(paths[3], ImageType=["DERIVED", "SECONDARY", "ADC"])
    found = scan(tmp_path)
    assert len(found.only_series.sources) == 5
    assert (found.only_left_out.reason, found.only_left_out.files) == (Reason.DERIVED, 1)


def test_an_mr_that_does_not_say_so_is_known_by_what_it_is(tmp_path: Path) -> None:
    flair_series(tmp_path, without=("Modality",))
    assert scan(tmp_path).only_series.recognition.kind is Kind.BRAIN_FLAIR


def test_a_survey_in_three_directions_is_a_scout_even_if_nothing_says_so(tmp_path: Path) -> None:
    anonymous = {"vendor": Vendor.ANONYMISED, "protocol": Protocol.BRAIN_T2}
    coronal = axial_affine()[:, [0, 2, 1, 3]]
    for number, affine in enumerate((axial_affine(), sagittal_affine(), coronal)):
        series(tmp_path / str(number), affine=affine, part=str(number), **anonymous)
    assert scan(tmp_path).only_left_out.reason is Reason.LOCALIZER


def test_a_series_that_mixes_two_directions_is_refused_as_such(tmp_path: Path) -> None:
    for number, affine in enumerate((axial_affine(), sagittal_affine())):
        flair_series(tmp_path / str(number), affine=affine, part=str(number))
    found = scan(tmp_path)
    assert found.only_left_out.reason is Reason.MIXED_ORIENTATION
    assert "axial and sagittal" in found.only_left_out.sentence


def test_discs_scanned_at_their_own_angles_are_one_axial_series(tmp_path: Path) -> None:
    for number, degrees in enumerate((0, 8, 20)):
        affine = oblique(axial_affine((14.0, 16.0, 4.0), centre=(0, 0, 40.0 * number)), degrees=degrees)
        lumbar_axial(tmp_path / str(number), affine=affine, slices=4, part=str(number))
    only = scan(tmp_path).only_series
    assert (only.recognition.kind, only.slices, only.plane) == (Kind.SPINE_AXIAL, 12, Plane.AXIAL)
    assert only.spacing_mm == pytest.approx((14.0, 16.0, 4.0))


def test_a_series_with_more_directions_than_any_stack_is_bounded(tmp_path: Path) -> None:
    with Archives(Limits()) as archives:
        header = read_header(Source(flair_series(tmp_path)[0]), Limits(), archives).found
    assert isinstance(header, DicomHeader)
    layout = Layout(header)
    for degrees in range(0, 180, 2):
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        layout.add(replace(header, places=(Place((1.0, 0.0, 0.0), (0.0, float(c), float(s)), (0.0, 0.0, 0.0)),)))
    assert (layout.images, layout.stack(1).directions) == (90, 64)


def test_two_echoes_in_one_series_are_asked_about(tmp_path: Path) -> None:
    for number, echo in enumerate((90.0, 120.0)):
        paths = lumbar_sagittal(tmp_path / str(number), part=str(number))
        for path in paths:
            change_tags(path, EchoTime=echo)
    only = scan(tmp_path).only_series
    assert only.recognition.certainty is ASK
    assert "2 images of each place" in only.recognition.why


def test_two_time_points_of_each_slice_are_asked_about(tmp_path: Path) -> None:
    for part in ("1", "2"):
        lumbar_sagittal(tmp_path / part, part=part)
    only = scan(tmp_path).only_series
    assert (len(only.sources), only.recognition.certainty) == (10, ASK)
    assert "2 images of each place" in only.recognition.why


def test_images_cut_anew_are_not_asked_about_where_the_scan_itself_is_read(tmp_path: Path) -> None:
    flair_series(tmp_path / "scan")
    recut = {"number": 9, "tags": (("ImageType", ("DERIVED", "SECONDARY", "MPR")),)}
    flair_series(tmp_path / "recut", **recut)
    found = scan(tmp_path)
    assert found.only_series.facts.number == 4
    assert (found.only_left_out.reason, found.only_left_out.files) == (Reason.DERIVED, 5)
    alone = scan(tmp_path / "recut").only_series.recognition
    assert (alone.kind, alone.certainty) == (Kind.BRAIN_FLAIR, ASK)


def test_the_operators_word_answers_what_is_asked_and_leaves_the_rest(tmp_path: Path) -> None:
    flair_series(tmp_path / "sure")
    brain_series(tmp_path / "surely not", Protocol.BRAIN_DWI)
    lumbar_sagittal(tmp_path / "asked", vendor=Vendor.HITACHI)
    found = scan(tmp_path, told=Kind.SPINE_SAGITTAL)
    assert [(s.recognition.kind, s.recognition.certainty) for s in found.series] == [
        (Kind.BRAIN_FLAIR, SURE),
        (Kind.SPINE_SAGITTAL, TOLD),
    ]
    assert found.reasons == [Reason.NOT_KNOWN]


def test_the_operators_word_overrules_what_was_sure_of_a_series_on_its_own(tmp_path: Path) -> None:
    paths = brain_series(tmp_path, Protocol.BRAIN_DWI)
    assert scan(tmp_path, told=Kind.BRAIN_FLAIR).only_series.recognition.certainty is TOLD
    assert scan(paths[0], told=Kind.BRAIN_FLAIR).only_series.recognition.certainty is TOLD
    refused = scan(tmp_path, told=Kind.SPINE_SAGITTAL).only_left_out
    assert "cannot be read as spine-sagittal" in refused.sentence


def test_the_operators_word_does_not_turn_a_scout_into_a_scan(tmp_path: Path) -> None:
    localizer(tmp_path)
    assert scan(tmp_path, told=Kind.BRAIN_FLAIR).only_left_out.reason is Reason.LOCALIZER
