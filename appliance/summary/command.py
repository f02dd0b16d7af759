"""``outpost report FOLDER``: one study's PDF made again, or the PDF and the workbook of a whole batch."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, TypeVar

from appliance.errors import ExitCode
from appliance.settings import PAPERS, Settings, load_settings
from appliance.words import counted, shown

if TYPE_CHECKING:
    from appliance.settings import Clinic

LONGEST_PATH = 1000
Parser = TypeVar("Parser", bound=argparse.ArgumentParser)


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
    paper = next(paper for paper in PAPERS if paper.lower() == (options.paper or settings.clinic.paper.lower()))
    clinic = replace(settings.clinic, language=options.language or settings.clinic.language, paper=paper)
    if not (options.folder / NAME).is_file():
        return _of_batch(options.folder, clinic, options.output)
    _of_study(options.folder, clinic, options.output)
    if options.dicom:
        return _answer(options.folder, options.dicom, replace(settings, clinic=clinic))
    return ExitCode.ALL_READ


def _of_study(study: Path, clinic: Clinic, output: Path | None) -> None:
    """Make the pages again; those of a signed study carry the signature and leave the automatic ones as they are."""
    from appliance.atomic import write_whole  # noqa: PLC0415 - keeps --version fast
    from appliance.report.dossier import open_dossier  # noqa: PLC0415 - the same
    from appliance.report.files import REPORT, SIGNED_REPORT  # noqa: PLC0415 - the same
    from appliance.report.pdf import make_pdf  # noqa: PLC0415 - the same

    dossier = open_dossier(study, clinic.name, clinic.logo)
    target = output or study / (REPORT if dossier.review is None else SIGNED_REPORT)
    write_whole(target, make_pdf(dossier, clinic.language, clinic.paper))
    print(f"{shown(target.name)} was written into {shown(target.parent.name)}.")


def _answer(study: Path, scans: Path, settings: Settings) -> ExitCode:
    from appliance.report.dicom.again import answer_again  # noqa: PLC0415 - keeps --version fast

    answers = answer_again(study, scans, settings)
    print(
        "\n".join(
            (*answers.notices, f"{counted(len(answers.files), 'DICOM object')} written into {shown(study.name)}.")
        )
    )
    return ExitCode.SOME_REFUSED if answers.notices or not answers.files else ExitCode.ALL_READ


def _of_batch(folder: Path, clinic: Clinic, output: Path | None) -> ExitCode:
    from appliance.report.batch_files import write_batch_report  # noqa: PLC0415 - keeps --version fast
    from appliance.summary.closing import closing_table  # noqa: PLC0415 - the same

    written = write_batch_report(folder, clinic, output)
    print("\n".join(closing_table(written.batch, get_terminal_size().columns)))
    print(f"All of it: {shown(str(written.pdf), longest=LONGEST_PATH)}")
    print(f"as tables: {shown(str(written.workbook), longest=LONGEST_PATH)}")
    return ExitCode.ALL_READ
