"""From what the files say to what ``findings.json`` says of them: patient, examination, series, grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.findings.study import Examination, Grid, Patient, SeriesRead

if TYPE_CHECKING:
    from appliance.contracts import Geometry, Kind, PatientFacts, Plane, Series, StudyFacts, Volume
    from appliance.findings.study import Quality


def patient_of(facts: PatientFacts) -> Patient:
    """Say who was scanned."""
    return Patient(facts.name, facts.patient_id, facts.birth_date, facts.age_years, facts.sex)


def examination_of(facts: StudyFacts) -> Examination:
    """Say which examination this is."""
    return Examination(facts.uid, facts.when, facts.description, facts.accession, facts.institution)


def grid_of(geometry: Geometry, plane: Plane | None) -> Grid:
    """Say where voxels lie."""
    rows = tuple(tuple(float(value) for value in row) for row in geometry.affine)
    return Grid(geometry.shape, geometry.spacing_mm, rows, plane)


def series_of(
    identity: str, series: Series, kind: Kind, volume: Volume | None, quality: Quality | None, first_file: str
) -> SeriesRead:
    """Describe one series, or one volume of it; ``volume`` is ``None`` where it could not be decoded."""
    facts = series.facts
    return SeriesRead(
        id=identity,
        kind=kind,
        certainty=series.recognition.certainty,
        why=series.recognition.why,
        weighting=series.recognition.weighting,
        uid=facts.uid,
        number=facts.number,
        description=facts.description,
        part="" if volume is None else volume.part,
        file_format=series.file_format,
        first_file=first_file,
        files=len(series.sources),
        manufacturer=facts.manufacturer,
        model=facts.model,
        field_strength_t=facts.field_strength_t,
        contrast_agent=facts.contrast_agent,
        grid=None if volume is None else grid_of(volume.geometry, series.plane),
        quality=quality,
        warnings=() if volume is None else volume.warnings,
    )
