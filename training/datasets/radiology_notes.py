"""A written rule that turns a lumbar MRI note into findings per disc level, side and structure.

What it guarantees: every finding comes from words that stand in the note; nothing is inferred from
a picture. The rule, in the order in which it is applied:

1. *Words.* Lower case; words that are nearly a word of the vocabulary become that word (``thercal``,
   ``compresing``).
2. *Statements.* Line ends, ``//``, full stops, and a level with a colon (``L4-5:``) begin a new one.
3. *Levels.* A statement is about the levels that it names; ``L3-4 & L4-5`` is two, ``L4-S1`` is the
   range. One without a level goes on with the levels before it when it begins in the middle of a
   sentence (``Compressing the …``, ``diffuse disc bulge …`` under the title ``L4/L5 level:``).
4. *Verbs.* compress, encroach, narrow, indent, abut, displace, obliterate take the structures that
   follow them, up to the next verb. An adverb next to the verb gives the degree: mild or marked. The
   adverb of the *bulge* does not count.
5. *Sides.* left, right or both next to the structure; ``more to the left`` counts for both sides with
   the word kept. Foramina and roots without a side are both.
6. *Negation.* ``no``, ``not``, ``without`` deny everything up to the end of their statement.
7. *Silence.* A level that the note does not name has no finding, unless the note speaks of several
   levels and names only the worst (``multilevel … noticeably at …``): then it is unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import IntEnum, StrEnum
from functools import lru_cache
from itertools import pairwise

LEVELS = ("L1/L2", "L2/L3", "L3/L4", "L4/L5", "L5/S1")
"""The discs that a reading can be about, from the head down."""


class Structure(StrEnum):
    """What is pressed on."""

    THECAL_SAC = "thecal sac"
    FORAMEN = "foramen"
    NERVE_ROOT = "nerve root"
    LATERAL_RECESS = "lateral recess"
    SPINAL_CANAL = "spinal canal"


class Side(StrEnum):
    """The patient's side."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"


class Degree(IntEnum):
    """How strongly the note words it."""

    DENIED = 0
    TOUCHED = 1
    """abutting, indenting"""
    MILD = 2
    """mildly compressing, slightly narrowing"""
    PRESSED = 3
    """compressing, encroaching, narrowing, without an adverb"""
    MARKED = 4
    """largely or significantly compressing"""


@dataclass(frozen=True, slots=True)
class Mention:
    """One structure at one level, as worded."""

    level: str
    structure: Structure
    side: Side
    degree: Degree
    word: str
    """The verb with its adverb, as the note has it after spelling is mended."""


@dataclass(frozen=True, slots=True)
class NoteReading:
    """All that one note says about the lumbar levels."""

    mentions: tuple[Mention, ...]
    bulges: frozenset[str]
    """Levels at which a bulge, protrusion or extrusion is named."""
    unknown: frozenset[str]
    """Levels about which the note is silent though it says that several are affected."""

    def degree(self, level: str, structure: Structure, side: Side | None = None) -> Degree | None:
        """Give the strongest wording; ``None`` where the level is unknown, ``DENIED`` where there is none."""
        found = [m.degree for m in self.mentions if m.level == level and m.structure is structure and _on(side, m)]
        if found:
            return max(found)
        return None if level in self.unknown else Degree.DENIED


