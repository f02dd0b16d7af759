"""The tags that every image of one series shares: people, visit, sequence, vendor's habits.

Identifiers come from the specification alone, so that the same one writes the same file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydicom.dataset import Dataset
from pydicom.uid import (
    PYDICOM_ROOT_UID,
    UID,
    CTImageStorage,
    EnhancedMRImageStorage,
    MRImageStorage,
    generate_uid,
)

from appliance.sample.protocols import FACTS
from appliance.sample.scan_spec import Layout, Protocol, Vendor
from appliance.sample.vendors import HABITS, STRIPPED_BY_ANONYMISER, add_private_tags

if TYPE_CHECKING:
    from appliance.sample.scan_spec import PatientSpec, SeriesSpec, StudySpec, TagValue, Timing
    from appliance.sample.vendors import Habits


def study_uid(study: StudySpec) -> UID:
    """Identify a visit."""
    return _uid("study", study.seed)


def series_uid(spec: SeriesSpec) -> UID:
    """Identify a series; parts of one series share it."""
    return _uid("series", spec.study.seed, str(spec.number))


def frame_of_reference_uid(spec: SeriesSpec) -> UID:
    """One for all series of a visit: the patient does not leave the table."""
    return _uid("frame of reference", spec.study.seed)


def instance_uid(spec: SeriesSpec, instance: int) -> UID:
    """Identify one file."""
    return _uid("instance", spec.study.seed, str(spec.number), spec.part, str(instance))


def sop_class(spec: SeriesSpec) -> UID:
    """Name the kind of object that a file of this series is."""
    if FACTS[spec.protocol].modality == "CT":
        return CTImageStorage
    return EnhancedMRImageStorage if spec.layout is Layout.ENHANCED else MRImageStorage


def series_header(spec: SeriesSpec) -> Dataset:
    """All that is the same in every file of a series."""
    habits = HABITS[spec.vendor]
    header = Dataset()
    if spec.patient.charset:
        header.SpecificCharacterSet = _multi(spec.patient.charset)
    header.SOPClassUID = sop_class(spec)
    _add_patient(header, spec.patient)
    _add_study(header, spec.study)
    _add_series(header, spec, habits)
    return header


def finish(image: Dataset, spec: SeriesSpec) -> None:
    """Lay the vendor's private tags, the anonymiser and the specification's own wishes over an image."""
    if spec.private_tags:
        add_private_tags(image, HABITS[spec.vendor])
    removed = spec.without
    if spec.vendor is Vendor.ANONYMISED:
        removed += STRIPPED_BY_ANONYMISER
    for keyword in removed:
        if keyword in image:
            delattr(image, keyword)
    for keyword, value in spec.tags:
        setattr(image, keyword, _multi(value))


def image_type(spec: SeriesSpec) -> list[str]:
    """ImageType as the vendor writes it for this protocol."""
    values = list(HABITS[spec.vendor].image_type)
    inverted = "IR" in FACTS[spec.protocol].sequence
    if spec.vendor is Vendor.PHILIPS and inverted:
        values = ["ORIGINAL", "PRIMARY", "M_IR", "M", "IR"]
    if FACTS[spec.protocol].modality == "CT":
        values = ["ORIGINAL", "PRIMARY", "AXIAL"]
    return values


def timing(spec: SeriesSpec) -> Timing:
    """Give the times that the header states."""
    return spec.timing or FACTS[spec.protocol].timing


def description(spec: SeriesSpec) -> str:
    """SeriesDescription: the given one, else the vendor's words."""
    return HABITS[spec.vendor].descriptions[spec.protocol] if spec.description is None else spec.description


def _uid(*sources: str) -> UID:
    return generate_uid(prefix=PYDICOM_ROOT_UID, entropy_srcs=["outpost sample", *sources])


def _multi(value: TagValue) -> Any:  # noqa: ANN401 - pydicom takes every kind of value
    return list(value) if isinstance(value, tuple) else value


def _add_patient(header: Dataset, patient: PatientSpec) -> None:
    header.PatientName = _as_declared(patient)
    header.PatientID = patient.patient_id
    header.PatientBirthDate = patient.birth_date
    header.PatientSex = patient.sex
    if patient.age:
        header.PatientAge = patient.age


def _as_declared(patient: PatientSpec) -> str:
    # Read as Latin-1, the bytes of another codec come through unchanged: that is how such files arise.
    return patient.name.encode(patient.name_codec).decode("latin-1") if patient.name_codec else patient.name


def _add_study(header: Dataset, study: StudySpec) -> None:
    header.StudyInstanceUID = study_uid(study)
    header.StudyID = study.accession
    header.StudyDate = header.SeriesDate = header.AcquisitionDate = header.ContentDate = study.date
    header.StudyTime = header.SeriesTime = header.AcquisitionTime = header.ContentTime = study.time
    header.StudyDescription = study.description
    header.AccessionNumber = study.accession
    header.InstitutionName = study.institution
    header.ReferringPhysicianName = ""


def _add_series(header: Dataset, spec: SeriesSpec, habits: Habits) -> None:
    facts = FACTS[spec.protocol]
    header.Modality = facts.modality
    header.Manufacturer = habits.manufacturer
    header.ManufacturerModelName = habits.model
    header.StationName = habits.station
    header.DeviceSerialNumber = "25001"
    header.SoftwareVersions = "sample"
    header.SeriesInstanceUID = series_uid(spec)
    header.SeriesNumber = spec.number * habits.series_number_factor + (1 if habits.series_number_factor > 1 else 0)
    header.SeriesDescription = header.ProtocolName = description(spec)
    header.FrameOfReferenceUID = frame_of_reference_uid(spec)
    header.PositionReferenceIndicator = ""
    header.PatientPosition = "HFS"
    if habits.fills_body_part:
        header.BodyPartExamined = facts.body_part
    if facts.modality == "MR":
        _add_sequence(header, spec, habits)
    else:
        header.KVP = 120


def _add_sequence(header: Dataset, spec: SeriesSpec, habits: Habits) -> None:
    facts = FACTS[spec.protocol]
    header.MRAcquisitionType = f"{facts.dimensions}D"
    header.MagneticFieldStrength = habits.field_strength_t
    if spec.layout is Layout.CLASSIC:
        header.ScanningSequence = list(facts.sequence)
        header.SequenceVariant = list(habits.variant)
        header.ScanOptions = list(habits.scan_options)
    if spec.protocol in habits.sequence_names:
        header.SequenceName = habits.sequence_names[spec.protocol]
    if spec.protocol is Protocol.LOCALIZER and spec.vendor is Vendor.GE:
        header.ScanOptions = ["FAST_GEMS"]
