"""A study's folder and the scans that it was read from → the DICOM objects, made again.

Guarantees: only the scans of the same study and series are answered; scans that are not there are said.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.contracts import StudyFound
from appliance.errors import Misuse
from appliance.report.dicom.answers import Answers, write_answers, write_document
from appliance.report.dicom.signed import write_signed
from appliance.report.dossier import open_dossier
from appliance.report.pdf import make_pdf
from appliance.studies import find_studies
from appliance.volumes import read_volumes
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.contracts import Study, Volume
    from appliance.report.dossier import Dossier
    from appliance.settings import Settings


def answer_again(folder: Path, scans: Path, settings: Settings) -> Answers:
    """Find the scans of a study, read their voxels' places again, and write the objects; signed ones beside them."""
    clinic = settings.clinic
    dossier = open_dossier(folder, clinic.name, clinic.logo)
    automatic = replace(dossier, review=None)
    volumes = dict(_volumes(dossier, _study(dossier, scans, settings), settings))
    answers = write_answers(automatic, folder, volumes, settings.limits)
    pdf = make_pdf(automatic, clinic.language, clinic.paper)
    document = write_document(automatic, folder, answers.scans, pdf)
    files = (*answers.files, *((document,) if document else ()))
    if dossier.review is None:
        return Answers(files, answers.notices)
    signed = write_signed(folder, dossier, make_pdf(dossier, clinic.language, clinic.paper))
    return Answers((*files, *signed.files), (*answers.notices, *signed.notices))


def _study(dossier: Dossier, scans: Path, settings: Settings) -> Study:
    uid = dossier.findings.examination.uid
    for event in find_studies(scans, settings):
        if isinstance(event, StudyFound) and uid is not None and event.study.facts.uid == uid:
            return event.study
    raise Misuse(
        f"The scans of {shown(dossier.findings.study)} are not in {shown(scans.name)}.",
        advice="Give the folder that was read; objects can be made for DICOM scans alone.",
    )


def _volumes(dossier: Dossier, study: Study, settings: Settings) -> Iterator[tuple[str, Volume]]:
    for wanted in dossier.findings.series:
        for series in study.series:
            if series.facts.uid == wanted.uid and wanted.grid is not None:
                yield from ((wanted.id, volume) for volume in read_volumes(study, series, settings)
                            if volume.part == wanted.part)  # fmt: skip
