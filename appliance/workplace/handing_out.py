"""A report on its way to people: on paper, onto a stick, or made again if it is not there. The ledger is told of paper.

What a printer cannot take waits in the queue that ``outpost print`` uses too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance import __version__
from appliance.atomic import write_whole
from appliance.errors import OutputFailed
from appliance.ledger import open_ledger, output_of
from appliance.report.dossier import open_dossier
from appliance.report.pdf import make_pdf
from appliance.report.printing.desk import print_reports
from appliance.report.printing.queue import Queue, queue_folder
from appliance.report.printing.system import this_system
from appliance.words import shown
from appliance.workplace.results_list import report_of

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.report.printing.desk import Told
    from appliance.report.printing.system import PrintSystem
    from appliance.settings import Clinic


def make_report(folder: Path, name: str, clinic: Clinic) -> Path:
    """Make a study's PDF from what lies in its folder."""
    dossier = open_dossier(folder, clinic.name, clinic.logo)
    write_whole(folder / name, make_pdf(dossier, clinic.language, clinic.paper))
    return folder / name


def report_at_hand(folder: Path, clinic: Clinic) -> Path:
    """Return a study's PDF; one that is missing is made."""
    report = report_of(folder)
    return report if report.is_file() else make_report(folder, report.name, clinic)


def print_study(folder: Path, clinic: Clinic, system: PrintSystem | None = None, queue: Queue | None = None) -> Told:
    """Print a study's report, or let it wait; what went to the printer is told to the ledger."""
    report = report_at_hand(folder, clinic)
    waiting = queue or Queue(queue_folder())
    told = print_reports([report], clinic.printer, system or this_system(), waiting)
    if told.printed and not told.waiting:
        with open_ledger(folder.parent, operator="", app_version=__version__).ledger as ledger:
            ledger.printed(folder.name, output_of(report, folder.parent))
    return told


def save_study(folder: Path, target: Path, clinic: Clinic) -> Path:
    """Copy a study's report into another folder, under the study's number; nothing there is overwritten."""
    report = report_at_hand(folder, clinic)
    place = target / f"{folder.name}.pdf"
    data = report.read_bytes()
    if place.exists() and place.read_bytes() != data:
        raise OutputFailed(
            f"{shown(place.name)} is there already and is not the same.",
            advice="Choose another folder, or remove the old file first.",
        )
    write_whole(place, data)
    return place
