"""Findings of a brain as a clinic would get them, built by hand."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from findings_parts import SETTINGS, a_picture, a_study, flair_read, model_used

from appliance.findings.brain import (
    Anomaly,
    AnomalyRegion,
    BrainFindings,
    CandidateFound,
    ChangeSince,
    EarlierStudy,
    LesionFound,
    LesionTotals,
    Population,
    RegionTotal,
    Spot,
    StandingAmong,
)
from appliance.findings.study import (
    Findings,
    Outcome,
    OutputFile,
    OutputRole,
    PictureRole,
)
from appliance.measure.change import ChangedLesion, Fate, rule_in_words
from appliance.measure.regions import Region
from appliance.measure.regions import rule_in_words as regions_in_words
from appliance.measure.severity import Severity, severity_in_words
from appliance.population import Group, Measure


def brain_study() -> Findings:
    """A woman of 36 with eleven lesions, seen a second time, with one region nobody explained."""
    brain = BrainFindings(
        series="1",
        lesions=tuple(_lesion(*row) for row in LESIONS),
        candidates=(CandidateFound(1, 0.031, _spot((14.0, -61.5, 12.0), 9), 0.31, 0.46),),
        totals=_totals(),
        brain_ml=1342.6,
        ventricle_ml=28.4,
        ventricle_share=28.4 / 1342.6,
        severity=Severity.MODERATE,
        severity_rule=severity_in_words(SETTINGS.lesions),
        region_rule=regions_in_words(SETTINGS.lesions),
        population=_population(),
        change=_change(),
        anomaly=Anomaly(
            regions=(AnomalyRegion(1, 1.24, _spot((38.2, 21.0, -8.4), 6), 0.93, 0.71),),
            threshold=0.55,
            explained_ml=6.9,
            unexplained_ml=1.24,
            rule=(
                "Brighter than expected for its place, from 0.55 of the map on; at least 0.25 ml in one "
                "piece, 0.4 on average, and more than 3 mm from every lesion. The expectation was learnt "
                "from lesion-free slices of people with MS, not from healthy people."
            ),
            notes=(),
        ),
        notes=("0.04 ml of the lesions lie outside the brain as it was outlined: look at them.",),
    )
    pictures = (
        a_picture(
            "brain-slice-11-marked.png",
            PictureRole.PLAIN_AND_MARKED,
            "Slice 11 of 20: as it is, and with what was found outlined (lesions 1, 2).",
            "1",
            11,
        ),
        a_picture(
            "brain-slice-13-marked.png",
            PictureRole.PLAIN_AND_MARKED,
            "Slice 13 of 20: as it is, and with what was found outlined (lesions 5).",
            "1",
            13,
        ),
        a_picture(
            "brain-slice-09.png",
            PictureRole.KEY_SLICE,
            "Slice 9 of 20: as it is, and with what was found outlined (lesions 4, 7).",
            "1",
            9,
        ),
        a_picture(
            "brain-relevance.png",
            PictureRole.RELEVANCE,
            "Slice 11 of 20: what the model looked at to call lesion 1 a lesion.",
            "1",
            11,
        ),
        a_picture(
            "brain-anomaly-1.png",
            PictureRole.ANOMALY,
            "Slice 6 of 20: brighter than expected for its place; no lesion explains it, so look at it.",
            "1",
            6,
        ),
        a_picture(
            "brain-change-1.png",
            PictureRole.CHANGE,
            "Slice 13 of 20: the earlier study laid over this one, and this one.",
            "1",
            13,
        ),
    )
    return replace(
        a_study("brain-2f61c0", Outcome.READ),
        series=(flair_read(),),
        brain=(brain,),
        models=(model_used("brain-lesions", "lesions"), model_used("brain-anomaly", "anomaly")),
        pictures=pictures,
        outputs=tuple(
            OutputFile(f"{role}.nii.gz", role, "1", 41_233, hashlib.sha256(role.encode()).hexdigest())
            for role in (
                OutputRole.LESIONS,
                OutputRole.VENTRICLES,
                OutputRole.BRAIN,
                OutputRole.ANOMALY,
                OutputRole.FOLLOW_UP,
            )
        ),
    )


LESIONS = (
    (3.214, Region.PERIVENTRICULAR, 0.0, 14.2, (21.4, -18.2, 14.9), 11, 0.93),
    (1.902, Region.PERIVENTRICULAR, 0.9, 12.8, (-22.8, -24.5, 15.3), 11, 0.91),
    (0.871, Region.PARAVENTRICULAR, 5.4, 7.1, (28.1, 6.0, 28.7), 13, 0.84),
    (0.402, Region.JUXTACORTICAL, 14.0, 1.8, (-41.0, 22.5, 2.2), 9, 0.82),
    (0.311, Region.PERIVENTRICULAR, 1.8, 14.2, (17.0, 29.7, 12.3), 11, 0.88),
    (0.266, Region.PARAVENTRICULAR, 4.5, 9.0, (-26.3, 11.8, 29.4), 13, 0.75),
    (0.195, Region.JUXTACORTICAL, 14.0, 0.9, (44.2, -35.1, 3.0), 9, 0.73),
    (0.120, Region.PARAVENTRICULAR, 6.3, 6.3, (30.9, -40.2, 21.6), 12, 0.69),
    (0.088, Region.PARAVENTRICULAR, 7.2, 5.4, (-31.2, -41.8, 22.4), 12, 0.66),
    (0.051, Region.JUXTACORTICAL, 12.6, 2.7, (38.5, 17.9, 35.5), 14, 0.58),
    (0.026, None, None, 4.5, (-12.2, 48.1, 8.0), 10, 0.53),
)
"""Volume, region, gaps to ventricle and surface, centre, slice, probability."""


def _lesion(
    volume: float,
    region: Region | None,
    ventricle: float | None,
    surface: float,
    centre: tuple[float, float, float],
    slice_number: int,
    probability: float,
) -> LesionFound:
    number = 1 + [row[0] for row in LESIONS].index(volume)
    sure = probability >= SETTINGS.lesions.sure_from
    return LesionFound(number, volume, region, ventricle, surface, _spot(centre, slice_number), probability, sure)


def _totals() -> LesionTotals:
    volume = sum(row[0] for row in LESIONS)
    by_region = tuple(
        RegionTotal(region, len(volumes), sum(volumes))
        for region in Region
        for volumes in [[row[0] for row in LESIONS if row[1] is region]]
    )
    return LesionTotals(len(LESIONS), volume, volume / 1342.6, by_region, too_small_ml=0.012)


def _population() -> Population:
    source = "Reference: a table of statistics of 1,380 people."
    standings = tuple(
        StandingAmong(
            measure, group, low, middle, high, people, "F", 30, 40, median,
            f"{name}, 1.26 % of the brain: more than about {middle:.0f} of 100 women aged 30–39 {of_whom} "
            f"({low:.0f} to {high:.0f}; {people} people).",
        )
        for measure, group, low, middle, high, people, median, name, of_whom in (
            (Measure.LESIONS, Group.MS, 53.2, 80.3, 85.2, 100, 0.0018, "Lesion load", "with MS"),
            (Measure.VENTRICLES, Group.MS, 37.4, 73.2, 100.0, 100, 0.0170, "Ventricles", "with MS"),
            (Measure.LESIONS, Group.HEALTHY, 100.0, 100.0, 100.0, 264, 0.0001, "Lesion load", "without MS"),
            (Measure.VENTRICLES, Group.HEALTHY, 91.5, 100.0, 100.0, 264, 0.0117, "Ventricles", "without MS"),
        )
    )  # fmt: skip
    return Population(
        standings,
        ("The reference counted pixels on slices, this program measures volumes: comparable, not identical.",),
        source,
    )


def _change() -> ChangeSince:
    earlier = EarlierStudy("brain-0c11d4", "1.2.826.0.1.3680043.9.7433.1", datetime(2025, 3, 4, 10, 12), 412.0)  # noqa: DTZ001 - DICOM seldom says the zone
    fates = (
        ChangedLesion(Fate.NEW, (3,), (), 0.871, 0.0, (28.1, 6.0, 28.7), unsure_before=True),
        ChangedLesion(Fate.NEW, (8,), (), 0.120, 0.0, (30.9, -40.2, 21.6), unsure_before=False),
        ChangedLesion(Fate.ENLARGING, (2,), (2,), 1.902, 1.310, (-22.8, -24.5, 15.3), unsure_before=False),
        ChangedLesion(Fate.SHRINKING, (5,), (3, 5), 0.311, 0.702, (17.0, 29.7, 12.3), unsure_before=False),
        ChangedLesion(Fate.RESOLVED, (), (7,), 0.0, 0.143, (-35.0, -10.4, 31.8), unsure_before=False),
        ChangedLesion(Fate.STABLE, (1,), (1,), 3.214, 3.101, (21.4, -18.2, 14.9), unsure_before=False),
    )
    volume = sum(row[0] for row in LESIONS)
    return ChangeSince(
        earlier, fates, compared=True, now_ml=volume, before_ml=6.02, correlation=0.94,
        rule=rule_in_words(SETTINGS.change), notes=(),
    )  # fmt: skip


def _spot(centre: tuple[float, float, float], slice_number: int) -> Spot:
    i, j, k = round(127.5 - centre[0]), round(127.5 - centre[1]), slice_number - 1
    return Spot(centre, (float(i), float(j), float(k)), slice_number, (i - 4, j - 6, k), (i + 4, j + 6, k))
