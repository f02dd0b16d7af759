"""One study as one row: what a clinic sorts and counts by. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from appliance.findings.study import Verdict
from appliance.measure.change import Fate
from appliance.measure.regions import Region
from appliance.report.canal import canals_of, worst_of
from appliance.summary.headline import axial_in_words, fates_of, headline, sagittal_in_words

if TYPE_CHECKING:
    from datetime import datetime

    from appliance.findings import BrainFindings, Findings
    from appliance.ledger import LastEntry

Cell: TypeAlias = str | int | float | None
Row: TypeAlias = dict[str, Cell]

BEFORE = ("study", "state", "folder", "study date", "patient", "patient id", "birth date", "age", "sex", "read as")
BRAIN = (
    "severity", "lesions", "lesions ml", "share of brain %", *map(str, Region), "brain ml", "ventricles ml",
    "ventricles %", *(f"{fate} lesions" for fate in Fate if fate is not Fate.STABLE), "unusual regions",
)  # fmt: skip
AFTER = (
    "worst canal",
    "worst canal seen on",
    "spine, axial",
    "spine, sagittal",
    "views disagree",
    "quality",
    "in short",
    "models",
)
COLUMNS = (*BEFORE, *BRAIN, *AFTER)


def row_of(last: LastEntry, folder: str | None, findings: Findings | None) -> Row:
    """Put one study into a row; a study without findings has only what the ledger knows."""
    row: Row = {"study": last.study.key, "state": str(last.state), "folder": folder, "in short": last.sentence}
    if last.study.studied_on is not None:
        row["study date"] = last.study.studied_on.isoformat()
    if findings is None:
        return row
    row |= _who(findings)
    if findings.brain:
        row |= _brain(findings.brain[0])
    worst = worst_of(canals_of(findings))
    if worst is not None:
        row |= {
            "worst canal": f"{worst.seen.level} {worst.seen.grade}",
            "worst canal seen on": " and ".join(worst.views),
        }
    row["spine, axial"] = "; ".join(filter(None, map(axial_in_words, findings.spine_axial))) or None
    row["spine, sagittal"] = "; ".join(filter(None, map(sagittal_in_words, findings.spine_sagittal))) or None
    row["views disagree"] = ", ".join(each.level for each in findings.disagreements) or None
    row["quality"] = _quality(findings)
    row["in short"] = last.sentence or headline(findings)
    row["models"] = ", ".join(f"{model.task} {model.version}" for model in findings.models) or None
    return row


def _who(findings: Findings) -> Row:
    patient = findings.patient
    return {
        "study date": _day(findings.examination.when),
        "patient": patient.name,
        "patient id": patient.patient_id,
        "birth date": patient.birth_date.isoformat() if patient.birth_date else None,
        "age": round(patient.age_years, 1) if patient.age_years is not None else None,
        "sex": patient.sex,
        "read as": ", ".join(dict.fromkeys(str(series.kind) for series in findings.series)) or None,
    }


def _brain(brain: BrainFindings) -> Row:
    totals = brain.totals
    row: Row = {
        "severity": str(brain.severity),
        "lesions": totals.count,
        "lesions ml": round(totals.volume_ml, 2),
        "share of brain %": _percent(totals.share_of_brain),
        "brain ml": round(brain.brain_ml, 1),
        "ventricles ml": round(brain.ventricle_ml, 1),
        "ventricles %": _percent(brain.ventricle_share),
        "unusual regions": len(brain.anomaly.regions) if brain.anomaly else None,
    }
    row |= {str(region.region): region.count for region in totals.by_region}
    if brain.change is not None and brain.change.compared:
        fates = fates_of(brain)
        row |= {f"{fate} lesions": fates.get(str(fate), 0) for fate in Fate if fate is not Fate.STABLE}
    return row


def _quality(findings: Findings) -> str | None:
    """Give the worst verdict on any scan of the study."""
    verdicts = [series.quality.verdict for series in findings.series if series.quality is not None]
    return str(max(verdicts, key=list(Verdict).index)) if verdicts else None


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 3)


def _day(when: datetime | None) -> str | None:
    return when.date().isoformat() if when else None
