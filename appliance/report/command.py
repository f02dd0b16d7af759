"""``outpost report FOLDER``: one study's PDF made again, or the PDF and the workbook of a whole batch."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from appliance.errors import ExitCode, Misuse
from appliance.settings import PAPERS, Settings, load_settings
from appliance.words import counted, shown

if TYPE_CHECKING:
    from collections.abc import Callable

Parser = TypeVar("Parser", bound=argparse.ArgumentParser)
REPORT, BATCH, WORKBOOK = "report.pdf", "batch.pdf", "batch.xlsx"


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
    _told(output or study / REPORT, pdf, write_whole)
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
    from appliance.atomic import write_whole  # noqa: PLC0415 - keeps --version fast
    from appliance.report.batch import read_batch, sheets_of  # noqa: PLC0415 - the same
    from appliance.report.batch_pages import NEVER, make_batch_pages  # noqa: PLC0415 - the same
    from appliance.report.workbook import workbook_of  # noqa: PLC0415 - the same

    batch = read_batch(folder)
    if not batch.studies and not batch.damaged:
        raise Misuse(
            f"There are no results in {shown(str(folder))}.",
            advice="Give the folder of one study, or one that results were written into.",
        )
    target = output or folder / BATCH
    write_whole(target.with_name(WORKBOOK), workbook_of(sheets_of(batch), batch.made_at or NEVER))
    print(f"{counted(len(batch.studies), 'study', 'studies')}: {WORKBOOK} was written.")
    _told(target, make_batch_pages(batch, settings.clinic.name, language, paper), write_whole)
    return ExitCode.ALL_READ


def _told(target: Path, content: bytes, write: Callable[[Path, bytes], None]) -> None:
    write(target, content)
    print(f"{shown(target.name)} was written into {shown(target.parent.name)}.")
