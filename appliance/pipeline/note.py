"""A study that could not be read to its end → a folder with one page that says why, and what to do.

Guarantees: what an earlier reading found is never replaced by a note; a page that cannot be drawn, because drawing is
what broke, costs only itself: the reason still stands in ``findings.json``. The next reading replaces the note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance import __version__
from appliance.atomic import write_whole
from appliance.errors import OutpostError, Refused, Unreadable
from appliance.findings.json_file import NAME, as_json, read_findings
from appliance.findings.sources import examination_of, patient_of
from appliance.findings.study import DISCLAIMER, FORMAT, VERSION, Findings, Outcome, Problem, Program
from appliance.pipeline.plan import folder_name
from appliance.pipeline.staging import put_in_place, staged
from appliance.report.dossier import open_dossier
from appliance.report.files import REPORT
from appliance.report.pdf import make_pdf
from appliance.settings import Clinic
from appliance.words import shown

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.contracts import Study
    from appliance.pipeline.request import Batch

FULL, UNFORESEEN, BROKEN = "out-of-memory", "unforeseen", "broken"
"""Reasons of problems that lie in this program or machine."""
AGAIN = "It is tried again when this folder is read the next time."
NO_MEMORY = "There was not enough memory for this study."
CLOSE = "Close other programs."
NOT_FORESEEN = "Something went wrong that was not foreseen ({error})."
SEND = "If it happens again, send this sentence to whoever looks after this program."


def problem_of(error: BaseException) -> Problem:
    """Say what broke a reading, in words for a technician."""
    if isinstance(error, OutpostError):
        reason = error.reason if isinstance(error, Refused) else BROKEN
        return Problem(reason, error.what, error.advice, None, None)
    if isinstance(error, MemoryError):
        return Problem(FULL, NO_MEMORY, f"{CLOSE} {AGAIN}", None, None)
    sentence = NOT_FORESEEN.format(error=f"{type(error).__name__}: {shown(str(error))}")
    return Problem(UNFORESEEN, sentence, f"{AGAIN} {SEND}", None, None)


def write_note(study: Study, problem: Problem, outcome: Outcome, batch: Batch) -> str | None:
    """Write the note of a study; give its folder's name, or ``None`` where earlier results stay."""
    name = folder_name(study, batch.settings.clinic.folders)
    if _was_read(batch.output / name):
        return None
    with staged(batch.output, name) as making:
        write_whole(making / NAME, as_json(_findings(study, problem, outcome, batch)).encode())
        page = _page(making, batch.settings.clinic)
        if page is not None:
            write_whole(making / REPORT, page)
        put_in_place(making, batch.output, name)
    return name


def _was_read(folder: Path) -> bool:
    try:
        return read_findings(folder / NAME).outcome in {Outcome.READ, Outcome.PARTLY}
    except Unreadable:
        return False


def _page(folder: Path, clinic: Clinic) -> bytes | None:
    """Draw the page; without the clinic's wishes if they are what breaks it, and not at all if nothing helps."""
    for wishes in (clinic, Clinic()):
        try:
            dossier = open_dossier(folder, wishes.name, wishes.logo)
            return make_pdf(dossier, wishes.language, wishes.paper)
        except Exception:  # noqa: BLE001, S112 - the drawing may be what broke, and the reason is told without it
            continue
    return None


def _findings(study: Study, problem: Problem, outcome: Outcome, batch: Batch) -> Findings:
    return Findings(
        format=FORMAT,
        version=VERSION,
        program=Program("outpost", __version__),
        made_at=batch.clock(),
        study=study.key,
        source=shown(batch.folder.name or str(batch.folder)),
        outcome=outcome,
        patient=patient_of(study.patient),
        examination=examination_of(study.facts),
        series=(),
        problems=(problem,),
        notes=tuple(study.notes),
        brain=(),
        spine_axial=(),
        spine_sagittal=(),
        disagreements=(),
        models=(),
        settings={},
        timings=(),
        pictures=(),
        outputs=(),
        disclaimer=DISCLAIMER,
    )
