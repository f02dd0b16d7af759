"""Findings as nobody wants them: far too many, far too long, or of nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from brain_findings import brain_study
from findings_builders import refused_study
from spine_findings import spine_study

from appliance.findings.brain import Population
from appliance.findings.study import Outcome, PictureRole

if TYPE_CHECKING:
    from appliance.findings.study import Findings

LONGEST_ID = "9" * 300
"""Far longer than DICOM allows."""


def many_lesions() -> Findings:
    """A head with 300 lesions."""
    study = brain_study()
    brain = study.brain[0]
    lesions = tuple(replace(brain.lesions[n % len(brain.lesions)], number=n + 1) for n in range(300))
    return replace(study, brain=(replace(brain, lesions=lesions, totals=replace(brain.totals, count=300)),))


def nothing_known() -> Findings:
    study = brain_study()
    nobody = replace(study.patient, name=None, patient_id=None, age_years=None, birth_date=None, sex=None)
    return replace(study, patient=nobody)


def hostile_name() -> Findings:
    study = brain_study()
    name = "M\x1b[31mÜLLER\u202e^" + "Wolfeschlegelsteinhausenbergerdorff" * 4 + "\x00\n\u0007"
    return replace(study, patient=replace(study.patient, name=name, patient_id=LONGEST_ID))


def nothing_found() -> Findings:
    study = brain_study()
    brain = study.brain[0]
    totals = replace(brain.totals, count=0, volume_ml=0.0, share_of_brain=0.0, by_region=())
    return replace(study, brain=(replace(brain, lesions=(), candidates=(), totals=totals, change=None, anomaly=None),))


def little_to_say() -> Findings:
    """A head of which most is not known: no share, no reference, an earlier study that could not be compared."""
    study = brain_study()
    brain = study.brain[0]
    assert brain.change is not None
    change = replace(brain.change, compared=False, lesions=(), before_ml=None, notes=("It does not fit on this one.",))
    nobody = Population((), ("The patient's age is not known.",), None)
    brain = replace(brain, totals=replace(brain.totals, share_of_brain=None), candidates=(), ventricle_share=None,
                    population=nobody, change=change, anomaly=None)  # fmt: skip
    series = replace(study.series[0], grid=None, quality=None, manufacturer=None, model=None, field_strength_t=None)
    pictures = tuple(each for each in study.pictures if each.role is PictureRole.KEY_SLICE)
    return replace(study, brain=(brain,), series=(series,), pictures=pictures, timings=(), outputs=())


def head_and_back() -> Findings:
    """A head and a back in one study, seen in several series."""
    spine = spine_study()
    return replace(brain_study(), spine_axial=spine.spine_axial * 2, spine_sagittal=spine.spine_sagittal,
                   disagreements=spine.disagreements, pictures=(*brain_study().pictures, *spine.pictures),
                   series=(*brain_study().series, *spine.series))  # fmt: skip


def failed_for_many_reasons() -> Findings:
    study = refused_study()
    long = replace(study.problems[0], sentence="Something happened to “" + "a/" * 90 + "”. " * 3)
    return replace(study, outcome=Outcome.FAILED, problems=(long, *study.problems * 12))
