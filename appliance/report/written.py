"""All reports of one study, written beside its findings: the pages, and the objects for the PACS.

Guarantees: an object that cannot be made for odd headers costs itself alone, and the pages say so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.atomic import write_whole
from appliance.report.dicom.answers import write_answers, write_document
from appliance.report.dossier import open_dossier
from appliance.report.files import REPORT
from appliance.report.pdf import make_pdf

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from appliance.contracts import Volume
    from appliance.settings import Settings


def write_reports(folder: Path, volumes: Mapping[str, Volume], settings: Settings) -> tuple[Path, ...]:
    """Write them; ``volumes`` are those that were read, by ``SeriesRead.id``."""
    clinic = settings.clinic
    dossier = open_dossier(folder, clinic.name, clinic.logo)
    answers = write_answers(dossier, folder, volumes, settings.limits)
    told = replace(dossier, notices=(*dossier.notices, *answers.notices))
    pdf = make_pdf(told, clinic.language, clinic.paper)
    write_whole(folder / REPORT, pdf)
    document = write_document(told, folder, answers.scans, pdf)
    return (folder / REPORT, *answers.files, *((document,) if document is not None else ()))
