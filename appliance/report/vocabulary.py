"""The stable words of ``findings.json`` in words that a doctor reads.

A word that is not listed is shown as it is, without underscores: a newer model may grade more than this knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.contracts import Kind
from appliance.findings.study import OutputRole, Verdict
from appliance.measure.change import Fate
from appliance.measure.regions import Region
from appliance.measure.severity import Severity
from appliance.measure_spine import MeasuredGrade, MillimetreGrade
from appliance.population import Group, Measure
from appliance.report.marks import N_

if TYPE_CHECKING:
    from appliance.words import Speech

_WORDS: dict[str, str] = {
    Kind.BRAIN_FLAIR: N_("Brain, FLAIR"),
    Kind.SPINE_AXIAL: N_("Lumbar spine, axial"),
    Kind.SPINE_SAGITTAL: N_("Lumbar spine, sagittal"),
    Region.PERIVENTRICULAR: N_("Periventricular (PEWMH)"),
    Region.PARAVENTRICULAR: N_("Paraventricular, deep (PAWMH)"),
    Region.JUXTACORTICAL: N_("Juxtacortical (JCWMH)"),
    Severity.NONE: N_("None"),
    Severity.MILD: N_("Mild"),
    Severity.MODERATE: N_("Moderate"),
    Severity.SEVERE: N_("Severe"),
    "No": N_("No narrowing"),
    "Serious": N_("Serious"),
    MeasuredGrade.NORMAL_OR_MILD: N_("normal or mild"),
    MeasuredGrade.MODERATE: N_("moderate"),
    MeasuredGrade.SEVERE: N_("severe"),
    MillimetreGrade.NONE: N_("no stenosis"),
    MillimetreGrade.RELATIVE: N_("relative stenosis"),
    MillimetreGrade.ABSOLUTE: N_("absolute stenosis"),
    "canal": N_("Spinal canal"),
    "left_foramen": N_("Left foramen"),
    "right_foramen": N_("Right foramen"),
    "left_subarticular": N_("Left lateral recess"),
    "right_subarticular": N_("Right lateral recess"),
    "pfirrmann": N_("Disc degeneration (Pfirrmann)"),
    "narrowing": N_("Disc narrowing"),
    "bulging": N_("Disc bulging"),
    "herniation": N_("Disc herniation"),
    "spondylolisthesis": N_("Spondylolisthesis"),
    "upper_endplate": N_("Upper endplate changes"),
    "lower_endplate": N_("Lower endplate changes"),
    "modic": N_("Modic changes"),
    "severity": N_("Severity"),
    "yes": N_("yes"),
    "no": N_("no"),
    Fate.NEW: N_("new"),
    Fate.ENLARGING: N_("larger"),
    Fate.SHRINKING: N_("smaller"),
    Fate.RESOLVED: N_("gone"),
    Fate.STABLE: N_("unchanged"),
    Fate.NOT_COVERED: N_("not covered by both studies"),
    Group.MS: N_("with MS"),
    Group.HEALTHY: N_("without MS"),
    Measure.LESIONS: N_("Lesion load"),
    Measure.VENTRICLES: N_("Ventricles"),
    Verdict.GOOD: N_("Good"),
    Verdict.WARNING: N_("Readable, with less trust"),
    Verdict.REFUSED: N_("Not good enough to read"),
    OutputRole.LESIONS: N_("Lesions"),
    OutputRole.BRAIN: N_("Brain"),
    "F": N_("Female"),
    "M": N_("Male"),
    "O": N_("Other"),
    "any": N_("women and men"),
    "women": N_("women"),
    "men": N_("men"),
}
_SEVERE = frozenset({"Serious", "Severe", "severe", MillimetreGrade.ABSOLUTE})
_HARMLESS = frozenset({"No", "None", "no", "none", "normal", "Normal", MeasuredGrade.NORMAL_OR_MILD, "0"})


def word(words: Speech, stable: str) -> str:
    """Give a stable word in the report's language."""
    known = _WORDS.get(stable)
    return words.say(known) if known else stable.replace("_", " ")


def is_severe(grade: str) -> bool:
    """Say whether a grade is among the worst."""
    return grade in _SEVERE


def is_remarkable(structure: str, grade: str) -> bool:
    """Say whether a doctor would want to know a grade on the first page."""
    if structure == "pfirrmann":
        return grade in {"4", "5"}
    return grade not in _HARMLESS


def person(name: str | None) -> str | None:
    """Write a DICOM name as people do: the name in its own script first, then the Latin one."""
    if not name:
        return None
    groups = [" ".join(part for part in group.split("^") if part.strip()).strip() for group in name.split("=")]
    latin, *others = groups
    own = others[0] if others else ""
    written = f"{own} ({latin})" if own and latin and own != latin else own or latin
    return written or None
