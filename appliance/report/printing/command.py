"""``outpost print``: reports on paper; without a file, what waits in the queue."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeVar

from appliance.errors import ExitCode, Misuse
from appliance.settings import Settings, load_settings
from appliance.words import shown

Parser = TypeVar("Parser", bound=argparse.ArgumentParser)


def add_print_command(commands: argparse._SubParsersAction[Parser]) -> None:
    """Tell the command line of it."""
    parser = commands.add_parser("print", help="print reports, or what waits for the printer")
    parser.add_argument("reports", type=Path, nargs="*", help="PDFs, or folders of studies; none prints what waits")
    parser.add_argument("--printer", metavar="NAME", help="instead of the usual one")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a settings file (outpost.toml)")
    parser.set_defaults(command=_print)


def _print(options: argparse.Namespace) -> ExitCode:
    from appliance.report.printing.desk import print_reports  # noqa: PLC0415 - keeps --version fast
    from appliance.report.printing.queue import Queue, queue_folder  # noqa: PLC0415 - the same
    from appliance.report.printing.system import this_system  # noqa: PLC0415 - the same

    settings = load_settings(options.settings) if options.settings else Settings()
    queue = Queue(queue_folder())
    pdfs = [_report_in(path) for path in options.reports]
    if not pdfs and not queue.waiting():
        print("Nothing waits for the printer.")
        return ExitCode.ALL_READ
    told = print_reports(pdfs, options.printer or settings.clinic.printer, this_system(), queue)
    print("\n".join(told.sentences))
    return ExitCode.SOME_REFUSED if told.waiting else ExitCode.ALL_READ


def _report_in(path: Path) -> Path:
    from appliance.report.files import report_of  # noqa: PLC0415 - keeps --version fast

    pdf = report_of(path) if path.is_dir() else path
    if not pdf.is_file():
        raise Misuse(
            f"There is no report {shown(str(pdf))}.", advice="Give a PDF, or a study's folder with report.pdf."
        )
    return pdf
