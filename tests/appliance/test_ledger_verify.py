"""Whatever is changed behind the ledger's back, the first entry that does not hold is named."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import astuple
from typing import TYPE_CHECKING

import pytest

from appliance.__main__ import main
from appliance.errors import ExitCode, Misuse, NothingToRead
from appliance.ledger import Anchor, Run, StudyInput, open_ledger, output_of, verify_ledger
from appliance.ledger.chain import BEGINNING, Entry, hash_of
from appliance.ledger.database import LEDGER_NAME
from appliance.ledger.verify import anchor_from

if TYPE_CHECKING:
    from pathlib import Path

RUN = Run((("lesions", "1.0.0"),), "openvino-int8", "0.1.0")
COLUMNS = ("sequence", "at", "kind", "study", "patient", "operator", "body", "previous", "hash")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three studies done: ten entries."""
    with open_ledger(tmp_path, operator="Amina", app_version="0.1.0").ledger as ledger:
        for key in ("one", "two", "three"):
            result = tmp_path / key / "findings.json"
            result.parent.mkdir()
            result.write_text(f'{{"study": "{key}"}}', encoding="utf-8")
            study = StudyInput(key, "a" * 64, "patient")
            ledger.found(study)
            ledger.reading(study, RUN)
            ledger.done(study, RUN, (output_of(result, tmp_path),))
    return tmp_path


def tamper(folder: Path, *statements: str) -> None:
    """Do what somebody with any SQLite program can do."""
    with closing(sqlite3.connect(folder / LEDGER_NAME, isolation_level=None)) as connection:
        for trigger in ("never_changed", "never_removed"):
            connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        for statement in statements:
            connection.execute(statement)


def newest(folder: Path) -> Anchor:
    anchor = verify_ledger(folder).newest
    assert anchor is not None
    return anchor


def test_an_untouched_ledger_is_sound(folder: Path) -> None:
    verdict = verify_ledger(folder)
    assert verdict.sound
    assert (verdict.entries, verdict.broken) == (10, None)
    assert verify_ledger(folder, newest(folder)).sound


@pytest.mark.parametrize("column", [name for name in COLUMNS if name not in ("sequence", "previous", "hash")])
@pytest.mark.parametrize("row", [1, 5, 10])
def test_a_changed_column_is_named_by_its_row(folder: Path, column: str, row: int) -> None:
    tamper(folder, f"UPDATE entry SET {column} = coalesce({column}, '') || ' ' WHERE sequence = {row}")  # noqa: S608 - our own column
    verdict = verify_ledger(folder)
    assert not verdict.sound
    assert (verdict.broken, verdict.entries) == (row, row - 1)
    assert f"Entry {row} was changed" in verdict.sentences[0]


def test_a_changed_link_is_named(folder: Path) -> None:
    tamper(folder, f"UPDATE entry SET previous = '{BEGINNING}' WHERE sequence = 6")  # noqa: S608 - a constant
    assert verify_ledger(folder).broken == 6


def test_text_that_is_no_text_is_named_and_does_not_crash(folder: Path) -> None:
    tamper(folder, "UPDATE entry SET operator = CAST(x'FF80' AS TEXT) WHERE sequence = 3")
    assert verify_ledger(folder).broken == 3


def test_a_removed_entry_is_named(folder: Path) -> None:
    tamper(folder, "DELETE FROM entry WHERE sequence = 4")
    verdict = verify_ledger(folder)
    assert verdict.broken == 4
    assert "Entry 4 is missing" in verdict.sentences[0]


def test_two_entries_that_changed_places_are_named(folder: Path) -> None:
    tamper(
        folder,
        "UPDATE entry SET sequence = 99 WHERE sequence = 4",
        "UPDATE entry SET sequence = 4 WHERE sequence = 5",
        "UPDATE entry SET sequence = 5 WHERE sequence = 99",
    )
    assert verify_ledger(folder).broken == 4


def test_a_removed_end_shows_in_the_numbers_that_were_given_out(folder: Path) -> None:
    tamper(folder, "DELETE FROM entry WHERE sequence > 8")
    verdict = verify_ledger(folder)
    assert verdict.broken == 9
    assert "Entries 9 to 10 were removed" in verdict.sentences[0]


def test_a_carefully_removed_end_shows_only_by_the_reports_anchor(folder: Path) -> None:
    anchor = newest(folder)
    tamper(folder, "DELETE FROM entry WHERE sequence > 8", "UPDATE sqlite_sequence SET seq = 8")
    assert verify_ledger(folder).sound
    assert verify_ledger(folder, anchor).broken == 9


