"""A new program from an update: started next time, given up if it does not come up."""

from __future__ import annotations

import stat
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from publishing import Clinic, Publisher, a_package

from appliance.__main__ import main
from appliance.errors import Misuse, UpdateRefused
from appliance.ledger import open_ledger
from appliance.tui.places import load_everything
from appliance.update import handover
from appliance.update.handover import MOST_TRIES, program_to_start, read_programs, started_well
from appliance.update.machine import platform_name
from appliance.update.release import Program
from appliance.update.rollback import roll_back_program
from appliance.update.standing import standing_of

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.state import MachineState

OWN = "0.1.0"


def a_program(folder: Path, version: str = "0.2.0", start: str = "outpost") -> tuple[Program, Path]:
    """Write a program folder: something to start, a library in a folder, an empty file."""
    (folder / "_internal").mkdir(parents=True)
    (folder / start).write_text(f"#!/bin/sh\necho program {version}\n", encoding="utf-8")
    (folder / start).chmod(0o755)
    (folder / "_internal" / "library (1).so").write_bytes(b"x" * 1000)
    (folder / "_internal" / "empty").touch()
    return Program(platform_name(), version, start), folder


@pytest.fixture
def state(clinic: Clinic) -> MachineState:
    return clinic.machine.state


@pytest.fixture
def installed(clinic: Clinic, publisher: Publisher, tmp_path: Path) -> Clinic:
    clinic.install(publisher.bundle(tmp_path / "program.outpost", programs=(a_program(tmp_path / "program"),)))
    return clinic


def running(monkeypatch: pytest.MonkeyPatch, state: MachineState, name: str) -> None:
    """Be the program of a slot."""
    monkeypatch.setattr(sys, "executable", str(state.program_slots / name / "outpost"))


def test_where_no_update_came_the_program_that_is_called_starts(state: MachineState) -> None:
    assert program_to_start(OWN, state) is None
    started_well(state)
    assert not state.folder.exists()


