"""One FLAIR from end to end: lesions, then anomalies, then change, then where the patient stands, then why.

BrainGiven ─ LesionReader ─ AnomalyReader ─ compare ─ place ─ explain ─► BrainAnswer
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from appliance.measure.align import Alignment, NotAligned, Scan, align
from appliance.measure.change import LesionChange, compare_lesions, study_of
from appliance.population import place, shipped_reference
from appliance.readers.anomaly import AnomalyReader
from appliance.readers.brain_record import brain_findings
from appliance.readers.lesions import LesionReader, LesionReading, LesionWork
from appliance.readers.relevance import Relevance, explain_lesion, explained, question_about

if TYPE_CHECKING:
    from appliance.contracts import Volume
    from appliance.findings.brain import BrainFindings, EarlierStudy
    from appliance.measure.change import Study
    from appliance.population import NotPlaced, Placement
    from appliance.readers.anomaly import AnomalyReading
    from appliance.readers.model import Model
    from appliance.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """An earlier study of the same patient, as its files keep it."""

    record: EarlierStudy
    scan: Scan
    lesions: Study


@dataclass(frozen=True, slots=True, eq=False)
class BrainGiven:
    """A FLAIR, and what is known of the patient from before."""

    series: str
    """``SeriesRead.id``."""
    volume: Volume
    earlier: Earlier | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """An earlier study and how this one lies over it."""

    earlier: Earlier
    alignment: Alignment | NotAligned
    change: LesionChange | None
    """``None`` where the two could not be laid over each other."""


@dataclass(frozen=True, slots=True, eq=False)
class BrainAnswer:
    """What is said about one FLAIR, and what it can be drawn from."""

    findings: BrainFindings
    lesions: LesionReading
    anomaly: AnomalyReading | None
    """``None`` where no anomaly model is installed."""
    compared: Compared | None
    relevance: Relevance | None


class BrainReader:
    """Reads one FLAIR from end to end."""

    def __init__(self, model: Model, anomaly: Model | None, settings: Settings) -> None:
        self._model = model
        self._settings = settings
        self._lesions = LesionReader(model, settings.lesions)
        self._anomaly = None if anomaly is None else AnomalyReader(anomaly, settings)

    def accepts(self, given: BrainGiven) -> bool:
        """Say whether this is a FLAIR of the brain."""
        return self._lesions.accepts(given.volume)

    def read(self, given: BrainGiven) -> BrainAnswer:
        """Read, compare, place and explain."""
        work, anomaly = self._seen(given.volume)
        lesions = work.reading
        compared = None if given.earlier is None else self._compared(lesions, given.earlier)
        standing = _standing(lesions)
        findings = brain_findings(given.series, lesions, anomaly, compared, standing, self._settings)
        question = question_about(work, _matters_most(findings))
        del work  # it is as large as the scan, and explaining takes memory of its own
        relevance, notes = explained(lambda: None if question is None else explain_lesion(self._model, question))
        findings = replace(findings, notes=(*findings.notes, *notes))
        return BrainAnswer(findings, lesions, anomaly, compared, relevance)

    def _seen(self, volume: Volume) -> tuple[LesionWork, AnomalyReading | None]:
        """Find lesions and anomalies; lesions are measured while the anomaly network is asked."""
        marked = self._lesions.marked(volume)
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="measuring") as pool:
            measuring = pool.submit(self._lesions.measured, marked)
            scores = self._anomaly.scores(marked) if self._anomaly else None
            lesions = measuring.result()
        anomaly = self._anomaly.flagged(scores, lesions) if self._anomaly and scores is not None else None
        return LesionWork(lesions, marked), anomaly

    def _compared(self, now: LesionReading, earlier: Earlier) -> Compared:
        rule = self._settings.change
        scan = Scan(now.volume.voxels, now.volume.geometry, now.brain)
        alignment = align(scan, earlier.scan, rule)
        if isinstance(alignment, NotAligned):
            return Compared(earlier, alignment, None)
        here = study_of(now.found, now.volume.geometry)
        return Compared(earlier, alignment, compare_lesions(here, earlier.lesions, alignment, rule))


def _standing(lesions: LesionReading) -> Placement | NotPlaced:
    patient, found = lesions.volume.patient, lesions.found
    return place(patient.age_years, patient.sex, found.share_of_brain, found.ventricle_share, shipped_reference())


def _matters_most(findings: BrainFindings) -> int | None:
    """Choose the lesion to explain: the largest that is new, else that grew, else the largest of all."""
    changed = findings.change.lesions if findings.change else ()
    numbers = [group.now[0] for group in changed if group.fate in {"new", "enlarging"} and group.now]
    return next(iter([*numbers, *(lesion.number for lesion in findings.lesions)]), None)
