"""A folder of results → ``batch.pdf`` and ``batch.xlsx`` beside the studies, each whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.atomic import write_whole
from appliance.errors import Misuse
from appliance.report.batch import Batch, read_batch, sheets_of
from appliance.report.batch_pages import NEVER, make_batch_pages
from appliance.report.workbook import workbook_of
from appliance.words import shown

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.settings import Clinic

BATCH, WORKBOOK = "batch.pdf", "batch.xlsx"


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What was written."""

    pdf: Path
    workbook: Path
    batch: Batch


def write_batch_report(folder: Path, clinic: Clinic, target: Path | None = None) -> BatchReport:
    """Write both; ``target`` is where the PDF goes if not into the folder itself."""
    batch = read_batch(folder)
    if not batch.studies and not batch.unread:
        raise Misuse(
            f"There are no results in {shown(str(folder))}.",
            advice="Give the folder of one study, or one that results were written into.",
        )
    pdf = target or folder / BATCH
    workbook = pdf.with_name(WORKBOOK)
    write_whole(workbook, workbook_of(sheets_of(batch), batch.made_at or NEVER))
    write_whole(pdf, make_batch_pages(batch, clinic.name, clinic.language, clinic.paper))
    return BatchReport(pdf, workbook, batch)
