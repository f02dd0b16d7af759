"""Printing against simulated CUPS programs, and, among the slow tests, against a real CUPS with its PDF printer."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from brain_findings import brain_study
from findings_builders import write_study
from pypdfium2 import PdfDocument

from appliance.__main__ import main
from appliance.report.dossier import open_dossier
from appliance.report.pdf import make_pdf
from appliance.report.printing.queue import queue_folder

IDLE = "printer Office is idle.  enabled since Fri\n\tAlerts: none\n"
STOPPED = "printer Office disabled since Fri -\n\tPaused\n\tAlerts: paused\n"
JAMMED = "printer Office is idle.  enabled since Fri\n\tAlerts: media-jam-error\n"
OFFLINE = "printer Office is idle.  enabled since Fri\n\tAlerts: offline-report\n"


PRINTED_S = 240
"""CUPS draws every page through Ghostscript, twice, on a machine that does other things as well."""
WHERE_CUPS_PDF_WRITES = (Path("/var/spool/cups-pdf"), Path.home() / "PDF")


class Printer:
    """``lp`` and ``lpstat`` that answer what a test wants, and remember what was printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.printed = folder / "printed"
        self.printed.mkdir(parents=True)
        self.answers()

    def answers(
        self, *, usual: str = "system default destination: Office", state: str = IDLE, takes: bool = True, code: int = 0
    ) -> None:
        accepting = "accepting" if takes else "not accepting"
        self._program(
            "lpstat",
            f"case \"$1\" in -d) printf '%s\\n' '{usual}';; -a) echo 'Office {accepting} requests';;"
            f" *) printf '{state}';; esac",
        )
        keep = f'for last; do :; done; cp "$last" "{self.printed}/"' if code == 0 else "echo 'lp: out of spool' >&2"
        self._program("lp", f"{keep}; exit {code}")

    def _program(self, name: str, body: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def names(self) -> list[str]:
        return sorted(path.name for path in self.printed.iterdir())


@pytest.fixture
def printer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Printer:
    simulated = Printer(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    return simulated


@pytest.fixture
def report(tmp_path: Path) -> Path:
    folder = tmp_path / "anna"
    folder.mkdir()
    (folder / "report.pdf").write_bytes(b"%PDF-1.4 the report")
    return folder


def test_a_report_goes_to_the_usual_printer_and_leaves_the_queue(printer: Printer, report: Path) -> None:
    assert main(["print", str(report)]) == 0
    assert printer.names() == ["000001-anna-report.pdf"]
    assert list(queue_folder().iterdir()) == []


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"state": STOPPED}, "it is stopped"),
        ({"state": JAMMED}, "paper is jammed"),
        ({"state": OFFLINE}, "it is offline"),
        ({"takes": False}, "it takes no jobs"),
        ({"state": ""}, "the system does not know it"),
        ({"code": 1}, "out of spool"),
        ({"usual": "no system default destination", "state": ""}, "has no printer"),
    ],
)
def test_what_keeps_a_printer_from_printing_is_said_and_the_report_waits(
    answers: dict[str, object],
    said: str,
    printer: Printer,
    report: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    printer.answers(**answers)
    assert main(["print", str(report)]) == 1
    told = capsys.readouterr().out
    assert said in told
    assert "1 report in the queue" in told
    assert [path.read_bytes() for path in queue_folder().iterdir()] == [b"%PDF-1.4 the report"]


def test_what_waits_is_printed_in_its_order_once_the_printer_is_back(printer: Printer, report: Path) -> None:
    printer.answers(state=JAMMED)
    main(["print", str(report)])
    (report / "report.pdf").write_bytes(b"%PDF-1.4 read again")
    main(["print", str(report)])
    printer.answers()
    assert main(["print"]) == 0
    assert [(printer.printed / name).read_bytes() for name in printer.names()] == [
        b"%PDF-1.4 the report",
        b"%PDF-1.4 read again",
    ]
    assert list(queue_folder().iterdir()) == []


def test_nothing_to_print_is_said(printer: Printer, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["print"]) == 0
    assert "Nothing waits" in capsys.readouterr().out


def test_a_report_that_is_not_there_is_a_misuse(printer: Printer, tmp_path: Path) -> None:
    assert main(["print", str(tmp_path / "none.pdf")]) == 3
    assert not queue_folder().exists()


def test_the_only_printer_is_taken_and_several_are_named(
    printer: Printer, report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printer.answers(usual="no system default destination")
    assert main(["print", str(report)]) == 0
    printer.answers(usual="no system default destination", state=IDLE + IDLE.replace("Office", "Lab"))
    assert main(["print", str(report)]) == 1
    assert "clinic.printer" in capsys.readouterr().out


def test_a_computer_without_cups_says_so(
    printer: Printer, report: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["print", str(report)]) == 1
    assert "CUPS is not installed" in capsys.readouterr().out


def _answer(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
def test_a_real_cups_prints_to_its_pdf_printer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shutil.which("cupsd"), "install Debian's cups and printer-driver-cups-pdf"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    server = None
    if not _is_running():
        server = subprocess.Popen(["cupsd", "-f"])
    try:
        _when_running()
        _answer("lpadmin", "-p", "OutpostTest", "-v", "cups-pdf:/", "-m", "lsb/usr/cups-pdf/CUPS-PDF_opt.ppd", "-E")
        before = _tray()
        pdf = tmp_path / "outpost-test.pdf"
        pdf.write_bytes(_a_report(tmp_path))
        assert main(["print", str(pdf), "--printer", "OutpostTest"]) == 0
        _answer("cupsdisable", "OutpostTest")
        assert main(["print", str(pdf), "--printer", "OutpostTest"]) == 1
        assert len(list(queue_folder().iterdir())) == 1
        _answer("cupsenable", "OutpostTest")
        assert main(["print", "--printer", "OutpostTest"]) == 0
        assert _completed(2)
        in_the_tray = _tray() - before
        assert len(in_the_tray) == 2
        for path in in_the_tray:
            _is_the_same(path.read_bytes(), pdf.read_bytes())
    finally:
        subprocess.run(["lpadmin", "-x", "OutpostTest"], check=False)
        if server is not None:
            server.terminate()
            server.wait(20)


def _tray() -> set[Path]:
    return {path for folder in WHERE_CUPS_PDF_WRITES for path in folder.glob("**/*outpost-test*.pdf")}


def _is_running() -> bool:
    told = subprocess.run(["lpstat", "-r"], capture_output=True, text=True, check=False).stdout
    return "is running" in told


def _when_running() -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if _is_running():
            return
        time.sleep(0.2)
    raise AssertionError("CUPS did not start")


def _completed(jobs: int) -> bool:
    end = time.monotonic() + PRINTED_S
    while time.monotonic() < end:
        done = _answer("lpstat", "-W", "completed", "-o", "OutpostTest").strip().splitlines()
        if len(done) >= jobs:
            return True
        time.sleep(0.5)
    return False


def _a_report(folder: Path) -> bytes:
    """Make a real report: tagged, with pictures."""
    return make_pdf(open_dossier(write_study(brain_study(), folder)))


def _is_the_same(printed: bytes, sent: bytes) -> None:
    """Compare what lies in the tray with what was sent, as a person would: page by page."""
    pages = [
        [page.render(scale=0.5, grayscale=True).to_pil() for page in PdfDocument(data)] for data in (printed, sent)
    ]
    assert len(pages[0]) == len(pages[1])
    for tray, screen in zip(*pages, strict=True):
        apart = np.abs(np.asarray(tray.resize(screen.size), float) - np.asarray(screen, float))
        assert apart.mean() < 8
