"""The ledger answers what it was told, in the order in which it was told, whatever the clock says."""

from __future__ import annotations

import sqlite3
import zipfile
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from appliance.contracts import PatientFacts, Source
from appliance.errors import Misuse, OutputFailed, Unreadable
from appliance.ledger import (
    Ledger,
    Output,
    Run,
    Standing,
    State,
    StudyInput,
    Timing,
    fingerprint_of,
    open_ledger,
    output_of,
    standing_of,
    verify_ledger,
)
from appliance.ledger.database import LEDGER_NAME
from appliance.ledger.schema import MIGRATIONS, bring_up
from appliance.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODELS = (("brain", "1.0.0"), ("lesions", "1.2.0"))
RUN = Run(MODELS, "openvino-int8", "0.1.0")
STUDY = StudyInput("study-1", "a" * 64, None, date(2024, 3, 1))
OUTPUT = Output("study-1/findings.json", "b" * 64, 1234)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path, operator="Amina", app_version="0.1.0").ledger as opened:
        yield opened


def reopened(folder: Path) -> Ledger:
    opened = open_ledger(folder, operator="Amina", app_version="0.1.0")
    assert opened.notices == ()
    return opened.ledger


def test_what_was_told_is_answered_by_the_next_process(ledger: Ledger, tmp_path: Path) -> None:
    ledger.found(STUDY)
    ledger.reading(STUDY, RUN)
    ledger.done(STUDY, RUN, (OUTPUT,), (Timing("lesions", 1.23456),))
    ledger.close()
    with reopened(tmp_path) as again:
        last = again.last("study-1")
    assert last is not None
    assert (last.study, last.state, last.run) == (STUDY, State.DONE, RUN)
    assert last.outputs == (OUTPUT,)
    assert last.timings == (Timing("lesions", 1.235),)
    assert last.anchor.sequence == 4


def test_a_refusal_keeps_the_words_that_the_operator_saw(ledger: Ledger) -> None:
    ledger.refused(STUDY, "Slice 7 is missing. Copy the series again.")
    last = ledger.last(STUDY.key)
    assert last is not None
    assert (last.state, last.sentence) == (State.REFUSED, "Slice 7 is missing. Copy the series again.")
    ledger.failed(STUDY, "The engine stopped.")
    assert [entry.state for entry in ledger.last_entries()] == [State.FAILED]


def test_a_study_found_again_unchanged_adds_nothing(ledger: Ledger) -> None:
    ledger.found(STUDY)
    before = ledger.anchor()
    assert ledger.found(STUDY) is None
    assert ledger.anchor() == before
    assert ledger.found(StudyInput(STUDY.key, "c" * 64)) is not None


@pytest.mark.parametrize("name", ["\udcff\udc80", "a\x00b", "نور", "x" * 10_000])
def test_no_name_can_break_an_entry(ledger: Ledger, tmp_path: Path, name: str) -> None:
    ledger.refused(StudyInput(name, "a" * 64), f"{name} is broken.")
    assert ledger.last(name) is not None
    ledger.close()
    with open_ledger(tmp_path, operator=name, app_version="0.1.0").ledger as again:
        again.found(STUDY)
    assert verify_ledger(tmp_path).sound


@pytest.mark.parametrize(
    ("told", "standing"),
    [
        ([], Standing.NEW),
        (["found"], Standing.NEW),
        (["found", "reading"], Standing.INTERRUPTED),
        (["found", "reading", "done"], Standing.DONE),
        (["found", "reading", "done", "reading"], Standing.INTERRUPTED),
        (["found", "refused"], Standing.REFUSED),
        (["found", "reading", "failed"], Standing.FAILED),
    ],
)
def test_what_is_left_to_do_follows_from_the_last_entry(ledger: Ledger, told: list[str], standing: Standing) -> None:
    tell = {
        "found": lambda: ledger.found(STUDY),
        "reading": lambda: ledger.reading(STUDY, RUN),
        "done": lambda: ledger.done(STUDY, RUN, (OUTPUT,)),
        "refused": lambda: ledger.refused(STUDY, "No."),
        "failed": lambda: ledger.failed(STUDY, "No."),
    }
    for word in told:
        tell[word]()
    assert standing_of(ledger.last(STUDY.key), STUDY, MODELS) is standing


def test_changed_files_and_newer_models_are_told_apart(ledger: Ledger) -> None:
    ledger.done(STUDY, RUN, (OUTPUT,))
    last = ledger.last(STUDY.key)
    assert standing_of(last, StudyInput(STUDY.key, "d" * 64), MODELS) is Standing.CHANGED
    assert standing_of(last, STUDY, (*MODELS[:1], ("lesions", "1.3.0"))) is Standing.OUTDATED
    assert standing_of(last, STUDY, MODELS[::-1]) is Standing.DONE
    ledger.refused(STUDY, "No.")
    assert standing_of(ledger.last(STUDY.key), StudyInput(STUDY.key, "d" * 64), MODELS) is Standing.CHANGED