def test_a_new_program_is_started_next_time(installed: Clinic, state: MachineState) -> None:
    program = program_to_start(OWN, state)
    assert program == state.program_slots / "0001" / "outpost"
    assert program.stat().st_mode & stat.S_IXUSR
    assert not (program.parent / "_internal" / "empty").stat().st_mode & stat.S_IXUSR
    answer = subprocess.run([str(program)], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout == "program 0.2.0\n"
    assert "brain-lesions-1.0.0" in installed.packages()


def test_models_and_program_come_in_one_bundle(
    clinic: Clinic, publisher: Publisher, packages: dict[str, Path], tmp_path: Path, here: None
) -> None:
    bundle = publisher.bundle(
        tmp_path / "both", packages["brain-lesions-1.1.0"], programs=(a_program(tmp_path / "program"),)
    )
    clinic.install(bundle)
    assert "brain-lesions-1.1.0" in clinic.packages()
    assert program_to_start(OWN, clinic.machine.state) is not None


def test_models_that_need_the_new_program_wait_for_it(
    clinic: Clinic, publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: None
) -> None:
    package = a_package(tmp_path / "packages", version="1.1.0", minimum_app_version="0.2.0")
    monkeypatch.setattr("appliance.models.package.__version__", "0.2.0")
    bundle = publisher.bundle(tmp_path / "both", package, programs=(a_program(tmp_path / "program"),))
    lines = clinic.install(bundle)
    assert any("start Outpost again, then install this update once more" in each.sentence for each in lines)
    assert "brain-lesions-1.0.0" in clinic.packages()
    newer = Clinic(replace(clinic.machine, app_version="0.2.0"))
    newer.install(bundle)
    assert "brain-lesions-1.1.0" in newer.packages()


def test_a_program_that_is_running_does_not_start_itself(
    installed: Clinic, state: MachineState, monkeypatch: pytest.MonkeyPatch
) -> None:
    running(monkeypatch, state, "0001")
    assert program_to_start("0.2.0", state) is None


def test_a_newer_stick_is_not_held_back_by_an_older_update(installed: Clinic, state: MachineState) -> None:
    assert program_to_start("0.2.0", state) is None
    assert program_to_start("0.3.0", state) is None


def test_a_program_that_never_comes_up_is_given_up(installed: Clinic, state: MachineState) -> None:
    for _ in range(MOST_TRIES):
        assert program_to_start(OWN, state) is not None
    assert program_to_start(OWN, state) is None
    assert "never came up" in "\n".join(standing_of(installed.machine).lines())
    with open_ledger(state.folder, operator="", app_version="0").ledger as ledger:
        assert ledger.updates()[-1]["step"] == "rolled-back"
        assert "never came up" in ledger.updates()[-1]["program"]


def test_a_program_that_came_up_once_is_kept(
    installed: Clinic, state: MachineState, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert program_to_start(OWN, state) is not None
    with monkeypatch.context() as inside:
        running(inside, state, "0001")
        started_well(state)
    for _ in range(MOST_TRIES + 2):
        assert program_to_start(OWN, state) is not None
    active = read_programs(state).active
    assert active is not None
    assert active.proven


@pytest.mark.parametrize("arguments", [["models", "list"], ["models", "update", "/nowhere"]])
def test_a_command_that_comes_to_its_answer_shows_that_the_program_works(
    arguments: list[str], installed: Clinic, state: MachineState, monkeypatch: pytest.MonkeyPatch
) -> None:
    running(monkeypatch, state, "0001")
    monkeypatch.setenv("OUTPOST_STATE", str(state.folder))
    main(arguments)
    active = read_programs(state).active
    assert active is not None
    assert not active.proven
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    main(arguments)
    active = read_programs(state).active
    assert active is not None
    assert active.proven


def test_the_app_shows_that_the_program_works_once_everything_is_loaded(
    installed: Clinic, state: MachineState, monkeypatch: pytest.MonkeyPatch
) -> None:
    running(monkeypatch, state, "0001")
    monkeypatch.setenv("OUTPOST_STATE", str(state.folder))
    load_everything()
    active = read_programs(state).active
    assert active is not None
    assert active.proven


def test_only_the_program_itself_can_say_that_it_came_up(installed: Clinic, state: MachineState) -> None:
    program_to_start(OWN, state)
    started_well(state)
    active = read_programs(state).active
    assert active is not None
    assert not active.proven


@pytest.mark.parametrize("proven", [False, True])
@pytest.mark.parametrize("damage", ["changed", "cut", "gone", "seal"])
def test_a_damaged_program_is_not_started(
    damage: str,
    proven: bool,  # noqa: FBT001 - a parameter
    installed: Clinic,
    state: MachineState,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if proven:
        with monkeypatch.context() as inside:
            running(inside, state, "0001")
            started_well(state)
    library = state.program_slots / "0001" / "_internal" / "library (1).so"
    match damage:
        case "changed":
            library.write_bytes(b"y" * 1000)
        case "cut":
            library.write_bytes(b"x")
        case "gone":
            library.unlink()
        case _:
            (state.program_slots / "0001.json").write_bytes(b"{")
    assert program_to_start(OWN, state) is None
    assert "Program 0.2.0 is no longer used" in "\n".join(standing_of(installed.machine).lines())


def test_a_program_that_fails_gives_way_to_the_one_before(
    installed: Clinic, state: MachineState, publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as inside:
        running(inside, state, "0001")
        started_well(state)
    installed.install(publisher.bundle(tmp_path / "2", programs=(a_program(tmp_path / "newer", "0.3.0"),)))
    for _ in range(MOST_TRIES):
        assert program_to_start(OWN, state) == state.program_slots / "0002" / "outpost"
    assert program_to_start(OWN, state) == state.program_slots / "0001" / "outpost"


def test_a_program_that_never_started_is_no_way_back(
    installed: Clinic, state: MachineState, publisher: Publisher, tmp_path: Path
) -> None:
    installed.install(publisher.bundle(tmp_path / "2", programs=(a_program(tmp_path / "newer", "0.3.0"),)))
    assert read_programs(state).previous is None
    assert sorted(path.name for path in state.program_slots.iterdir()) == ["0002", "0002.json"]


def test_going_back_on_purpose(installed: Clinic, state: MachineState) -> None:
    assert "the program that is called" in roll_back_program(installed.machine)
    assert program_to_start(OWN, state) is None
    with pytest.raises(Misuse, match="No update brought a program"):
        roll_back_program(installed.machine)


def test_a_program_for_another_system_is_left_out(clinic: Clinic, publisher: Publisher, tmp_path: Path) -> None:
    program, folder = a_program(tmp_path / "program")
    bundle = publisher.bundle(tmp_path / "bundle", programs=((replace(program, platform="plan9-x86_64"), folder),))
    lines = clinic.install(bundle)
    assert any("for plan9-x86_64, not for this machine" in each.sentence for each in lines)
    assert not clinic.machine.state.program_slots.exists()


def test_a_damaged_list_of_programs_starts_the_one_that_is_called(
    installed: Clinic, state: MachineState, publisher: Publisher, tmp_path: Path
) -> None:
    for content in (b"", b"\xff", b"{}", b"[]"):
        state.programs.write_bytes(content)
        assert program_to_start(OWN, state) is None
        started_well(state)
    installed.install(publisher.bundle(tmp_path / "2", programs=(a_program(tmp_path / "newer", "0.3.0"),)))
    assert program_to_start(OWN, state) == state.program_slots / "0002" / "outpost"


def test_where_tries_cannot_be_counted_nothing_new_is_tried(
    installed: Clinic, state: MachineState, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path, _data: bytes) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(handover, "write_whole", refuse)
    assert program_to_start(OWN, state) is None


def test_a_bundle_whose_program_has_nothing_to_start(clinic: Clinic, publisher: Publisher, tmp_path: Path) -> None:
    program, folder = a_program(tmp_path / "program")
    with pytest.raises(Misuse, match="has no file other"):
        publisher.bundle(tmp_path / "bundle", programs=((replace(program, start="other"), folder),))
    with pytest.raises(UpdateRefused, match="cannot be one"):
        clinic.install(
            publisher.bundle(tmp_path / "bundle2", programs=((replace(program, start="../program/outpost"), folder),))
        )


def test_asking_which_program_to_start_loads_the_standard_library_alone() -> None:
    code = "import sys; import appliance.update.handover; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert "appliance.update.handover" in loaded.split()
    heavy = {"numpy", "tuf.api", "pydicom", "securesystemslib", "platformdirs", "psutil", "sqlite3", "urllib3"}
    assert not heavy & set(loaded.split())
