"""``outpost report STUDY``: one study's PDF, made again from what the reading left in its folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeVar

from appliance.errors import ExitCode, Misuse
from appliance.settings import PAPERS, Settings, load_settings
from appliance.words import shown

Parser = TypeVar("Parser", bound=argparse.ArgumentParser)
REPORT = "report.pdf"


def add_report_command(commands: argparse._SubParsersAction[Parser]) -> None:
    """Tell the command line of it."""
    parser = commands.add_parser("report", help="make a study's report again, in another language or on other paper")
    parser.add_argument("study", type=Path, help="a study's folder of results, with findings.json in it")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help=f"else {REPORT} in that folder")
    parser.add_argument("--paper", type=str.lower, choices=[paper.lower() for paper in PAPERS], help="the paper's size")
    parser.add_argument("--language", metavar="CODE", help="en, fr, es, hi or fa")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a settings file (outpost.toml)")
    parser.set_defaults(command=_report)


def _report(options: argparse.Namespace) -> ExitCode:
    from appliance.findings.json_file import NAME  # noqa: PLC0415 - keeps --version fast

    if not (options.study / NAME).is_file():
        raise Misuse(
            f"There is no {NAME} in {shown(str(options.study))}.",
            advice="Give the folder of one study, as the reading wrote it.",
        )
    settings = load_settings(options.settings) if options.settings else Settings()
    language = options.language or settings.clinic.language
    paper = next(paper for paper in PAPERS if paper.lower() == (options.paper or settings.clinic.paper.lower()))
    target: Path = options.output or options.study / REPORT
    _make(options.study, settings, language, paper, target)
    print(f"{shown(target.name)} was written into {shown(target.parent.name)}.")
    return ExitCode.ALL_READ


def _make(study: Path, settings: Settings, language: str, paper: str, target: Path) -> None:
    from appliance.atomic import write_whole  # noqa: PLC0415 - keeps --version fast
    from appliance.report.dossier import open_dossier  # noqa: PLC0415 - the same
    from appliance.report.pdf import make_pdf  # noqa: PLC0415 - the same

    dossier = open_dossier(study, settings.clinic.name, settings.clinic.logo)
    write_whole(target, make_pdf(dossier, language, paper))