def test_a_ledger_rewritten_as_a_whole_shows_only_by_the_reports_anchor(folder: Path) -> None:
    anchor = newest(folder)
    with closing(sqlite3.connect(folder / LEDGER_NAME)) as connection:
        rows = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM entry").fetchall()  # noqa: S608 - constants
    previous = BEGINNING
    statements = []
    for row in rows:
        columns = list(astuple(Entry(*row))[:7])
        columns[5] = "Somebody else"
        own = hash_of(*columns, previous)
        statements.append(
            f"UPDATE entry SET operator = 'Somebody else', previous = '{previous}', hash = '{own}' "  # noqa: S608 - hashes
            f"WHERE sequence = {columns[0]}"
        )
        previous = own
    tamper(folder, *statements)
    assert verify_ledger(folder).sound
    verdict = verify_ledger(folder, anchor)
    assert verdict.broken == 10
    assert "another ledger" in verdict.sentences[0]


def test_a_changed_or_missing_result_is_named(folder: Path) -> None:
    (folder / "two" / "findings.json").write_text("{}", encoding="utf-8")
    (folder / "three" / "findings.json").unlink()
    verdict = verify_ledger(folder)
    assert not verdict.sound
    assert verdict.broken is None
    assert any("two/findings.json was changed" in sentence for sentence in verdict.sentences)
    assert any("three/findings.json is no longer there" in sentence for sentence in verdict.sentences)


def test_results_of_a_study_that_is_being_read_again_are_not_held_against_it(folder: Path) -> None:
    with open_ledger(folder, operator="Amina", app_version="0.1.0").ledger as ledger:
        ledger.reading(StudyInput("two", "b" * 64), RUN)
    (folder / "two" / "findings.json").write_text("{}", encoding="utf-8")
    assert verify_ledger(folder).sound


def test_checking_changes_no_byte_even_of_an_entry_that_was_cut_off(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The copy is what a kill in the middle of writing leaves: pages half written, and the journal to undo them."""
    killed = tmp_path_factory.mktemp("killed")
    with closing(sqlite3.connect(folder / LEDGER_NAME, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = TRUNCATE")
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        for n in range(200):
            connection.execute(
                "INSERT INTO entry (at, kind, study, operator, body, previous, hash) VALUES (?, '', '', '', ?, '', ?)",
                (str(n), "x" * 2000, str(n)),
            )
        for name in (LEDGER_NAME, f"{LEDGER_NAME}-journal"):
            shutil.copyfile(folder / name, killed / name)
        connection.execute("ROLLBACK")
    for key in ("one", "two", "three"):
        shutil.copytree(folder / key, killed / key)
    before = {file.name: file.read_bytes() for file in killed.iterdir() if file.is_file()}
    assert len(before[f"{LEDGER_NAME}-journal"]) > 512
    verdict = verify_ledger(killed)
    assert verdict.sound
    assert verdict.entries == 10
    assert {file.name: file.read_bytes() for file in killed.iterdir() if file.is_file()} == before


def test_a_damaged_file_is_said_and_left_alone(folder: Path) -> None:
    (folder / LEDGER_NAME).write_bytes(b"not a database at all" * 100)
    verdict = verify_ledger(folder)
    assert not verdict.sound
    assert "damaged" in verdict.sentences[0]
    assert {file.name for file in folder.iterdir() if file.is_file()} <= {LEDGER_NAME, f"{LEDGER_NAME}-journal"}


def test_a_folder_without_a_ledger_is_said(tmp_path: Path) -> None:
    with pytest.raises(NothingToRead, match="no ledger"):
        verify_ledger(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "7", "7:", "x:" + "a" * 64, "7:" + "A" * 64, "7:" + "a" * 63, "-7:" + "a" * 64])
def test_an_anchor_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Misuse, match="not an anchor"):
        anchor_from(text)


def test_the_command_ends_with_what_it_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "verify", str(folder)]) == ExitCode.ALL_READ
    anchor = capsys.readouterr().out.splitlines()[-1].removeprefix("Newest entry: ")
    assert main(["ledger", "verify", str(folder), "--anchor", anchor]) == ExitCode.ALL_READ
    tamper(folder, "UPDATE entry SET operator = 'X' WHERE sequence = 2")
    assert main(["ledger", "verify", str(folder)]) == ExitCode.SOME_REFUSED
    assert "Entry 2 was changed" in capsys.readouterr().out
    assert main(["ledger", "verify", str(folder), "--anchor", "nonsense"]) == ExitCode.MISUSE
    assert main(["ledger", "verify", str(folder / "one")]) == ExitCode.NOTHING_TO_READ
