"""The command line: what it answers, with which exit code, and what it says when it is used wrongly."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from batches import SimulatedReader, clinic, opened

from appliance import __main__ as program
from appliance import __version__
from appliance.__main__ import main
from appliance.contracts import all_kinds
from appliance.errors import ExitCode
from appliance.ledger import StudyInput, open_ledger
from appliance.sample.clinic import SampleClinic

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    return clinic(tmp_path / "scans", 1)


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Open a simulated reader in place of the shipped models; keep what was asked for."""
    asked: list[tuple[object, ...]] = []

    def opening(*options: object) -> object:
        asked.append(options)
        return opened(SimulatedReader())

    monkeypatch.setattr("appliance.pipeline.opening.open_active", opening)
    monkeypatch.setattr("appliance.pipeline.opening.open_packages", opening)
    return asked


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


def _in_json(told: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in told.splitlines()]


def test_the_version_is_that_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"outpost {__version__}\n"


@pytest.mark.parametrize(
    "wrong",
    [
        ["read"],
        ["list"],
        ["run", "here"],
        ["list", "here", "--as", "knee"],
        ["run", "here", "-o", "there", "--device", "gpu"],
        ["ledger"],
        ["models"],
    ],
)
def test_a_wrong_command_line_is_a_misuse_and_says_how_it_is_used(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert ended.value.code == ExitCode.MISUSE
    told = capsys.readouterr().err
    assert told.startswith("usage: outpost")
    assert "outpost: " in told.splitlines()[-1]


def test_a_kind_that_is_not_read_is_answered_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["list", "here", "--as", "knee"])
    told = capsys.readouterr().err
    assert all(kind in told for kind in map(str, all_kinds()))


def test_a_folder_that_is_not_there_is_said_and_not_taken_for_an_empty_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", str(tmp_path / "gone")]) == ExitCode.MISUSE
    assert "does not exist" in capsys.readouterr().err


def test_a_listing_for_programs_is_an_event_a_line(scans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", str(scans), "--json"]) == ExitCode.ALL_READ
    assert "StudyChecked" in {event["event"] for event in _in_json(capsys.readouterr().out)}


def test_a_terminal_sees_the_count_grow_and_vanish(scans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert main(["list", str(scans)]) == ExitCode.ALL_READ
    assert " files …\r" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_settings_from_a_file_hold_and_damaged_ones_are_said(
    scans: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "outpost.toml"
    settings.write_text("[limits]\nmost_files = ", encoding="utf-8")
    assert main(["list", str(scans), "--settings", str(settings)]) == ExitCode.MISUSE
    assert "outpost.toml" in capsys.readouterr().err
    settings.write_text("", encoding="utf-8")
    assert main(["list", str(scans), "--settings", str(settings)]) == ExitCode.ALL_READ


@pytest.mark.parametrize("models", [[], ["--models", "own"]])
def test_a_run_reads_the_folder_with_the_models_that_were_asked_for(
    models: list[str],
    scans: Path,
    tmp_path: Path,
    simulated: list[tuple[object, ...]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", str(scans), "-o", str(tmp_path / "out"), "--json", *models]) == ExitCode.ALL_READ
    events = _in_json(capsys.readouterr().out)
    assert events[-1]["event"] == "Ended"
    assert (Path("own") in simulated[0]) is bool(models)
    assert len(list((tmp_path / "out").glob("*/findings.json"))) == 1


def test_a_run_of_nothing_is_no_success(
    tmp_path: Path, simulated: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scans").mkdir()
    assert main(["run", str(tmp_path / "scans"), "-o", str(tmp_path / "out")]) != ExitCode.ALL_READ
    assert capsys.readouterr().out


def test_an_executable_tells_the_update_that_brought_it_that_it_works(
    scans: Path, tmp_path: Path, simulated: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("appliance.update.handover.started_well", lambda: told.append("well"))
    assert main(["run", str(scans), "-o", str(tmp_path / "out")]) == ExitCode.ALL_READ
    assert told == []
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert main(["run", str(scans), "-o", str(tmp_path / "again")]) == ExitCode.ALL_READ
    assert told == ["well", "well"], "once the models are open, and at the end"


def test_the_demo_makes_its_clinic_and_lists_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def made(folder: Path) -> SampleClinic:
        return SampleClinic(clinic(folder / "scans", 1).parent, ())

    monkeypatch.setattr("appliance.sample.clinic.make_clinic", made)
    assert main(["demo", str(tmp_path / "demo")]) == ExitCode.ALL_READ
    told = capsys.readouterr().out
    assert "nothing is downloaded" in told
    assert "brain" in told.lower()


def test_the_app_needs_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == ExitCode.MISUSE
    assert "--help" in capsys.readouterr().err


def test_without_a_command_a_terminal_gets_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    opened_apps: list[str] = []
    monkeypatch.setattr("appliance.tui.start.run_app", lambda: opened_apps.append("app"))
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert main([]) == ExitCode.ALL_READ
    assert opened_apps == ["app"]


@pytest.mark.parametrize("broken", [KeyboardInterrupt, BrokenPipeError])
def test_what_is_stopped_by_hand_or_by_a_closed_pipe_ends_without_a_traceback(
    broken: type[BaseException], scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopping(*_: object) -> Iterator[str]:
        raise broken

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("appliance.listing.text_lines", stopping)
    assert main(["list", str(scans)]) == ExitCode.INTERRUPTED
    assert terminal.closed or terminal.getvalue().endswith("outpost: stopped.\n")


def test_letters_that_a_terminal_cannot_show_do_not_end_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", ascii_only)
    program._let_any_script_be_printed()
    ascii_only.write("مریم")
    ascii_only.flush()
    assert ascii_only.buffer.getvalue() == b"????"


def test_the_ledger_answers_with_its_newest_entry_and_fails_for_an_anchor_that_is_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_ledger(tmp_path, operator="Amina", app_version="0.1.0").ledger as ledger:
        ledger.found(StudyInput("one", "a" * 64, "patient"))
    assert main(["ledger", "verify", str(tmp_path)]) == ExitCode.ALL_READ
    newest = capsys.readouterr().out.splitlines()[-1].removeprefix("Newest entry: ")
    assert main(["ledger", "verify", str(tmp_path), "--anchor", newest]) == ExitCode.ALL_READ
    number, _, digest = newest.partition(":")
    gone = f"{int(number) + 5}:{digest}"
    assert main(["ledger", "verify", str(tmp_path), "--anchor", gone]) == ExitCode.SOME_REFUSED


def test_a_machine_is_examined_and_its_faults_decide(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "models" / "broken-1.0.0").mkdir(parents=True)
    (tmp_path / "models" / "broken-1.0.0" / "model.json").write_text("{", encoding="utf-8")
    for command in (["doctor", "-o", str(tmp_path), "--models"], ["models", "verify"]):
        assert main([*command, str(tmp_path / "models")]) == ExitCode.SOME_REFUSED
        assert "broken-1.0.0" in capsys.readouterr().out
