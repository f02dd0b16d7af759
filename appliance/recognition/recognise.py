"""What a series is: a brain FLAIR, an axial or sagittal lumbar T1 or T2, or not read, and why.

Words, times and geometry are three witnesses. A series is read only if together they leave one answer.
Where they contradict each other or leave a gap a person is asked, because a wrong guess is worse than
none. What is surely something else is not read, and the reason says what it is. No I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.contracts import Certainty, Kind, Plane, Recognition, Weighting
from appliance.recognition.evidence import contrast_of, region_of
from appliance.recognition.further import with_further
from appliance.recognition.stack import LIES_NOWHERE, cannot_be, measures_like_a_head, unlike
from appliance.recognition.vocabulary import FAT_SUPPRESSED_WORDS, Contrast, Region, plain, says, says_after_contrast

if TYPE_CHECKING:
    from appliance.contracts import SeriesFacts
    from appliance.recognition.evidence import Belief, Said
    from appliance.recognition.stack import Stack

WEIGHTINGS: Final = {Contrast.FLAIR: Weighting.FLAIR, Contrast.T1: Weighting.T1, Contrast.T2: Weighting.T2}
SPINE_KINDS: Final = {Plane.AXIAL: Kind.SPINE_AXIAL, Plane.SAGITTAL: Kind.SPINE_SAGITTAL}
REGIONS_WITH_A_READER: Final = frozenset({Region.BRAIN, Region.LUMBAR, Region.SPINE})
WHAT_IS_READ: Final = "only FLAIR of the head and T1 and T2 of the lumbar spine are read"
REFORMATTED: Final = frozenset({"MPR", "REFORMATTED", "RESAMPLED", "CSA MPR"})


def recognise(
    facts: SeriesFacts,
    stack: Stack,
    *,
    hints: tuple[Said, ...] = (),
    context: tuple[Said, ...] = (),
    told: Kind | None = None,
) -> Recognition:
    """Say what a series is taken for; ``hints`` are words about it, ``context`` words about its study."""
    born = _by_a_born_reading(facts, stack, hints, context, told)
    return with_further(born, facts, stack, hints)


def _by_a_born_reading(
    facts: SeriesFacts, stack: Stack, hints: tuple[Said, ...], context: tuple[Said, ...], told: Kind | None
) -> Recognition:
    region, contrast = region_of(facts, hints, context), contrast_of(facts, hints, context)
    if told is not None:
        return _as_told(told, contrast, stack)
    kind = Kind.BRAIN_FLAIR if _would_be_brain(region, contrast) else _spine_kind(stack)
    surely_not = _surely_something_else(region, contrast) or _after_contrast(facts, hints)
    surely_not = surely_not or _impossible(kind, region, stack)
    if surely_not or kind is None:
        return Recognition(None, Certainty.SURE, surely_not)
    if region.value is None and contrast.value is None:
        return Recognition(None, Certainty.ASK, f"{region.why}, and {contrast.why}")
    weighting = WEIGHTINGS.get(contrast.value) if contrast.value else None
    doubt = _doubt(kind, region, contrast, stack) or _doubt_about_making(kind, facts, hints, stack)
    if doubt:
        return Recognition(kind, Certainty.ASK, doubt, weighting)
    return Recognition(kind, Certainty.SURE, _agreement(region, contrast, stack), weighting)


def _as_told(told: Kind, contrast: Belief[Contrast], stack: Stack) -> Recognition:
    obstacle = cannot_be(told, stack)
    if obstacle:
        return Recognition(None, Certainty.TOLD, f"it cannot be read as {told.value} as the operator said: {obstacle}")
    weighting = WEIGHTINGS.get(contrast.value) if contrast.value else None
    if told is Kind.BRAIN_FLAIR:
        weighting = Weighting.FLAIR
    elif weighting is Weighting.FLAIR:
        weighting = None
    return Recognition(told, Certainty.TOLD, "the operator said so", weighting)


def _would_be_brain(region: Belief[Region], contrast: Belief[Contrast]) -> bool:
    if contrast.value in (Contrast.T1, Contrast.T2) and not region.settled:
        return False
    return region.value is Region.BRAIN or contrast.value is Contrast.FLAIR


def _spine_kind(stack: Stack) -> Kind | None:
    return SPINE_KINDS.get(stack.plane) if stack.plane else None


def _surely_something_else(region: Belief[Region], contrast: Belief[Contrast]) -> str:
    if contrast.value is not None and contrast.settled and contrast.value not in WEIGHTINGS:
        return f"it is {contrast.value} ({contrast.why}); {WHAT_IS_READ}"
    if region.value is not None and region.settled and region.value not in REGIONS_WITH_A_READER:
        return f"it shows {region.value} ({region.why}); {WHAT_IS_READ}"
    if region.value is Region.BRAIN and region.settled and contrast.value in (Contrast.T1, Contrast.T2):
        return f"it is {contrast.value} of the head ({contrast.why}); of the head only FLAIR is read"
    return ""


def _after_contrast(facts: SeriesFacts, hints: tuple[Said, ...]) -> str:
    for text in (facts.description or "", *(said.text for said in hints)):
        if says_after_contrast(text):
            return f"“{text}” was taken after a contrast agent; only images before it are read"
    return ""


def _impossible(kind: Kind | None, region: Belief[Region], stack: Stack) -> str:
    if kind is None:
        return (
            f"its slices are {stack.plane}; the spine is read on axial and sagittal ones"
            if stack.plane
            else LIES_NOWHERE
        )
    obstacle = cannot_be(kind, stack)
    if not obstacle and region.value is None:
        obstacle = unlike(kind, stack) and f"{region.why}, and {unlike(kind, stack)}"
    return obstacle


def _doubt(kind: Kind, region: Belief[Region], contrast: Belief[Contrast], stack: Stack) -> str:
    """Find what speaks against reading it, or is missing to be sure."""
    for belief in (region, contrast):
        if not belief.settled:
            return belief.why
    if contrast.value is None:
        return f"{region.why}, but {contrast.why}"
    if region.value is Region.SPINE:
        return f"{region.why}, but not which part of it"
    if region.value is None and not (kind is Kind.BRAIN_FLAIR and measures_like_a_head(stack)):
        return f"{contrast.why}, but {region.why}"
    if kind is Kind.BRAIN_FLAIR and region.value is Region.LUMBAR:
        return f"{region.why}, but {contrast.why}, which is made of the head"
    return unlike(kind, stack)


def _doubt_about_making(kind: Kind, facts: SeriesFacts, hints: tuple[Said, ...], stack: Stack) -> str:
    if stack.repeats > 1:
        return f"there are {stack.repeats} images of each place (echoes or time points)"
    if is_reformatted(facts):
        return "it was calculated from another scan of this patient"
    words = plain(" ".join([facts.description or "", *(said.text for said in hints)]))
    if kind is not Kind.BRAIN_FLAIR and says(words, FAT_SUPPRESSED_WORDS):
        return "fat was suppressed, which makes it look unlike the images that the spine reader knows"
    return ""


def is_reformatted(facts: SeriesFacts) -> bool:
    """Say whether the images were cut anew from other images; a scanner's filter alone does not count."""
    return bool(REFORMATTED & set(facts.image_type)) or {"DERIVED", "SECONDARY"} <= set(facts.image_type)


def _agreement(region: Belief[Region], contrast: Belief[Contrast], stack: Stack) -> str:
    where = region.why if region.value is not None else "it measures like a head"
    how = f"its slices are {stack.plane}" if not stack.is_volume else "it is a thin-sliced volume"
    return f"{where}; {contrast.why}; {how}"
