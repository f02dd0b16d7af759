"""What a pulled stick leaves behind: every way in which a folder can be less than it was is noticed and named."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from appliance import seal
from appliance.__main__ import main
from appliance.errors import ExitCode, OutputFailed
from appliance.verify import folder_in_use

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "Stick नमूना"
    seal.begin(folder)
    (folder / "program" / "parts").mkdir(parents=True)
    (folder / "program" / "outpost").write_bytes(b"program")
    (folder / "program" / "parts" / "library.so").write_bytes(b"library" * 1000)
    (folder / "page.pdf").write_bytes(b"")
    seal.finish(folder)
    return folder


def test_a_whole_folder_has_no_fault_and_what_is_added_later_is_none(stick: Path) -> None:
    (stick / "results").mkdir()
    (stick / "results" / "report.pdf").write_bytes(b"later")
    assert seal.first_fault(stick) == ""
    assert list(seal.faults(stick)) == []
    assert not (stick / seal.MARK).exists()


def test_a_stick_pulled_out_while_it_was_written_is_noticed(stick: Path) -> None:
    seal.begin(stick)
    assert not (stick / seal.SEAL).exists()
    assert seal.is_sealed(stick)
    assert seal.first_fault(stick) == "Stick नमूना was not written to its end"
    assert list(seal.faults(stick)) == ["Stick नमूना was not written to its end"]


@pytest.mark.parametrize("name", ["program/outpost", "program/parts/library.so", "page.pdf", seal.SUMS])
def test_a_file_that_is_gone_is_named_at_the_first_glance(stick: Path, name: str) -> None:
    (stick / name).unlink()
    assert seal.first_fault(stick) == f"{name} is missing or cannot be read"
    assert list(seal.faults(stick)) == [f"{name} is missing or cannot be read"]


def test_a_file_that_was_cut_short_is_named_at_the_first_glance(stick: Path) -> None:
    (stick / "program" / "parts" / "library.so").write_bytes(b"lib")
    assert seal.first_fault(stick).startswith("program/parts/library.so is damaged")


def test_a_changed_byte_is_found_by_reading_and_only_then(stick: Path) -> None:
    (stick / "program" / "outpost").write_bytes(b"Program")
    assert seal.first_fault(stick) == ""
    assert list(seal.faults(stick)) == ["program/outpost is damaged: its content is not what it should be"]


def test_sums_that_were_changed_together_with_a_file_are_found(stick: Path) -> None:
    other = stick.parent / "other"
    seal.begin(other)
    (other / "program").mkdir()
    (other / "program" / "outpost").write_bytes(b"Program")
    seal.finish(other)
    (stick / seal.SUMS).write_bytes((other / seal.SUMS).read_bytes())
    assert list(seal.faults(stick)) != []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"sums": 1}', b'{"sums": "", "sizes": {"a": "x"}}', b"\xff"])
def test_a_damaged_seal_is_a_fault_and_no_crash(stick: Path, content: bytes) -> None:
    (stick / seal.SEAL).write_bytes(content)
    assert "COMPLETE.json is missing or damaged" in seal.first_fault(stick)
    assert list(seal.faults(stick)) == ["COMPLETE.json is missing or damaged"]


def test_the_sums_are_what_the_usual_program_checks(stick: Path) -> None:
    run = subprocess.run(["sha256sum", "--check", "--quiet", seal.SUMS], cwd=stick, capture_output=True, check=False)
    assert (run.returncode, run.stdout) == (0, b"")


def test_a_folder_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputFailed, match="could not be written"):
        seal.begin(tmp_path / "file" / "stick")


def test_the_seal_comes_last(stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seal.begin(stick)

    def full(_: Path) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(seal, "_flushed", full)
    with pytest.raises(OutputFailed, match="No space left"):
        seal.finish(stick)
    assert (stick / seal.MARK).exists()
    assert not (stick / seal.SEAL).exists()


def test_the_command_reads_everything_and_names_every_fault(stick: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(stick)]) == ExitCode.ALL_READ
    assert "Every file is as it was written." in capsys.readouterr().out
    (stick / "program" / "outpost").write_bytes(b"Program")
    (stick / "program" / "parts" / "library.so").unlink()
    assert main(["verify", str(stick)]) == ExitCode.SOME_REFUSED
    told = capsys.readouterr().out
    assert "program/outpost is damaged" in told
    assert "program/parts/library.so is missing" in told
    assert "2 faults: do not use this copy" in told


def test_a_folder_without_a_seal_cannot_be_checked_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(tmp_path)]) == ExitCode.MISUSE
    assert "cannot be checked" in capsys.readouterr().err


def test_without_a_folder_the_stick_that_is_in_use_is_checked(
    stick: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert folder_in_use(stick / "program" / "outpost") == stick.resolve()
    assert folder_in_use(stick / "program" / "parts" / "library.so") == (stick / "program" / "parts").resolve()
    monkeypatch.setattr(sys, "executable", str(stick / "program" / "outpost"))
    assert main(["verify"]) == ExitCode.ALL_READ
    assert "Stick" in capsys.readouterr().out
