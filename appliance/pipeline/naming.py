"""What the operator says of single series takes the place of what they were taken for. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.contracts import Certainty, LeftOut, Reason, StudyFound
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.contracts import Kind, Series, Source

OPERATOR_SAID = "The operator said so."


def is_named(found: StudyFound, named: Mapping[Source, Kind | None]) -> bool:
    """Say whether the operator said anything of a study: then it is read, whatever the ledger knows."""
    return any(series.sources[0] in named for series in found.study.series)


def as_named(found: StudyFound, named: Mapping[Source, Kind | None]) -> StudyFound:
    """Put the operator's word in place; series that are to be left out go to those that are."""
    kept = tuple(_told(series, named) for series in found.study.series if not _is_left_out(series, named))
    left_out = tuple(_left_out(series) for series in found.study.series if _is_left_out(series, named))
    return StudyFound(replace(found.study, series=kept), found.left_out + left_out)


def _is_left_out(series: Series, named: Mapping[Source, Kind | None]) -> bool:
    return named.get(series.sources[0], Certainty.ASK) is None


def _told(series: Series, named: Mapping[Source, Kind | None]) -> Series:
    kind = named.get(series.sources[0])
    if kind is None:
        return series
    recognition = replace(series.recognition, kind=kind, certainty=Certainty.TOLD, why=OPERATOR_SAID)
    return replace(series, recognition=recognition)


def _left_out(series: Series) -> LeftOut:
    name = shown(series.facts.description or series.sources[0].name)
    sentence = f"“{name}” is left out, because the operator said so."
    return LeftOut(series.sources[0], Reason.NOT_KNOWN, sentence, files=len(series.sources))
