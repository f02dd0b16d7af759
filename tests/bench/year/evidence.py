"""What a year left on the disk and in its journal, as plain facts for the checks: nothing is judged here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.findings.json_file import NAME, read_findings
from appliance.state import MachineState
from tests.bench.year.started import start, visit_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.year.journal import Run
    from tests.bench.year.living import Clinic
    from tests.bench.year.plan import Year

REPORT = "report.pdf"
ENDS_WITH = b"%%EOF"
"""The last word of a PDF that is whole, but for an end of line."""


@dataclass(frozen=True, slots=True)
class Result:
    """One folder of results."""

    folder: str
    key: str
    visit: str
    """The folder that it says it was read from."""
    outcome: str
    models: tuple[tuple[str, str], ...]
    """Task and version of every model that it names."""
    has_report: bool
    """Whether its PDF is there and whole."""
    doubts: tuple[str, ...] = ()
    """What the quality gate warned of."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One study that was read again in quiet."""

    visit: int
    differences: tuple[str, ...]
    """Files that differ by more than their times."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that a year is judged by."""

    year: Year
    """What was lived of it: whole months."""
    runs: tuple[Run, ...]
    results: tuple[Result, ...]
    half_made: tuple[str, ...]
    """What should not lie in the folder of results."""
    ledger_code: int
    ledger_words: str
    version_in_use: str
    """Of the models that find lesions, at the end."""
    compared: tuple[Compared, ...]
    was_cut_last: bool = False
    """Whether the last start of all did not come to its end, though its month may not be over and not judged."""


def gather(clinic: Clinic, year: Year, compared: tuple[Compared, ...]) -> Evidence:
    """Look at everything that a year left; the record is verified by the program itself."""
    audit = start(clinic.updates.root, ["ledger", "verify", str(clinic.results)], clinic.state)
    months = {month.number for month in year.months}
    every_run = clinic.journal().runs
    return Evidence(
        year=year,
        runs=tuple(run for run in every_run if run.month in months),
        results=tuple(_results(clinic.results)),
        half_made=tuple(sorted(path.name for path in clinic.results.rglob(".*"))),
        ledger_code=audit.exit_code,
        ledger_words=audit.last_words,
        version_in_use=_version_in_use(clinic),
        compared=compared,
        was_cut_last=not all(run.ended for run in every_run[-1:]),
    )


def _results(results: Path) -> Iterator[Result]:
    for path in sorted(results.rglob(NAME)):
        findings = read_findings(path)
        yield Result(
            folder=path.parent.name,
            key=findings.study,
            visit=visit_in(findings.series[0].first_file) if findings.series else "",
            outcome=str(findings.outcome),
            models=tuple((model.task, model.version) for model in findings.models),
            has_report=_is_whole(path.with_name(REPORT)),
            doubts=tuple(
                remark.check for series in findings.series if series.quality for remark in series.quality.remarks
            ),
        )


def _is_whole(pdf: Path) -> bool:
    return pdf.is_file() and pdf.read_bytes().rstrip().endswith(ENDS_WITH)


def _version_in_use(clinic: Clinic) -> str:
    """Say which version the machine's own file names; empty for the factory's."""
    state = MachineState(clinic.state)
    if not state.models.is_file():
        return ""
    active = json.loads(state.models.read_text(encoding="utf-8"))["active"]
    if active is None:
        return ""
    packages = (state.model_slots / active["name"]).glob("brain-lesions-*")
    return ", ".join(sorted(package.name.removeprefix("brain-lesions-") for package in packages))