# fmt: off
_VOCABULARY = (
    "compressing", "compression", "compressed", "encroaching", "encroachment", "narrowing", "narrowed", "indenting",
    "abutting", "displacing", "obliterating", "thecal", "diffuse", "protrusion", "extrusion", "bulge", "bulges",
    "herniation", "paracentral", "foraminal", "foramen", "foramina", "lateral", "recess", "nerve", "roots",
    "neural", "canal", "canals", "exiting", "spinal", "stenosis", "significant", "significantly", "largely",
    "mildly", "slightly", "multilevel", "noticeably", "mainly", "mostly", "level", "levels", "right", "left",
    "posterior", "central", "adequate", "evidence", "noted", "sequestrated", "fragment", "migrating", "elsewhere",
)
# fmt: on
_KEPT = frozenset({"paramedian", "narrow", "mild", "large", "largest", "lower", "later", "signal", "central", "noted"})
_LEVEL = re.compile(r"(?<![a-z0-9])([cdtl]\d{1,2})\s*[-/_]+\s*(?:([cdtls])?(\d{1,2}))(?![0-9])")
_GLUED = re.compile(r"\b(at|of|the)(l[1-5]\s*[-/_])|\b(noted)(slightly|mildly|at|with)\b")
_BROKEN_LINE = re.compile(r"\b(compressing|encroaching|narrowing|abutting|indenting|upon|the|and)\s*\n\s*")
_STATEMENT = re.compile(r"\n+|/{2,}|\.+(?=\s|$|-|[a-z])|…+")
_HEADING = re.compile(r"(?:(?:[cdtl]\d{1,2}\s*[-/_]\s*[cdtls]?\d{1,2})[\s,&]*(?:and\s+)?)+(?:levels?)?\s*:")
_NEGATION = re.compile(r"\b(no|not|without|nor)\b")
_BULGE = re.compile(r"\b(bulges?|bulging|protrusions?|extrusions?|herniations?|sequestrated)\b")
_SEVERAL = re.compile(r"\bmultilevels?\b|\bmultiple levels\b")
_WORST = re.compile(r"\b(noticeably|mainly|mostly|notably|largest|especially|elsewhere)\b")
_VERB = re.compile(
    r"(?:\b(mild|mildly|slight|slightly|large|largely|significant|significantly|severely|marked|markedly|relatively)\s+)?"
    r"\b(compress\w*|encroach\w*|narrow(?:s|ed|ing)?|indent\w*|imping\w*|abut\w*|displac\w*|obliterat\w*)\b"
)
_STRUCTURES = (
    (Structure.LATERAL_RECESS, re.compile(r"lateral\s+recess(?:es)?")),
    (Structure.THECAL_SAC, re.compile(r"thecal(?:\s+\w*sac?\b|\s+sca\b)?|thecalsac|\bdural\s+sac\b")),
    (
        Structure.NERVE_ROOT,
        re.compile(r"nerves?\s+roo\w*|exit(?:ing)?\s+nerves?\b(?!\s+canal)|\bnerves?\b(?!\s+(?:roo|canal))"),
    ),
    (
        Structure.FORAMEN,
        re.compile(r"neural\s*(?:canals?|foram\w+)|foram(?:en|ina)\b|exit(?:ing)?\s+(?:nerve\s+)?canals?"),
    ),
    (Structure.SPINAL_CANAL, re.compile(r"(?:spinal|lumbar)\s+canal")),
)
_SIDES = ((Side.LEFT, r"lt|left"), (Side.RIGHT, r"rt|right"))
_MILD = frozenset({"mild", "mildly", "slight", "slightly"})
_MARKED = frozenset({"large", "largely", "significant", "significantly", "severely", "marked", "markedly"})


def read_note(note: str) -> NoteReading:
    """Apply the rule to one note."""
    mentions: list[Mention] = []
    bulges: set[str] = set()
    named: set[str] = set()
    carried: tuple[str, ...] = ()
    text = mend_spelling(note)
    for statement in _statements(text):
        found = levels_in(statement)
        if found and carried and _WORST.search(statement) and not _SEVERAL.search(statement):
            found = [*carried, *(level for level in found if level not in carried)]
        levels = tuple(found) or (carried if _goes_on(statement) else ())
        if found or not _goes_on(statement):
            carried = tuple(found)
        named |= set(levels)
        for part, here in _parts(statement, levels):
            mentions += _mentions(part, here)
            if _BULGE.search(_NEGATION.split(part)[0]):
                bulges |= set(here)
    worst_only = _SEVERAL.search(text) and _WORST.search(text)
    unknown = frozenset(LEVELS) - named if worst_only else frozenset()
    lumbar = tuple(m for m in mentions if m.level in LEVELS)
    return NoteReading(lumbar, frozenset(bulges & set(LEVELS)), frozenset(unknown))


def mend_spelling(note: str) -> str:
    """Lower case, with near-misses of the vocabulary put right."""
    text = _GLUED.sub(lambda m: " ".join(part for part in m.groups() if part), note.lower().replace("&", " & "))
    text = re.sub(r"(?<=\d)(?=levels?\b)", " ", text)
    text = re.sub(r"[a-z]{5,}", lambda match: _mended(match.group()), text)
    return _BROKEN_LINE.sub(r"\1 ", text)


@lru_cache(maxsize=4096)
def _mended(word: str) -> str:
    if word in _KEPT or word in _VOCABULARY:
        return word
    near = get_close_matches(word, _VOCABULARY, n=1, cutoff=0.82)
    return near[0] if near else word


def levels_in(statement: str) -> list[str]:
    """List the discs that a statement names; a range of two vertebrae further apart is every disc between."""
    found: list[str] = []
    for match in _LEVEL.finditer(statement):
        for level in _discs(match.group(1), match.group(2) or "", int(match.group(3))):
            if level not in found:
                found.append(level)
    return found


def _discs(upper: str, lower_letter: str, lower_number: int) -> list[str]:
    letter, number = upper[0], int(upper[1:])
    bottom = 6 if lower_letter == "s" or (letter == "l" and number == 5) else lower_number
    if letter != "l" or lower_letter not in {"", "l", "s"} or not number < bottom <= 6:
        return [f"{upper.upper()}/{lower_letter.upper()}{lower_number}"]
    return [LEVELS[k - 1] for k in range(number, bottom)]


