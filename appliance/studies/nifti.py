"""NIfTI files → studies: each file is one, unless its name or folder says which visit it belongs to (BIDS).

A NIfTI file knows nothing of patients; what is known comes from the JSON beside it and from ``sub-`` and
``ses-`` in its path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from appliance.contracts import FileFormat, LeftOut, PatientFacts, Reason, Series, SeriesFacts, Study, StudyFacts
from appliance.recognition.evidence import Said
from appliance.recognition.screening import SetAside, screen_nifti
from appliance.recognition.stack import Stack
from appliance.studies.assembly import as_aside, decide, not_read, study_key, without_needless_questions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.contracts import Source
    from appliance.headers.read import NiftiHeader
    from appliance.studies.assembly import Order

SUBJECT: Final = re.compile(r"sub-([^_/\\]+)")
SESSION: Final = re.compile(r"ses-([^_/\\]+)")
COPY: Final = SetAside(Reason.DUPLICATE, "it is a copy of a file that is read already")
ENDINGS: Final = re.compile(r"\.nii(\.gz)?$", re.IGNORECASE)


@dataclass(slots=True)
class Visit:
    """NIfTI files that belong to one visit."""

    subject: str | None
    headers: list[NiftiHeader] = field(default_factory=list)


class NiftiFiling:
    """All NIfTI files of a folder while it is looked through."""

    def __init__(self) -> None:
        self._visits: dict[tuple[str, ...], Visit] = {}
        self._seen: set[bytes] = set()

    def file(self, header: NiftiHeader) -> LeftOut | None:
        """File one image, or say why it is left out on its own."""
        aside = screen_nifti(header.source.name, header.grid, described=header.sidecar is not None)
        if header.fingerprint in self._seen:
            aside = COPY
        self._seen.add(header.fingerprint)
        if aside is not None:
            return not_read(_facts(header), header.source, aside)
        key, subject = _visit_of(header.source)
        self._visits.setdefault(key, Visit(subject)).headers.append(header)
        return None

    def series_count(self) -> int:
        """Count the files that may be read."""
        return sum(len(visit.headers) for visit in self._visits.values())

    def studies(self, order: Order) -> Iterator[tuple[Study | None, list[LeftOut]]]:
        """Hand out each study, letting go of it."""
        while self._visits:
            yield _assembled(self._visits.pop(next(iter(self._visits))), order)


def _visit_of(source: Source) -> tuple[tuple[str, ...], str | None]:
    """Find the visit in a path: subject and session below one folder, or else the file on its own."""
    whole = f"{source.path}/{source.member}".replace("\\", "/").rstrip("/")
    subjects = SUBJECT.findall(whole)
    if not subjects:
        return (whole,), None
    start = whole.index(f"sub-{subjects[-1]}")
    session = SESSION.search(whole, start)
    return (whole[:start], subjects[-1], session[1] if session else ""), subjects[-1]


def _assembled(visit: Visit, order: Order) -> tuple[Study | None, list[LeftOut]]:
    decided = [(header, _decided(header, order)) for header in visit.headers]
    left_out = [outcome for _, outcome in decided if isinstance(outcome, LeftOut)]
    series, recut = without_needless_questions([outcome for _, outcome in decided if isinstance(outcome, Series)])
    left_out += recut
    read = [header for header, outcome in decided if outcome in series]
    if not read:
        return None, left_out
    key = study_key(header.fingerprint.hex() for header in read)
    notes = tuple(dict.fromkeys(header.note for header in read if header.note))
    return Study(key, _patient(read, visit.subject), _study_facts(read), tuple(series), notes), left_out


def _decided(header: NiftiHeader, order: Order) -> Series | LeftOut:
    facts, grid = _facts(header), header.grid
    columns, rows, slices = grid.shape
    stack = Stack(rows, columns, slices, grid.plane, grid.spacing_mm, repeats=grid.volumes)
    recognition = decide(facts, stack, _hints(header), _context(header), order)
    aside = as_aside(recognition)
    if aside is not None:
        return not_read(facts, header.source, aside)
    return Series(
        sources=(header.source,),
        file_format=FileFormat.NIFTI,
        facts=facts,
        recognition=recognition,
        rows=rows,
        columns=columns,
        slices=slices,
        plane=grid.plane,
        spacing_mm=grid.spacing_mm,
    )


def _hints(header: NiftiHeader) -> tuple[Said, ...]:
    hints = [Said("the file name", ENDINGS.sub("", header.source.name))]
    if header.sidecar is not None and header.sidecar.protocol:
        hints.append(Said("the protocol", header.sidecar.protocol))
    return tuple(hints)


def _context(header: NiftiHeader) -> tuple[Said, ...]:
    source = header.source
    folder = source.member.rpartition("/")[0].rpartition("/")[2] if source.member else source.path.parent.name
    description = header.sidecar.study.description if header.sidecar else None
    named = (("the folder", folder), ("the study description", description))
    return tuple(Said(where, text) for where, text in named if text)


def _facts(header: NiftiHeader) -> SeriesFacts:
    return header.sidecar.series if header.sidecar else SeriesFacts()


def _patient(headers: list[NiftiHeader], subject: str | None) -> PatientFacts:
    patient = next((header.sidecar.patient for header in headers if header.sidecar), PatientFacts())
    return patient if patient.patient_id else replace(patient, patient_id=subject)


def _study_facts(headers: list[NiftiHeader]) -> StudyFacts:
    return next((header.sidecar.study for header in headers if header.sidecar), StudyFacts())
