"""A study's files → its voxels, checked; or the reason why not. Runs beside the reading of the study before.

In this order: the fingerprint of all files, the decision whether they have to be read at all, then one series
after another. Nothing but a broken program raises here: what is wrong with files is a value.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.contracts import Certainty, Reason
from appliance.errors import Refused, Unreadable
from appliance.ledger import Standing, StudyInput, fingerprint_of, standing_of
from appliance.pipeline.plan import has_to_be_read, results_are_there
from appliance.pipeline.reading import Checked, Loaded, SeriesLoaded
from appliance.quality import check_quality
from appliance.volumes import read_volumes
from appliance.words import shown

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.contracts import Series, Source, Study, StudyFound
    from appliance.ledger import LastEntry
    from appliance.pipeline.request import Redo
    from appliance.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """A study, and what is known of it before its files are opened."""

    found: StudyFound
    patient: str | None
    """``Ledger.patient_key``."""
    last: LastEntry | None
    named: bool = False
    """Whether the operator said what one of its series is: then it is read in any case."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What holds for all studies of a batch."""

    root: Path
    output: Path
    settings: Settings
    models: tuple[tuple[str, str], ...]
    redo: Redo


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A study before it is read, or why it is not."""

    given: StudyInput
    standing: Standing
    loaded: Loaded | None
    """``None`` where it need not or cannot be read."""
    vanished: Refused | None = None
    """Its files are not there any more: nothing is known about them, and the next run tries again."""


def prepare(order: Order, conditions: Conditions) -> Prepared:
    """Open a study's files and load what has to be read."""
    start = time.monotonic()
    study = order.found.study
    day = study.facts.when.date() if study.facts.when else None
    try:
        fingerprint = fingerprint_of(_sources(study), conditions.settings.limits)
    except Refused as refusal:
        return _vanished(StudyInput(study.key, "", order.patient, day), refusal)
    given = StudyInput(study.key, fingerprint, order.patient, day)
    standing = _standing(order, given, conditions)
    if not (order.named or has_to_be_read(standing, conditions.redo)):
        return Prepared(given, standing, None)
    series = tuple(_loaded(study, one, conditions.settings) for one in study.series)
    if gone := next((one.refusal for one in series if one.refusal and not _is_there(one.series)), None):
        return _vanished(given, gone)
    left_out = order.found.left_out
    return Prepared(given, standing, Loaded(study, conditions.root, series, left_out, time.monotonic() - start))


def _sources(study: Study) -> list[Source]:
    return [source for series in study.series for source in series.sources]


def _vanished(given: StudyInput, refusal: Refused) -> Prepared:
    return Prepared(given, Standing.FAILED, None, refusal)


def _standing(order: Order, given: StudyInput, conditions: Conditions) -> Standing:
    standing = standing_of(order.last, given, conditions.models)
    if standing in {Standing.DONE, Standing.OUTDATED} and not results_are_there(order.last, conditions.output):
        return Standing.INTERRUPTED
    return standing


def _loaded(study: Study, series: Series, settings: Settings) -> SeriesLoaded:
    if series.recognition.certainty is Certainty.ASK:
        return SeriesLoaded(series, refusal=_to_be_asked(series))
    try:
        volumes = read_volumes(study, series, settings)
    except Refused as refusal:
        return SeriesLoaded(series, refusal=refusal)
    return SeriesLoaded(series, tuple(Checked(volume, check_quality(volume, settings.quality)) for volume in volumes))


def _to_be_asked(series: Series) -> Refused:
    name = shown(series.facts.description or series.sources[0].name)
    guess = f" Perhaps it is {series.recognition.kind}." if series.recognition.kind else ""
    return Refused(
        f"“{name}” is not read, because it is not sure what it is: {series.recognition.why}.{guess}",
        advice="Say with --as what it is.",
        source=series.sources[0],
        reason=Reason.NOT_KNOWN,
    )


def _is_there(series: Series) -> bool:
    """Look whether all files are there still: a stick that was pulled out is no fault of the scan."""
    return all(source.path.exists() for source in series.sources)


def vanished(study: Study) -> Unreadable | None:
    """Say that a scan is gone though its voxels were loaded: its reports need the headers once more."""
    gone = next((source for source in _sources(study) if not source.path.exists()), None)
    if gone is None:
        return None
    return Unreadable(
        f"{gone.name} was gone before the study was done.",
        advice="Check that the stick or disc is plugged in, then read this folder again.",
        source=gone,
    )
