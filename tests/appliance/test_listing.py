"""The listing says everything once, whatever the files said."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from appliance.contracts import (
    Certainty,
    FileFormat,
    FilesSeen,
    Kind,
    LeftOut,
    PatientFacts,
    Reason,
    Recognition,
    Series,
    SeriesFacts,
    Source,
    Study,
    StudyFacts,
)
from appliance.errors import ExitCode
from appliance.listing import NAMED_PER_REASON, json_lines, text_lines
from appliance.stock import SeriesChecked, StockEvent, StudyChecked, Tally, VolumeSummary

HERE = Source(Path("stick/IM0001"))


def series(certainty: Certainty = Certainty.SURE, description: str = "Ax FLAIR") -> Series:
    recognition = Recognition(Kind.BRAIN_FLAIR, certainty, "the sequence inverts at 2,500 ms.")
    facts = SeriesFacts(description=description)
    return Series((HERE,), FileFormat.DICOM, facts, recognition, 256, 240, 20, spacing_mm=(0.9, 0.9, 6.5))


def study(*checked: SeriesChecked, name: str = "Sample^Nobody", notes: tuple[str, ...] = ()) -> StudyChecked:
    patient = PatientFacts(name=name, age_years=44.0, sex="F")
    when = StudyFacts(when=datetime(2026, 3, 2, 10, 15))  # noqa: DTZ001 - DICOM times carry no zone
    return StudyChecked(Study("s1", patient, when, tuple(c.series for c in checked), notes), checked)


def text(*events: StockEvent) -> str:
    return "\n".join(text_lines(events))


def test_a_read_series_says_who_when_what_and_why() -> None:
    listed = text(FilesSeen(20, 1000), study(SeriesChecked(series())))
    assert "Sample^Nobody · 44 years · F · 2026-03-02" in listed
    assert "+ Ax FLAIR · 240×256×20 at 0.9×0.9×6.5 mm" in listed
    assert "read as brain-flair: the sequence inverts at 2,500 ms." in listed
    assert "20 files looked at, 1 study found." in listed


def test_an_unsure_series_is_a_question_not_a_reading() -> None:
    listed = text(study(SeriesChecked(series(Certainty.ASK))))
    assert "? Ax FLAIR" in listed
    assert "not read until you say what it is with --as, perhaps brain-flair: the sequence" in listed


def test_files_of_one_name_are_told_apart_by_their_folders() -> None:
    assert "+ stick/IM0001 · " in text(study(SeriesChecked(series(description=""))))
    in_a_zip = LeftOut(Source(Path("cd.zip"), "a/IM1"), Reason.EMPTY, "IM1 is empty.")
    assert "! IM1 is empty. (cd.zip)" in text(in_a_zip)


def test_a_refused_series_gives_its_sentence_instead_of_a_kind() -> None:
    refusal = LeftOut(HERE, Reason.MISSING_SLICES, "IM0001: slice 7 is missing. Copy the series again.", files=19)
    listed = text(study(SeriesChecked(series(), refused=refusal)))
    assert "! Ax FLAIR" in listed
    assert "slice 7 is missing" in listed
    assert "read as" not in listed


def test_warnings_of_every_part_are_shown() -> None:
    volume = VolumeSummary("echo 2", (2, 2, 2), (1.0, 1.0, 1.0), ("The gaps differ by 0.2 mm.",))
    assert "warning: echo 2: The gaps differ by 0.2 mm." in text(study(SeriesChecked(series(), (volume,))))


def test_what_is_unknown_is_called_unknown() -> None:
    nobody = StudyChecked(Study("s", PatientFacts(), StudyFacts(), ()), ())
    assert "Name unknown · age unknown · sex unknown · date unknown" in text(nobody)


def test_a_name_cannot_drive_the_terminal() -> None:
    listed = text(study(SeriesChecked(series(description="\x1b[31mFLAIR")), name="\x1b[2J", notes=("\x07bell",)))
    assert "\x1b" not in listed
    assert "\x07" not in listed


def test_a_thousand_uninteresting_files_do_not_bury_one_fault() -> None:
    dull = [LeftOut(HERE, Reason.NOT_AN_IMAGE, f"note{n}.txt is not a scan.") for n in range(1000)]
    fault = LeftOut(HERE, Reason.UNREADABLE, "IM0001 is cut short. Copy it again.")
    listed = text(*dull, fault)
    assert listed.count("is not a scan.") == NAMED_PER_REASON
    assert "! IM0001 is cut short. Copy it again." in listed
    assert "Not read: 1,001 files (not-an-image 1,000, unreadable 1)." in listed
    assert "--json" in listed


def test_a_series_left_out_counts_all_its_files() -> None:
    localizer = LeftOut(HERE, Reason.LOCALIZER, "A localizer is only for planning.", files=9)
    assert "- A localizer is only for planning. (stick, 9 files)" in text(localizer)


def test_json_names_every_event_and_survives_any_value() -> None:
    events = [FilesSeen(1, 2), LeftOut(HERE, Reason.EMPTY, "\udcff"), study(SeriesChecked(series()))]
    parsed = [json.loads(line) for line in json_lines(events)]
    assert [event["event"] for event in parsed] == ["FilesSeen", "LeftOut", "StudyChecked"]
    assert parsed[1]["reason"] == "empty"
    assert parsed[2]["series"][0]["series"]["recognition"]["kind"] == "brain-flair"


REFUSAL = LeftOut(HERE, Reason.MISSING_SLICES, "A slice is missing.")


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([], ExitCode.NOTHING_TO_READ),
        ([LeftOut(HERE, Reason.REPORT, "")], ExitCode.NOTHING_TO_READ),
        ([study(SeriesChecked(series()))], ExitCode.ALL_READ),
        ([study(SeriesChecked(series())), LeftOut(HERE, Reason.LOCALIZER, "")], ExitCode.ALL_READ),
        ([study(SeriesChecked(series())), LeftOut(HERE, Reason.UNREADABLE, "")], ExitCode.SOME_REFUSED),
        ([study(SeriesChecked(series()), SeriesChecked(series(Certainty.ASK)))], ExitCode.SOME_REFUSED),
        ([study(SeriesChecked(series()), SeriesChecked(series(), refused=REFUSAL))], ExitCode.SOME_REFUSED),
        ([study(SeriesChecked(series(Certainty.ASK)))], ExitCode.NOTHING_TO_READ),
    ],
)
def test_the_exit_code_says_how_it_ended(events: list[StockEvent], code: ExitCode) -> None:
    tally = Tally()
    assert list(tally.counting(events)) == events
    assert tally.exit_code() is code
