"""What the header and the words of a series say about body part and contrast, each with its reason.

Two witnesses are heard for the contrast: the words, and the scanner's times. Words are typed by people
and survive in copied protocols; times are what was really done. Where the two cannot both be right, the
belief is not settled, and nobody may act on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from appliance.recognition.vocabulary import Contrast, Region, contrasts_in, plain, regions_in

if TYPE_CHECKING:
    from appliance.contracts import SeriesFacts

Value = TypeVar("Value", Region, Contrast)

LONG_ECHO_MS = 60.0
T1_LONGEST_ECHO_MS = 35.0
T1_LONGEST_REPETITION_MS = 1500.0
SPIN_ECHO_SHORTEST_REPETITION_MS = 150.0
STIR_INVERSION_MS = (60.0, 300.0)
T1_INVERSION_MS = (300.0, 1300.0)
FLAIR_INVERSION_MS = (1200.0, 3500.0)
"""Where water's signal crosses zero, from low field (1,400 at 0.06 T) to 3 T."""
FLAIR_SHORTEST_REPETITION_MS = 3500.0


@dataclass(frozen=True, slots=True)
class Said:
    """A text, and where it stands."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Belief(Generic[Value]):
    """What is believed, whether anything speaks against it, and why."""

    value: Value | None
    settled: bool
    why: str


def region_of(facts: SeriesFacts, hints: tuple[Said, ...], context: tuple[Said, ...]) -> Belief[Region]:
    """Say which part of the body is shown; the study's words count only where the series has none."""
    body_part = (Said("the body part", facts.body_part),) if facts.body_part else ()
    found = _mentions(_own_words(facts, hints) + body_part)
    if not found:
        around = _mentions(context)
        found = around if len(around) == 1 else {}
    if not found:
        return Belief(None, settled=True, why="nothing says which part of the body it shows")
    region = next((wanted for wanted in (Region.BRAIN, Region.LUMBAR) if wanted in found), next(iter(found)))
    why = " but ".join(f"{said.where} “{said.text}” names {named}" for named, said in found.items())
    return Belief(region, settled=len(found) == 1, why=why)


def contrast_of(facts: SeriesFacts, hints: tuple[Said, ...], context: tuple[Said, ...]) -> Belief[Contrast]:
    """Say which contrast the images have."""
    made = [Said("the sequence", word) for word in facts.sequence]
    made += [Said("the image type", word) for word in facts.image_type[2:]]
    own = [*_own_words(facts, hints), *made]
    words = _contrasts(own)
    if not words:
        own = list(context)
        words = _contrasts(own)
        words = words if len(words) == 1 else frozenset()
    timed = timed_contrast(facts)
    if not words:
        why = f"{_times(facts)} is what {timed} is made with" if timed else "nothing says which contrast it has"
        return Belief(timed, settled=True, why=why)
    if len(words) > 1:
        why = " but ".join(_quoted(word, own) for word in sorted(words))
        return Belief(_likeliest(words), settled=not words & TIMES_MUST_AGREE, why=why)
    (word,) = words
    return _weighed(word, timed, facts, _quoted(word, own))


def _contrasts(texts: list[Said]) -> frozenset[Contrast]:
    return contrasts_in(plain(" ".join(said.text for said in texts)))


def _quoted(word: Contrast, texts: list[Said]) -> str:
    """Quote the text that names a contrast; where it takes several to name it, all of them."""
    for said in texts:
        if word in contrasts_in(plain(said.text)):
            return f"{said.where} “{said.text}” names {word}"
    return f"“{' '.join(said.text for said in texts)}” names {word}"


def timed_contrast(facts: SeriesFacts) -> Contrast | None:
    """Say which contrast the scanner's times make, if they leave no doubt."""
    if "EP" in facts.sequence:
        return Contrast.ECHO_PLANAR
    if "GR" in facts.sequence and "SE" not in facts.sequence:
        return Contrast.GRADIENT_ECHO
    echo, repetition, inversion = facts.echo_time_ms, facts.repetition_time_ms, facts.inversion_time_ms
    if echo is None or repetition is None:
        return None
    if repetition < SPIN_ECHO_SHORTEST_REPETITION_MS:
        return Contrast.GRADIENT_ECHO
    if inversion is None:
        return _plain_contrast(echo, repetition)
    return _inverted_contrast(echo, repetition, inversion)


