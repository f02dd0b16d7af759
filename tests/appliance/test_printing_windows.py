"""Printing on Windows with a simulated shell: what it is asked, and what is said when it cannot."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from appliance.report.printing.desk import print_reports
from appliance.report.printing.queue import Queue
from appliance.report.printing.system import NotPrinted, this_system
from appliance.report.printing.windows import WindowsPrinting


class Shell:
    """``os.startfile``, which exists on Windows alone."""

    def __init__(self, error: OSError | None = None) -> None:
        self.error = error
        self.asked: list[tuple[str, str]] = []

    def __call__(self, path: Path, verb: str) -> None:
        if self.error is not None:
            raise self.error
        self.asked.append((path.name, verb))


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    simulated = Shell()
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "startfile", simulated, raising=False)
    return simulated


def test_windows_is_asked_to_print_with_the_program_for_pdfs(shell: Shell) -> None:
    system = this_system()
    assert isinstance(system, WindowsPrinting)
    taken = system.hand_over(Path("report.pdf"), "")
    assert shell.asked == [("report.pdf", "print")]
    assert "was given to the usual printer" in taken.sentence


def test_what_windows_cannot_print_is_said_and_waits(shell: Shell, tmp_path: Path) -> None:
    shell.error = OSError(1155, "No application is associated with the file")
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.4")
    queue = Queue(tmp_path / "queue")
    told = print_reports([tmp_path / "report.pdf"], "", this_system(), queue)
    assert (told.printed, told.waiting) == (0, 1)
    assert "No application is associated" in told.sentences[0]
    assert "a program for PDFs is installed" in told.sentences[0]
    shell.error = None
    assert print_reports([], "", this_system(), queue).printed == 1
    assert queue.waiting() == ()


def test_a_refusal_names_the_report(shell: Shell) -> None:
    shell.error = OSError(5, "Access is denied")
    with pytest.raises(NotPrinted, match=r"anna\.pdf"):
        WindowsPrinting().hand_over(Path("anna.pdf"), "")