def test_earlier_studies_of_the_same_patient_come_newest_first(ledger: Ledger) -> None:
    patient = ledger.patient_key(PatientFacts(patient_id=" ab12 ", birth_date=date(1990, 5, 1)))
    assert patient == ledger.patient_key(PatientFacts(patient_id="AB12", birth_date=date(1990, 5, 1), name="other"))
    assert patient != ledger.patient_key(PatientFacts(patient_id="AB12", birth_date=date(1990, 5, 2)))
    days = {"old": date(2020, 1, 1), "newer": date(2022, 1, 1), "later": date(2025, 1, 1), "undated": None}
    for key, day in days.items():
        ledger.done(StudyInput(key, "a" * 64, patient, day), RUN, (Output(f"{key}/x", "b" * 64, 1),))
    ledger.refused(StudyInput("refused", "a" * 64, patient, date(2021, 1, 1)), "No.")
    ledger.done(StudyInput("somebody", "a" * 64, "else", date(2021, 1, 1)), RUN, ())
    found = ledger.earlier(StudyInput("now", "a" * 64, patient, date(2024, 1, 1)))
    assert [study.study.key for study in found] == ["newer", "old"]
    assert found[0].outputs[0].path == "newer/x"
    assert ledger.earlier(StudyInput("now", "a" * 64, None, date(2024, 1, 1))) == ()
    assert ledger.earlier(StudyInput("now", "a" * 64, patient, None)) == ()


@pytest.mark.parametrize(
    "facts",
    [
        PatientFacts(),
        PatientFacts(patient_id="7"),
        PatientFacts(birth_date=date(1990, 1, 1)),
        PatientFacts(patient_id=" "),
    ],
)
def test_a_patient_who_is_half_known_is_nobody(ledger: Ledger, facts: PatientFacts) -> None:
    assert ledger.patient_key(facts) is None


def test_a_patients_key_cannot_be_recognised_in_another_clinic(tmp_path: Path) -> None:
    facts = PatientFacts(patient_id="7", birth_date=date(1990, 1, 1))
    keys = set()
    for clinic in ("one", "two"):
        (tmp_path / clinic).mkdir()
        with reopened(tmp_path / clinic) as ledger:
            keys.add(ledger.patient_key(facts))
        with reopened(tmp_path / clinic) as again:
            keys.add(again.patient_key(facts))
    assert len(keys) == 2


def test_a_clock_that_jumps_backwards_changes_no_order(tmp_path: Path) -> None:
    now = [datetime(2024, 5, 1, 12, tzinfo=UTC)]
    opened = open_ledger(tmp_path, operator="Amina", app_version="0.1.0", clock=lambda: now[0])
    with opened.ledger as ledger:
        for state in (ledger.reading, lambda study, run: ledger.done(study, run, ())):
            now[0] -= timedelta(days=4000)
            state(STUDY, RUN)
        last = ledger.last(STUDY.key)
    assert last is not None
    assert last.state is State.DONE
    verdict = verify_ledger(tmp_path)
    assert verdict.sound
    assert any("backwards 2 times" in sentence for sentence in verdict.sentences)


def test_a_ledger_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    reopened(tmp_path).close()
    path = tmp_path / LEDGER_NAME
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(Misuse, match="newer version"):
        reopened(tmp_path)
    assert path.read_bytes() == before


def test_an_older_ledger_is_brought_up_with_its_entries(ledger: Ledger, tmp_path: Path) -> None:
    ledger.found(STUDY)
    ledger.close()
    connection = sqlite3.connect(tmp_path / LEDGER_NAME, isolation_level=None)
    bring_up(connection, (*MIGRATIONS, ("CREATE TABLE signature (entry INTEGER) STRICT",)))
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
    assert connection.execute("SELECT count(*) FROM entry").fetchone() == (2,)
    connection.close()


def test_the_file_keeps_no_write_ahead_log_and_forces_every_write(ledger: Ledger, tmp_path: Path) -> None:
    ledger.found(STUDY)
    assert ledger._connection.execute("PRAGMA journal_mode").fetchone() == ("truncate",)
    assert ledger._connection.execute("PRAGMA synchronous").fetchone() == (3,)
    assert {file.name for file in tmp_path.iterdir()} == {LEDGER_NAME, f"{LEDGER_NAME}-journal"}


def test_entries_can_be_neither_changed_nor_removed_by_a_slip(ledger: Ledger) -> None:
    for statement in ("UPDATE entry SET body = '{}'", "DELETE FROM entry"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            ledger._connection.execute(statement)


def test_a_fingerprint_is_of_the_bytes_and_of_nothing_else(tmp_path: Path) -> None:
    first, second = tmp_path / "a.dcm", tmp_path / "b.dcm"
    first.write_bytes(b"one")
    second.write_bytes(b"two")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("x/one", b"one")
        archive.writestr("two", b"two")
    limits = Limits()
    whole = fingerprint_of([Source(first), Source(second)], limits)
    assert whole == fingerprint_of([Source(second), Source(first)], limits)
    assert whole == fingerprint_of([Source(tmp_path / "c.zip", "x/one"), Source(tmp_path / "c.zip", "two")], limits)
    assert whole != fingerprint_of([Source(first)], limits)
    second.write_bytes(b"twp")
    assert whole != fingerprint_of([Source(first), Source(second)], limits)
    second.unlink()
    with pytest.raises(Unreadable, match=r"b\.dcm"):
        fingerprint_of([Source(first), Source(second)], limits)


def test_an_output_is_named_below_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "study" / "findings.json"
    path.parent.mkdir()
    path.write_bytes(b"{}")
    output = output_of(path, tmp_path)
    assert (output.path, output.size) == ("study/findings.json", 2)
    path.unlink()
    with pytest.raises(OutputFailed, match=r"findings\.json"):
        output_of(path, tmp_path)