def _statements(text: str) -> list[str]:
    pieces: list[str] = []
    for sentence in _STATEMENT.split(text):
        starts = [0, *(m.start() for m in _HEADING.finditer(sentence) if m.start() > 0), len(sentence)]
        pieces += [sentence[a:b] for a, b in pairwise(starts)]
    return [piece.strip(" -.,:\t") for piece in pieces if piece.strip(" -.,:\t")]


def _goes_on(statement: str) -> bool:
    """Tell whether a statement without a level of its own can only be about the one before it."""
    return not _NEGATION.match(statement) and bool(_VERB.search(statement) or _BULGE.search(statement))


def _parts(statement: str, levels: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """Cut a statement that names levels in several places: what follows a place belongs to it."""
    groups = _level_groups(statement)
    if len(groups) < 2:
        return [(statement, levels)]
    cuts = [0, *(start for start, _ in groups[1:]), len(statement)]
    parts = [statement[a:b] for a, b in pairwise(cuts)]
    if not _VERB.search(parts[0]):
        return [(statement, levels)]
    return [(part, tuple(levels_in(part))) for part in parts]


def _level_groups(statement: str) -> list[tuple[int, int]]:
    groups: list[tuple[int, int]] = []
    for match in _LEVEL.finditer(statement):
        between = statement[groups[-1][1] : match.start()] if groups else "-"
        if groups and re.fullmatch(r"[\s,&()]*(?:levels?)?[\s,&()]*(?:and)?[\s&]*(?:at)?\s*", between):
            groups[-1] = (groups[-1][0], match.end())
        else:
            groups.append((match.start(), match.end()))
    return groups


def _mentions(part: str, levels: tuple[str, ...]) -> list[Mention]:
    found: list[Mention] = []
    verbs = list(_VERB.finditer(part))
    for verb, following in pairwise([*verbs, None]):
        assert verb is not None
        reach = part[verb.end() : following.start() if following else len(part)].partition(" but ")[0]
        objects = _structures(reach) or _structures(_before(part, verb))
        degree = _degree(verb, part)
        found += [Mention(level, s, side, degree, verb.group().strip()) for level in levels for s, side in objects]
    found += _recess_and_stenosis(part, levels)
    return found


def _before(part: str, verb: re.Match[str]) -> str:
    """``thecal sac compression``: the structure stands before the noun."""
    return part[: verb.start()] if verb.group(2) in {"compression", "encroachment", "narrowing"} else ""


def _degree(verb: re.Match[str], part: str) -> Degree:
    adverb, word = verb.group(1) or "", verb.group(2)
    if any(match.start() < verb.start() for match in _NEGATION.finditer(part)):
        return Degree.DENIED
    if word.startswith(("abut", "indent")):
        return Degree.TOUCHED
    if adverb in _MILD:
        return Degree.MILD
    return Degree.MARKED if adverb in _MARKED else Degree.PRESSED


def _structures(reach: str) -> list[tuple[Structure, Side]]:
    places = [(m.start(), m.end(), s) for s, pattern in _STRUCTURES for m in pattern.finditer(reach)]
    found, behind = [], 0
    for start, end, structure in sorted(places):
        if start >= behind:
            found.append((structure, _side(reach[behind:start], reach[end : end + 24], structure)))
            behind = end
    return found


def _side(ahead: str, after: str, structure: Structure) -> Side:
    """Read the side next to the structure; ``more to the left`` leaves both affected."""
    if structure in {Structure.THECAL_SAC, Structure.SPINAL_CANAL}:
        return Side.BOTH
    near = re.sub(
        r"more\s+(?:to|at|on)?\s*(?:the\s+)?(?:rt|lt|right|left)", "", f"{ahead[-24:]} {after.partition(',')[0]}"
    )
    named = [side for side, words in _SIDES if re.search(rf"\b(?:{words})\b", near)]
    return named[0] if len(named) == 1 else Side.BOTH


def _recess_and_stenosis(part: str, levels: tuple[str, ...]) -> list[Mention]:
    """Read ``extending to the left lateral recess`` and ``spinal canal stenosis``, which have no verb of the list."""
    if _NEGATION.search(part):
        return []
    found = []
    recess = re.search(r"extend\w*\s+to\s+(?:the\s+)?(.{0,12}?)lateral\s+recess(?:es)?(.{0,24})", part)
    if recess:
        side = _side(recess.group(1), recess.group(2), Structure.LATERAL_RECESS)
        found += [Mention(level, Structure.LATERAL_RECESS, side, Degree.PRESSED, "extending to") for level in levels]
    if re.search(r"\bstenosis\b|narrow\s+spinal\s+canal", part):
        found += [Mention(level, Structure.SPINAL_CANAL, Side.BOTH, Degree.PRESSED, "stenosis") for level in levels]
    return found


def _on(side: Side | None, mention: Mention) -> bool:
    return side is None or mention.side in {side, Side.BOTH}