def _plain_contrast(echo: float, repetition: float) -> Contrast | None:
    if echo >= LONG_ECHO_MS and repetition > T1_LONGEST_REPETITION_MS:
        return Contrast.T2
    if echo <= T1_LONGEST_ECHO_MS:
        return Contrast.T1 if repetition <= T1_LONGEST_REPETITION_MS else Contrast.PROTON_DENSITY
    return None


def _inverted_contrast(echo: float, repetition: float, inversion: float) -> Contrast | None:
    if _within(inversion, FLAIR_INVERSION_MS) and echo >= LONG_ECHO_MS and repetition >= FLAIR_SHORTEST_REPETITION_MS:
        return Contrast.FLAIR
    if _within(inversion, T1_INVERSION_MS) and echo < LONG_ECHO_MS:
        return Contrast.T1_FLAIR
    return Contrast.STIR if _within(inversion, STIR_INVERSION_MS) else None


BOTH_RIGHT: Final = {
    (Contrast.T2, Contrast.FLAIR): Contrast.FLAIR,
    (Contrast.T2, Contrast.STIR): Contrast.STIR,
    (Contrast.T1, Contrast.T1_FLAIR): Contrast.T1_FLAIR,
    (Contrast.FLAIR, Contrast.T1_FLAIR): Contrast.T1_FLAIR,
    (Contrast.T1, Contrast.GRADIENT_ECHO): Contrast.GRADIENT_ECHO,
    (Contrast.T2, Contrast.GRADIENT_ECHO): Contrast.GRADIENT_ECHO,
    (Contrast.T2, Contrast.ECHO_PLANAR): Contrast.ECHO_PLANAR,
}
"""What words and times name together, where both can be right because the words are the less exact."""
TIMES_MUST_AGREE = frozenset({Contrast.FLAIR, Contrast.T1, Contrast.T2})
"""The contrasts that are read; for all others the word alone is enough to leave a series out."""


def _weighed(word: Contrast, timed: Contrast | None, facts: SeriesFacts, named: str) -> Belief[Contrast]:
    if timed is None or timed is word or word not in TIMES_MUST_AGREE or _inversion_not_stated(word, timed, facts):
        return Belief(word, settled=True, why=named)
    if (word, timed) in BOTH_RIGHT:
        both = BOTH_RIGHT[word, timed]
        return Belief(both, settled=True, why=f"{named}, and {_times(facts)} makes it {both}")
    against = f"{named}, but {_times(facts)} is what {timed} is made with"
    return Belief(_likeliest(frozenset({word, timed})), settled=False, why=against)


def _inversion_not_stated(word: Contrast, timed: Contrast, facts: SeriesFacts) -> bool:
    """Allow for a FLAIR whose inversion time was not written down: it looks like a T2 with a long repetition."""
    long_enough = (facts.repetition_time_ms or 0) >= FLAIR_SHORTEST_REPETITION_MS
    return word is Contrast.FLAIR and timed is Contrast.T2 and long_enough


def _own_words(facts: SeriesFacts, hints: tuple[Said, ...]) -> tuple[Said, ...]:
    description = (Said("the description", facts.description),) if facts.description else ()
    return description + hints


def _mentions(texts: tuple[Said, ...]) -> dict[Region, Said]:
    found: dict[Region, Said] = {}
    for said in texts:
        for region in sorted(regions_in(plain(said.text))):
            found.setdefault(region, said)
    if found.keys() & {Region.LUMBAR, Region.CERVICAL, Region.THORACIC}:
        found.pop(Region.SPINE, None)
    return found


def _likeliest(words: frozenset[Contrast]) -> Contrast:
    return next((wanted for wanted in (Contrast.FLAIR, Contrast.T2, Contrast.T1) if wanted in words), min(words))


def _times(facts: SeriesFacts) -> str:
    if facts.echo_time_ms is None or facts.repetition_time_ms is None:
        return f"the sequence {'/'.join(facts.sequence)}"
    inversion = "" if facts.inversion_time_ms is None else f", TI {facts.inversion_time_ms:,.0f} ms"
    return f"TE {facts.echo_time_ms:,.0f} ms, TR {facts.repetition_time_ms:,.0f} ms{inversion}"


def _within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]
