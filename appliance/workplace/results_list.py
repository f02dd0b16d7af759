"""What was read into a folder of results: one line a study, as its ``findings.json`` and review say it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from appliance import __version__
from appliance.contracts import PatientFacts
from appliance.errors import OutpostError
from appliance.findings.json_file import NAME, read_findings
from appliance.findings.study import Outcome
from appliance.ledger import open_ledger
from appliance.ledger.database import LEDGER_NAME
from appliance.report.files import signed_by
from appliance.summary.headline import headline
from appliance.words import shown
from appliance.workplace.inventory import who_is
from appliance.workplace.tongue import spoken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class StudyResult:
    """One study's results."""

    folder: Path
    who: str
    when: datetime | None
    outcome: Outcome
    sentence: str
    signed_by: str
    """Empty if nobody did, or if it was read again since."""
    printed: str = ""
    """When it was last handed to a printer, by this machine's clock; empty if it never was."""


def results_in(output: Path) -> Iterator[StudyResult]:
    """List all studies that were read into a folder, in the order of their names; damaged ones say so."""
    if not output.is_dir():
        return
    printed = _printed(output)
    for folder in sorted(output.iterdir()):
        if not folder.name.startswith(".") and (folder / NAME).is_file():
            yield replace(_result(folder), printed=printed.get(folder.name, ""))


def _result(folder: Path) -> StudyResult:
    try:
        findings = read_findings(folder / NAME)
    except OutpostError as error:
        return StudyResult(folder, shown(folder.name), None, Outcome.FAILED, str(error), "")
    patient = findings.patient
    who = who_is(PatientFacts(patient.name, patient.patient_id))
    return StudyResult(
        folder, who, findings.examination.when, findings.outcome, headline(findings, spoken()), signed_by(folder)
    )


def _printed(output: Path) -> dict[str, str]:
    if not (output / LEDGER_NAME).is_file():
        return {}
    try:
        with open_ledger(output, operator="", app_version=__version__).ledger as ledger:
            return {study: _here(at) for study, at in ledger.last_printed().items()}
    except OutpostError:
        return {}


def _here(at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M}"
