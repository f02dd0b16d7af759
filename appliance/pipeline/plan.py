"""What is to be done with each study, and in which order. Pure, but for one question to the disk at the end."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING

from appliance.contracts import Certainty
from appliance.ledger import Standing, State
from appliance.pipeline.request import Redo

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from appliance.contracts import PatientFacts, Study, StudyFound
    from appliance.ledger import LastEntry

LONGEST_NAME = 40
BY_NAME = "name"
"""The value of the setting ``clinic.folders`` that puts the patient's name before the study's number."""


def in_order(found: Iterable[StudyFound]) -> list[StudyFound]:
    """Put earlier studies first, so that later ones of the same patient can be compared with them."""
    return sorted(found, key=lambda each: (_when(each.study), each.study.key))


def _when(study: Study) -> datetime:
    when = study.facts.when
    return datetime.max if when is None else when.replace(tzinfo=None)  # noqa: DTZ901 - only to come last


def has_to_be_read(standing: Standing, redo: Redo) -> bool:
    """Decide what a standing means for this run."""
    if redo is Redo.ALL:
        return True
    if standing in {Standing.OUTDATED, Standing.REFUSED}:
        return redo is Redo.OUTDATED
    return standing is not Standing.DONE


def folder_name(study: Study, folders: str) -> str:
    """Name a study's folder; it carries the patient's name only if the settings ask for it."""
    name = _plain(study.patient) if folders == BY_NAME else ""
    return f"{name}-{study.key}" if name else study.key


def _plain(patient: PatientFacts) -> str:
    """Keep letters and digits of any script: every file system takes those."""
    words = "".join(
        character if unicodedata.category(character)[0] in "LNM" else " " for character in patient.name or ""
    )
    return "_".join(words.split())[:LONGEST_NAME]


def weight_of(study: Study) -> int:
    """Count the voxels that have to be read."""
    wanted = [series for series in study.series if series.recognition.certainty is not Certainty.ASK]
    return sum(series.rows * series.columns * series.slices for series in wanted)


def results_are_there(last: LastEntry | None, output: Path) -> bool:
    """Look whether everything that was written for a study still exists."""
    if last is None or last.state is not State.DONE:
        return True
    return all((output / written.path).exists() for written in last.outputs)
