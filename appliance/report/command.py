"""``outpost report FOLDER``: one study's PDF made again, or the PDF and the workbook of a whole batch."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from appliance.errors import ExitCode
from appliance.settings import PAPERS, Settings, load_settings
from appliance.words import counted, shown

Parser = TypeVar("Parser", bound=argparse.ArgumentParser)
REPORT = "report.pdf"


def add_report_command(commands: argparse._SubParsersAction[Parser]) -> None:
    """Tell the command line of it."""
    parser = commands.add_parser("report", help="make reports again, in another language or on other paper")
    parser.add_argument("folder", type=Path, help="one study's results, or a folder of many, which are put together")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write the PDF; else in the folder")
    parser.add_argument("--paper", type=str.lower, choices=[paper.lower() for paper in PAPERS], help="the paper's size")
    parser.add_argument("--language", metavar="CODE", help="en, fr, es, hi or fa")
    parser.add_argument(
        "--dicom", type=Path, metavar="SCANS", help="also answer the PACS; SCANS is where the scans lie"
    )
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a settings file (outpost.toml)")
    parser.set_defaults(command=_report)


def _report(options: argparse.Namespace) -> ExitCode:
    from appliance.findings.json_file import NAME  # noqa: PLC0415 - keeps --version fast

    settings = load_settings(options.settings) if options.settings else Settings()
    language = options.language or settings.clinic.language
    paper = next(paper for paper in PAPERS if paper.lower() == (options.paper or settings.clinic.paper.lower()))
    if (options.folder / NAME).is_file():
        pdf = _of_study(options.folder, settings, language, paper, options.output)
        return _answer(options.folder, options.dicom, settings, pdf) if options.dicom else ExitCode.ALL_READ
    return _of_batch(options.folder, settings, language, paper, options.output)


def _of_study(study: Path, settings: Settings, language: str, paper: str, output: Path | None) -> bytes:
    from appliance.atomic import write_whole  # noqa: PLC0415 - keeps --version fast
    from appliance.report.dossier import open_dossier  # noqa: PLC0415 - the same
    from appliance.report.pdf import make_pdf  # noqa: PLC0415 - the same

    dossier = open_dossier(study, settings.clinic.name, settings.clinic.logo)
    pdf = make_pdf(dossier, language, paper)
    target = output or study / REPORT
    write_whole(target, pdf)
    print(f"{shown(target.name)} was written into {shown(target.parent.name)}.")
    return pdf


def _answer(study: Path, scans: Path, settings: Settings, pdf: bytes) -> ExitCode:
    from appliance.report.dicom.again import answer_again  # noqa: PLC0415 - keeps --version fast

    answers = answer_again(study, scans, settings, pdf)
    print(
        "\n".join(
            (*answers.notices, f"{counted(len(answers.files), 'DICOM object')} written into {shown(study.name)}.")
        )
    )
    return ExitCode.SOME_REFUSED if answers.notices or not answers.files else ExitCode.ALL_READ


def _of_batch(folder: Path, settings: Settings, language: str, paper: str, output: Path | None) -> ExitCode:
    from appliance.report.batch_files import write_batch_report  # noqa: PLC0415 - keeps --version fast

    written = write_batch_report(folder, replace(settings.clinic, language=language, paper=paper), output)
    print(f"{counted(written.studies, 'study', 'studies')}: {written.workbook.name} was written.")
    print(f"{shown(written.pdf.name)} was written into {shown(written.pdf.parent.name)}.")
    return ExitCode.ALL_READ
