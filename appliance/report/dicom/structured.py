"""Findings → a structured report after TID 1500: each measurement with its unit and the place it was made at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from highdicom.sr import (
    Comprehensive3DSR,
    DeviceObserverIdentifyingAttributes,
    FindingSite,
    GraphicTypeValues3D,
    ImageRegion3D,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    PlanarROIMeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    TrackingIdentifier,
)  # fmt: skip
from pydicom.sr.codedict import codes

from appliance.report.dicom import codes as own
from appliance.report.dicom.source import FIRST_SERIES, MAKER, PRODUCT, SERIAL, Scan, finish, uid_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydicom.dataset import Dataset
    from pydicom.sr.coding import Code

    from appliance.findings.brain import BrainFindings, LesionFound
    from appliance.findings.spine import AxialFindings, GradeOf, Place, SagittalFindings, SagittalLevel
    from appliance.report.dossier import Dossier

    Group = MeasurementsAndQualitativeEvaluations | PlanarROIMeasurementsAndQualitativeEvaluations


def structured_report_of(dossier: Dossier, scans: Sequence[Scan], number: int) -> Dataset | None:
    """Make the report of all scans of a study; ``None`` if nothing was measured."""
    groups = [group for scan in scans for group in _groups(dossier, scan)]
    if not groups:
        return None
    device = DeviceObserverIdentifyingAttributes(
        uid=uid_for(dossier, "device"), name=PRODUCT, manufacturer_name=MAKER, model_name=PRODUCT, serial_number=SERIAL
    )
    context = ObservationContext(ObserverContext(codes.DCM.Device, device))
    reported = own.MRI_BRAIN if dossier.findings.brain else own.MRI_LUMBAR
    content = MeasurementReport(
        observation_context=context,
        procedure_reported=reported,
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
    )
    made = Comprehensive3DSR(
        evidence=[header for scan in scans for header in scan.headers],
        content=content,
        series_instance_uid=uid_for(dossier, "SR", "series"),
        series_number=FIRST_SERIES + number,
        sop_instance_uid=uid_for(dossier, "SR"),
        instance_number=1,
        manufacturer=MAKER,
        is_complete=True,
        is_verified=False,
    )
    return finish(made, dossier, "Outpost: measurements (automatic, not a diagnosis)")


def _groups(dossier: Dossier, scan: Scan) -> Iterator[Group]:
    findings, series = dossier.findings, scan.series.id
    for brain in findings.brain:
        if brain.series == series:
            yield _load(dossier, brain)
            yield from (_lesion(dossier, scan, lesion) for lesion in brain.lesions)
    for sagittal in findings.spine_sagittal:
        if sagittal.series == series:
            yield from _sagittal(dossier, scan, sagittal)
    for axial in findings.spine_axial:
        if axial.series == series:
            yield from _axial(dossier, scan, axial)


def _load(dossier: Dossier, brain: BrainFindings) -> Group:
    totals = brain.totals
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracked(dossier, "all lesions", brain.series),
        finding_type=own.LESION,
        finding_sites=[FindingSite(own.BRAIN)],
        measurements=load_measurements(totals.count, totals.volume_ml, totals.share_of_brain),
        qualitative_evaluations=[load_grade(brain.severity)],
    )


def load_measurements(count: int, volume_ml: float, share_of_brain: float | None) -> list[Measurement]:
    """Measure the lesions together."""
    measurements = [
        Measurement(own.COUNT, float(count), own.ONE),
        Measurement(own.VOLUME, round(volume_ml, 3), own.MILLILITRE),
    ]
    if share_of_brain is not None:
        measurements.append(Measurement(own.SHARE, round(100 * share_of_brain, 3), own.PERCENT))
    return measurements


def load_grade(severity: str) -> QualitativeEvaluation:
    """Grade the lesions together."""
    return QualitativeEvaluation(own.SEVERITY, own.own(f"load-{severity}", f"{severity} load"))


def _lesion(dossier: Dossier, scan: Scan, lesion: LesionFound) -> Group:
    site = own.REGIONS[lesion.region] if lesion.region else own.BRAIN
    measurements = [Measurement(own.VOLUME, round(lesion.volume_ml, 4), own.MILLILITRE)]
    if lesion.mean_probability is not None:
        measurements.append(Measurement(own.PROBABILITY, round(lesion.mean_probability, 3), own.ONE))
    name = _tracked(dossier, f"lesion {lesion.number}", scan.series.id)
    return _placed(scan, name, lesion.spot.centre_mm, own.LESION, site, measurements, [])


def _sagittal(dossier: Dossier, scan: Scan, sagittal: SagittalFindings) -> Iterator[Group]:
    for level in sagittal.levels:
        measurements = _widths(level)
        evaluations = [_graded(grade) for grade in level.grades]
        if level.measured_grade is not None:
            evaluations.append(evaluated("canal", str(level.measured_grade)))
        if level.millimetre_grade is not None:
            by_millimetres = own.own(level.millimetre_grade, level.millimetre_grade)
            evaluations.append(QualitativeEvaluation(own.CANAL_BY_MM, by_millimetres))
        if measurements or evaluations:
            name = _tracked(dossier, f"{level.level} from the side", scan.series.id)
            yield _at(scan, name, level.disc, level.level, own.DISC, measurements, evaluations)


def _widths(level: SagittalLevel) -> list[Measurement]:
    measurements = []
    if level.at_disc is not None and level.at_disc.mm is not None:
        measurements.append(Measurement(own.WIDTH, round(level.at_disc.mm, 2), own.MILLIMETRE))
    if level.ratio is not None:
        measurements.append(Measurement(own.RATIO, round(level.ratio, 3), own.ONE))
    return measurements


def _axial(dossier: Dossier, scan: Scan, axial: AxialFindings) -> Iterator[Group]:
    for level in axial.levels:
        name = _tracked(dossier, f"{level.level} from above", scan.series.id)
        yield _at(scan, name, level.place, level.level, own.CANAL, [], [_graded(grade) for grade in level.grades])


def _at(
    scan: Scan, name: TrackingIdentifier, place: Place, level: str, kind: Code, measurements: list[Measurement],
    evaluations: list[QualitativeEvaluation],
) -> Group:  # fmt: skip
    return _placed(scan, name, place.centre_mm, kind, own.own(level, f"Level {level}"), measurements, evaluations)


def _placed(
    scan: Scan,
    name: TrackingIdentifier,
    centre_mm: tuple[float, float, float],
    kind: Code,
    site: Code,
    measurements: list[Measurement],
    evaluations: list[QualitativeEvaluation],
) -> Group:
    """Put measurements where they were made; a scan without a frame of reference has no such place."""
    frame = scan.frame_of_reference
    if frame is None:
        return MeasurementsAndQualitativeEvaluations(
            tracking_identifier=name,
            finding_type=kind,
            finding_sites=[FindingSite(site)],
            measurements=measurements,
            qualitative_evaluations=evaluations,
        )
    x, y, z = centre_mm
    return PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=name,
        referenced_region=ImageRegion3D(GraphicTypeValues3D.POINT, np.array([[-x, -y, z]]), frame),
        finding_type=kind,
        finding_sites=[FindingSite(site)],
        measurements=measurements,
        qualitative_evaluations=evaluations,
    )


def _graded(grade: GradeOf) -> QualitativeEvaluation:
    return evaluated(grade.structure, grade.grade)


def evaluated(structure: str, grade: str) -> QualitativeEvaluation:
    """Grade one structure."""
    return QualitativeEvaluation(own.own(structure, f"Grade of {structure.replace('_', ' ')}"), own.own(grade, grade))


def _tracked(dossier: Dossier, what: str, series: str) -> TrackingIdentifier:
    return TrackingIdentifier(uid_for(dossier, "tracked", series, what), what)
