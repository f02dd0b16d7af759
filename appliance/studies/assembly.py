"""A study whose files have all been seen → what is read of it, what a person must say, what is left out.

An operator's word (``--as``) settles what was asked. It overrules what was sure only where there is one
series in all that was pointed at: said of a whole folder, it would turn every scan in it into that kind.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.contracts import Certainty, FileFormat, LeftOut, Reason, Series, Study
from appliance.recognition.evidence import Said
from appliance.recognition.recognise import is_reformatted, recognise
from appliance.recognition.screening import SetAside, screen_series
from appliance.recognition.stack import LIES_NOWHERE
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.contracts import Kind, Recognition, SeriesFacts, Source
    from appliance.recognition.stack import Stack
    from appliance.studies.drafts import AsideDraft, SeriesDraft, StudyDraft

KEY_LENGTH = 16
IF_WRONG: Final = "If that is wrong, point Outpost at this series alone and say with --as what it is."
RECUT: Final = "it was cut anew from a scan of this study that is read itself"


@dataclass(frozen=True, slots=True)
class Order:
    """What the operator said, and whether it overrules what was sure."""

    told: Kind | None = None
    alone: bool = False
    """There is one series in all that was pointed at."""


def assembled(draft: StudyDraft, order: Order) -> tuple[Study | None, list[LeftOut]]:
    """Decide about every series of a study; there is no study if none of them may be read."""
    left_out = [_as_left_out(aside) for aside in draft.aside.values()]
    context = (Said("the study description", draft.facts.description),) if draft.facts.description else ()
    decided = [_decided(gathered, context, order) for gathered in draft.series.values()]
    left_out += [outcome for outcome in decided if isinstance(outcome, LeftOut)]
    series, recut = without_needless_questions([outcome for outcome in decided if isinstance(outcome, Series)])
    if not series:
        return None, left_out + recut
    in_order = tuple(sorted(series, key=_by_number))
    return Study(_key(draft), draft.patient, draft.facts, in_order, tuple(draft.notes)), left_out + recut


def decide(
    facts: SeriesFacts, stack: Stack, hints: tuple[Said, ...], context: tuple[Said, ...], order: Order
) -> Recognition:
    """Recognise a series, and let the operator answer what is open."""
    recognition = recognise(facts, stack, hints=hints, context=context)
    if order.told is not None and (order.alone or recognition.certainty is Certainty.ASK):
        return recognise(facts, stack, hints=hints, context=context, told=order.told)
    return recognition


def without_needless_questions(series: list[Series]) -> tuple[list[Series], list[LeftOut]]:
    """Leave out images cut anew from a series that is read itself, instead of asking about them."""
    sure = {one.recognition.kind for one in series if one.recognition.certainty is not Certainty.ASK}
    needless = [
        one
        for one in series
        if one.recognition.certainty is Certainty.ASK and is_reformatted(one.facts) and one.recognition.kind in sure
    ]
    recut = [
        not_read(one.facts, one.sources[0], SetAside(Reason.DERIVED, RECUT), files=len(one.sources)) for one in needless
    ]
    return [one for one in series if one not in needless], recut


def not_read(facts: SeriesFacts, first: Source, aside: SetAside, *, files: int = 1) -> LeftOut:
    """Put into one sentence which series is not read, and why."""
    name = shown(first.name) if facts.number is None else f"Series {facts.number}"
    said = f" “{shown(facts.description)}”" if facts.description else ""
    advice = f" {IF_WRONG}" if aside.reason is Reason.NOT_KNOWN else ""
    return LeftOut(first, aside.reason, f"{name}{said} is not read: {aside.why}.{advice}", files)


def study_key(identities: Iterable[str]) -> str:
    """Name a study's folder: the same for the same files, and nothing of the patient in it."""
    return hashlib.sha256("\n".join(sorted(identities)).encode("utf-8", "replace")).hexdigest()[:KEY_LENGTH]


def _key(draft: StudyDraft) -> str:
    if draft.facts.uid and not draft.shares_its_number:
        return study_key([draft.facts.uid])
    return study_key([draft.facts.uid or "", *(str(series.identity) for series in draft.series.values())])


def _decided(draft: SeriesDraft, context: tuple[Said, ...], order: Order) -> Series | LeftOut:
    sources = tuple(draft.files)
    stack = draft.layout.stack(len(draft.echo_times))
    words = [draft.facts.description or "", *(said.text for said in draft.hints)]
    aside = screen_series(words, draft.layout.planes())
    recognition = decide(draft.facts, stack, draft.hints, context, order)
    if aside is None:
        aside = as_aside(recognition)
    if aside is not None:
        return not_read(draft.facts, sources[0], aside, files=len(sources))
    return Series(
        sources=sources,
        file_format=FileFormat.DICOM,
        facts=draft.facts,
        recognition=recognition,
        rows=stack.rows,
        columns=stack.columns,
        slices=draft.layout.images,
        plane=stack.plane,
        spacing_mm=stack.spacing_mm,
    )


def as_aside(recognition: Recognition) -> SetAside | None:
    """Turn “surely none of the kinds that are read” into a reason."""
    if recognition.kind is not None or recognition.certainty is Certainty.ASK:
        return None
    reason = Reason.NO_GEOMETRY if recognition.why.endswith(LIES_NOWHERE) else Reason.NOT_KNOWN
    return SetAside(reason, recognition.why)


def _as_left_out(draft: AsideDraft) -> LeftOut:
    return not_read(draft.facts, draft.first, draft.aside, files=draft.files)


def _by_number(series: Series) -> tuple[bool, int, str]:
    number = series.facts.number
    return (number is None, number or 0, str(series.sources[0]))
