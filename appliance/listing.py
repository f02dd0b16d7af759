"""What was found in a folder, as text for a person or as JSON lines for a program.

Text names every fault and every series; files that were never meant to be read are named up to a
point and then counted. JSON lines name everything, one event a line, as it happens.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

from appliance.contracts import Certainty, FilesSeen, LeftOut
from appliance.words import counted, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from appliance.contracts import PatientFacts, Reason, Recognition, Series, Source
    from appliance.stock import SeriesChecked, StockEvent, StudyChecked

NAMED_PER_REASON = 5
"""Files of no interest are named up to this many for each reason; all are counted."""
LONGEST_SENTENCE = 400

_SIGNS = {Certainty.SURE: "+", Certainty.TOLD: "+", Certainty.ASK: "?"}


def text_lines(events: Iterable[StockEvent]) -> Iterator[str]:
    """Tell a person what is in the folder, what is left out, and why."""
    files, studies = FilesSeen(0, 0), 0
    set_aside: Counter[Reason] = Counter()
    named: Counter[Reason] = Counter()
    for event in events:
        match event:
            case FilesSeen():
                files = event
            case LeftOut(reason=reason):
                set_aside[reason] += event.files
                named[reason] += 1
                if reason.is_fault or named[reason] <= NAMED_PER_REASON:
                    yield _left_out_line(event)
            case _:
                studies += 1
                yield from _study_lines(event)
    yield ""
    yield f"{counted(files.files, 'file')} looked at, {counted(studies, 'study', 'studies')} found."
    if set_aside:
        total = counted(sum(set_aside.values()), "file")
        yield f"Not read: {total} ({', '.join(f'{reason.value} {n:,}' for reason, n in sorted(set_aside.items()))})."
    if any(n > NAMED_PER_REASON and not reason.is_fault for reason, n in named.items()):
        yield "Add --json to see the reason for every one of them."


def json_lines(events: Iterable[StockEvent]) -> Iterator[str]:
    """Tell a program everything, one event a line."""
    for event in events:
        yield json.dumps({"event": type(event).__name__, **asdict(event)}, default=str)


def _study_lines(checked: StudyChecked) -> Iterator[str]:
    study = checked.study
    when = study.facts.when.date().isoformat() if study.facts.when else "date unknown"
    yield ""
    yield f"{_who(study.patient)} · {when}"
    for series in checked.series:
        yield from _series_lines(series)
    yield from (f"    note: {shown(note, longest=LONGEST_SENTENCE)}" for note in study.notes)


def _series_lines(checked: SeriesChecked) -> Iterator[str]:
    series, recognition = checked.series, checked.series.recognition
    sign = "!" if checked.refused else _SIGNS[recognition.certainty]
    yield f"  {sign} {_name(series)} · {series.columns}×{series.rows}×{series.slices}{_spacing(series)}"
    if checked.refused:
        yield f"    not read: {shown(checked.refused.sentence, longest=LONGEST_SENTENCE)}"
        return
    yield f"    {_taken_for(recognition)}: {shown(recognition.why, longest=LONGEST_SENTENCE)}"
    for volume in checked.volumes:
        part = f"{volume.part}: " if volume.part else ""
        yield from (f"    warning: {shown(part + warning, longest=LONGEST_SENTENCE)}" for warning in volume.warnings)


def _taken_for(recognition: Recognition) -> str:
    if recognition.certainty is not Certainty.ASK:
        return f"read as {recognition.kind}"
    guess = f", perhaps {recognition.kind}" if recognition.kind else ""
    return f"not read until you say what it is with --as{guess}"


def _left_out_line(left: LeftOut) -> str:
    sign = "!" if left.reason.is_fault else "-"
    files = f", {counted(left.files, 'file')}" if left.files > 1 else ""
    return f"{sign} {shown(left.sentence, longest=LONGEST_SENTENCE)} ({_folder(left.source)}{files})"


def _who(patient: PatientFacts) -> str:
    age = f"{patient.age_years:.0f} years" if patient.age_years is not None else "age unknown"
    name = shown(patient.name or patient.patient_id or "Name unknown")
    return f"{name} · {age} · {patient.sex or 'sex unknown'}"


def _name(series: Series) -> str:
    first = series.sources[0]
    return shown(series.facts.description or f"{_folder(first)}/{first.name}")


def _folder(source: Source) -> str:
    return shown(source.path.name if source.member else source.path.absolute().parent.name)


def _spacing(series: Series) -> str:
    if series.spacing_mm is None:
        return ""
    return " at " + "×".join(f"{mm:.2g}" for mm in series.spacing_mm) + " mm"
