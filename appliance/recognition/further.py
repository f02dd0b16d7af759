"""Further readings speak for themselves: each says whether a series is one of its own. No I/O.

Two who claim the same series, or one who claims what a born reading does, leave it to a person.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.contracts import Certainty, Kind, Recognition
from appliance.further import further_words, reading_of
from appliance.recognition.vocabulary import plain

if TYPE_CHECKING:
    from appliance.contracts import SeriesFacts
    from appliance.recognition.evidence import Said
    from appliance.recognition.stack import Stack


def with_further(born: Recognition, facts: SeriesFacts, stack: Stack, hints: tuple[Said, ...]) -> Recognition:
    """Let further readings add their word to what a born one said."""
    words = plain(" ".join([facts.description or "", facts.body_part or "", *(said.text for said in hints)]))
    claims = [
        (Kind(word), why) for word in further_words() if (why := reading_of(word).recognise(facts, words, stack.plane))
    ]
    if not claims or born.certainty is Certainty.TOLD:
        return born
    kind, why = claims[0]
    rivals = [*(other.value for other, _ in claims[1:]), *([born.kind.value] if born.kind else [])]
    if rivals:
        return replace(born, kind=kind, certainty=Certainty.ASK, why=f"{why}, but it may be {' or '.join(rivals)} too")
    return replace(born, kind=kind, certainty=Certainty.SURE, why=why)
