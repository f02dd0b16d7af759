"""A batch ends with a report of all its studies, and fails for none that cannot be made."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import openpyxl
import pytest
from batches import (
    SimulatedReader,
    clinic,
    run,
    told,
)
from report_pages import texts_of

from appliance.errors import ExitCode, OutputFailed
from appliance.pipeline.events import Ending, Notice, StudyEnded
from appliance.running import exit_code
from appliance.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.pipeline.events import Event
    from appliance.pipeline.reading import Loaded, Place


def endings(events: list[Event]) -> list[Ending]:
    return [event.ending for event in told(events, StudyEnded)]


def test_a_batch_ends_with_a_report_of_all_its_studies_in_the_clinics_language(tmp_path: Path) -> None:
    spanish = replace(Settings(), clinic=replace(Settings().clinic, language="es"))
    output = tmp_path / "out"
    run(clinic(tmp_path / "in"), output, settings=spanish)
    text = "".join(texts_of((output / "batch.pdf").read_bytes()))
    assert "Informe del lote" in text
    assert all(path.parent.name in text for path in output.rglob("findings.json"))
    assert openpyxl.load_workbook(output / "batch.xlsx")["studies"].max_row == 4


def test_a_study_that_broke_stands_in_the_batchs_report_with_its_reason(tmp_path: Path) -> None:
    def fail(_loaded: Loaded, _place: Place) -> None:
        raise ZeroDivisionError("a slip")

    output = tmp_path / "out"
    run(clinic(tmp_path / "in", 1), output, SimulatedReader(at_read=fail))
    ((study, outcome, reason, _),) = list(
        openpyxl.load_workbook(output / "batch.xlsx")["not read"].iter_rows(min_row=2, values_only=True)
    )
    assert outcome == "failed"
    assert "a slip" in reason
    assert study in "".join(texts_of((output / "batch.pdf").read_bytes()))


@pytest.mark.parametrize("error", [OutputFailed("The disk is full.", advice="Make room."), ZeroDivisionError("a slip")])
def test_a_batch_report_that_cannot_be_made_is_said_and_fails_nothing(
    tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("appliance.report.batch_files.write_batch_report", fail)
    events = run(clinic(tmp_path / "in"), tmp_path / "out")
    assert endings(events) == [Ending.READ] * 3
    assert exit_code(events[-1]) is ExitCode.ALL_READ
    (notice,) = told(events, Notice)
    assert "report of the whole batch" in notice.sentence
    assert not (tmp_path / "out" / "batch.pdf").exists()


def test_who_stops_a_batch_does_not_wait_for_its_report(tmp_path: Path) -> None:
    stop = threading.Event()
    reader = SimulatedReader(at_read=lambda *_: stop.set())
    run(clinic(tmp_path / "in"), tmp_path / "out", reader, stop=stop)
    assert not (tmp_path / "out" / "batch.pdf").exists()
