"""From what was measured in a FLAIR to what ``findings.json`` says of it. Computes nothing but shares of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from appliance.findings.brain import (
    Anomaly,
    AnomalyRegion,
    BrainFindings,
    CandidateFound,
    ChangeSince,
    LesionFound,
    LesionTotals,
    Population,
    RegionTotal,
    Spot,
    StandingAmong,
)
from appliance.measure import anomalies, change
from appliance.measure.regions import rule_in_words as regions_in_words
from appliance.measure.severity import severity_in_words
from appliance.population import Placement, shipped_reference

if TYPE_CHECKING:
    from appliance.contracts import Volume
    from appliance.measure.grid import Mask, Place
    from appliance.population import NotPlaced, Reference, Standing
    from appliance.readers.anomaly import AnomalyReading
    from appliance.readers.brain import Compared
    from appliance.readers.lesions import LesionReading
    from appliance.settings import Settings


def brain_findings(
    series: str,
    reading: LesionReading,
    anomaly: AnomalyReading | None,
    compared: Compared | None,
    standing: Placement | NotPlaced,
    settings: Settings,
) -> BrainFindings:
    """Put everything that was measured into the record."""
    found = reading.found
    return BrainFindings(
        series=series,
        lesions=_lesions(reading),
        candidates=_candidates(reading),
        totals=LesionTotals(
            count=len(found.lesions),
            volume_ml=found.volume_ml,
            share_of_brain=found.share_of_brain,
            by_region=tuple(RegionTotal(load.region, load.count, load.volume_ml) for load in found.by_region),
            too_small_ml=found.too_small_ml,
        ),
        brain_ml=found.brain_ml,
        ventricle_ml=found.ventricle_ml,
        ventricle_share=found.ventricle_share,
        severity=found.severity,
        severity_rule=severity_in_words(settings.lesions),
        region_rule=regions_in_words(settings.lesions),
        population=_population(standing, shipped_reference()),
        change=None if compared is None else _change(reading, compared, settings),
        anomaly=None if anomaly is None else _anomaly(reading.volume, anomaly, settings),
        notes=found.notes,
    )


def slice_axis(volume: Volume) -> int:
    """Say along which axis slices are counted: the last for a DICOM stack, else the one with the largest steps."""
    if len(volume.origins) == volume.geometry.shape[2]:
        return 2
    spacing = np.round(volume.geometry.spacing_mm, 3)
    return 2 - int(np.argmax(spacing[::-1]))


def _lesions(reading: LesionReading) -> tuple[LesionFound, ...]:
    labels = reading.found.labels
    return tuple(
        LesionFound(
            number=lesion.number,
            volume_ml=lesion.volume_ml,
            region=lesion.region,
            to_ventricle_mm=lesion.to_ventricle_mm,
            to_surface_mm=lesion.to_surface_mm,
            spot=_spot(reading.volume, lesion.place, labels[_box(lesion.place)] == lesion.number),
            mean_probability=lesion.confidence,
            sure=lesion.sure,
        )
        for lesion in reading.found.lesions
    )


def _candidates(reading: LesionReading) -> tuple[CandidateFound, ...]:
    return tuple(
        CandidateFound(
            number=number,
            volume_ml=candidate.volume_ml,
            spot=_spot(reading.volume, candidate.place),
            mean_probability=candidate.mean_probability,
            highest_probability=candidate.highest_probability,
        )
        for number, candidate in enumerate(reading.found.candidates, start=1)
    )


def _anomaly(volume: Volume, reading: AnomalyReading, settings: Settings) -> Anomaly:
    found = reading.found
    return Anomaly(
        regions=tuple(
            AnomalyRegion(number, region.volume_ml, _spot(volume, region.place), region.highest, region.mean)
            for number, region in enumerate(found.regions, start=1)
        ),
        threshold=reading.threshold,
        explained_ml=found.explained_ml,
        unexplained_ml=found.unexplained_ml,
        rule=anomalies.rule_in_words(reading.threshold, settings.anomaly),
        notes=(),
    )


def _change(reading: LesionReading, compared: Compared, settings: Settings) -> ChangeSince:
    told, earlier = compared.change, compared.earlier
    notes = (getattr(compared.alignment, "sentence", ""),) if told is None else told.notes
    return ChangeSince(
        earlier=earlier.record,
        lesions=() if told is None else told.lesions,
        compared=told is not None,
        now_ml=reading.found.volume_ml,
        before_ml=earlier.lesions.volume_ml,
        correlation=None if told is None else told.correlation,
        rule=change.rule_in_words(settings.change),
        notes=notes,
    )


def _population(standing: Placement | NotPlaced, reference: Reference) -> Population:
    if not isinstance(standing, Placement):
        return Population((), (standing.sentence,), None)
    among = tuple(_among(one, reference) for one in standing.standings)
    return Population(among, standing.notes, standing.source)


def _among(standing: Standing, reference: Reference) -> StandingAmong:
    cell = standing.cell
    scale = reference.scales[standing.measure, standing.group].middle
    median = float(np.interp(50, reference.percents, cell.quantiles[standing.measure]))
    return StandingAmong(
        measure=standing.measure,
        group=standing.group,
        low=standing.low,
        middle=standing.middle,
        high=standing.high,
        people=cell.people,
        sex=cell.sex,
        from_age=cell.from_age,
        below_age=cell.below_age,
        median=median * scale,
        sentence=standing.sentence,
    )


def _spot(volume: Volume, place: Place, inside: Mask | None = None) -> Spot:
    """Say where something is; without its voxels the slice is that of its middle."""
    axis = slice_axis(volume)
    if inside is None:
        number = round(place.centre_index[axis]) + 1
    else:
        others = tuple(other for other in range(inside.ndim) if other != axis)
        number = place.first[axis] + int(np.count_nonzero(inside, axis=others).argmax()) + 1
    return Spot(place.centre_mm, place.centre_index, number, place.first, place.last)


def _box(place: Place) -> tuple[slice, ...]:
    return tuple(slice(first, last + 1) for first, last in zip(place.first, place.last, strict=True))
