from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from brain_findings import brain_study
from findings_builders import write_study
from spine_findings import spine_study

from appliance.__main__ import main
from appliance.ledger import Run, StudyInput, open_ledger, output_of
from appliance.report.dossier import open_dossier

if TYPE_CHECKING:
    from pathlib import Path

RUN = Run((("brain-lesions", "1.0.0"),), "cpu", "0.1.0")


def _told(out: Path, study: Path, *, day: int = 1) -> str:
    """Tell the ledger that a study was read, and give the code of its report."""
    clock = lambda: datetime(2026, 4, day, 9, 30, tzinfo=UTC)  # noqa: E731 - a clock is one line
    with open_ledger(out, operator="Ali", app_version="0.1.0", clock=clock).ledger as ledger:
        ledger.done(StudyInput(study.name, "f" * 64), RUN, (output_of(study / "findings.json", out),))
    return str(open_dossier(study).code)


@pytest.fixture
def read_study(tmp_path: Path) -> tuple[Path, str]:
    study = write_study(brain_study(), tmp_path)
    return study, _told(tmp_path, study)


def test_a_true_page_is_recognised(
    read_study: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ledger", "check", str(tmp_path), read_study[1]]) == 0
    said = capsys.readouterr().out
    assert "written on 2026-04-01 at 09:30 UTC" in said
    assert "newest" in said


def test_a_page_of_an_older_reading_names_the_newer_one(
    read_study: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study, code = read_study
    findings = study / "findings.json"
    findings.write_text(findings.read_text().replace("B-17", "B-18"))
    _told(tmp_path, study, day=9)
    assert main(["ledger", "check", str(tmp_path), code]) == 0
    assert "read again later, on 2026-04-09" in capsys.readouterr().out


def test_a_page_with_another_result_is_exposed(
    read_study: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = read_study[1][:-4] + "0000"
    assert main(["ledger", "check", str(tmp_path), forged]) == 1
    assert "never with this result" in capsys.readouterr().out


def test_a_page_of_a_study_that_was_never_read_is_exposed(
    read_study: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = open_dossier(write_study(spine_study(), tmp_path / "elsewhere")).code
    assert main(["ledger", "check", str(tmp_path), str(other)]) == 1
    assert "no result of spine-91ab07" in capsys.readouterr().out


def test_a_ledger_that_was_changed_proves_nothing(
    read_study: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ledger.sqlite3").write_bytes(b"no ledger" * 200)
    assert main(["ledger", "check", str(tmp_path), read_study[1]]) == 1
    assert "prove nothing" in capsys.readouterr().out


@pytest.mark.parametrize("code", ["", "17:abc", "OUTPOST1:x:zz", "https://example.org"])
def test_what_is_no_code_of_a_report_is_a_misuse(code: str, tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite3").touch()
    assert main(["ledger", "check", str(tmp_path), code]) == 3


def test_a_folder_without_a_ledger_is_said(read_study: tuple[Path, str], tmp_path: Path) -> None:
    assert main(["ledger", "check", str(tmp_path / "none"), read_study[1]]) == 2
