"""A report on its way to people: on paper, onto a stick, or made again if it is not there. The ledger is told of paper.

What a printer cannot take waits in the queue that ``outpost print`` uses too. What is saved is copied whole, and
nothing that is there already is overwritten by something else.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from appliance import __version__
from appliance.atomic import write_whole
from appliance.errors import OutputFailed
from appliance.ledger import open_ledger, output_of
from appliance.report.dossier import open_dossier
from appliance.report.files import DICOM, objects_of, report_of
from appliance.report.pdf import make_pdf
from appliance.report.printing.desk import print_reports
from appliance.report.printing.queue import Queue, queue_folder
from appliance.report.printing.system import this_system
from appliance.words import shown
from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from collections.abc import Callable
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


def waiting_reports() -> int:
    """Count what waits for the printer."""
    return len(Queue(queue_folder()).waiting())


def save_study(folder: Path, target: Path, clinic: Clinic) -> Path:
    """Copy a study's report into another folder, under the study's number."""
    return save_file(report_at_hand(folder, clinic), target / f"{folder.name}.pdf")


def save_dicom(folder: Path, target: Path) -> tuple[Path, ...]:
    """Copy a study's objects for the PACS into a folder of their own; signed ones in place of those they replace."""
    objects = objects_of(folder)
    if not objects:
        raise OutputFailed(
            say("There are no DICOM objects of {study}.", study=shown(folder.name)),
            advice=say("They are made for DICOM scans that were read; read the scan again if they were removed."),
        )
    place = target / f"{folder.name}-{DICOM}"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(place, error) from error
    return tuple(save_file(each, place / each.name) for each in objects)


def save_batch(files: tuple[Path, ...], target: Path, now: Callable[[], datetime] = datetime.now) -> tuple[Path, ...]:
    """Copy a batch's report under the time of today, so that last week's stays beside it."""
    at = f"{now():%Y-%m-%d-%H%M%S}"
    return tuple(save_file(path, target / f"{path.stem}-{at}{path.suffix}") for path in files)


def save_file(source: Path, place: Path) -> Path:
    """Copy one file; what is there already stays, and is said if it is something else."""
    try:
        data = source.read_bytes()
        is_other = place.exists() and place.read_bytes() != data
    except OSError as error:
        raise _unwritable(place, error) from error
    if is_other:
        raise OutputFailed(
            say("{file} is there already and is not the same.", file=shown(place.name)),
            advice=say("Choose another folder, or remove the old file first."),
        )
    write_whole(place, data)
    return place


def _unwritable(place: Path, error: OSError) -> OutputFailed:
    return OutputFailed(
        say("{file} could not be saved ({why}).", file=shown(place.name), why=error.strerror),
        advice=say("Check that the stick is plugged in, has room and is not write-protected."),
    )
