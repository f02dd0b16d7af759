"""Numbers → the answer, in words that a technician understands. Pure: nothing is looked at here.

What would follow from another fault is not said again: a picture full of noise or with a ghost has bright air as
if the patient had moved, and neither noise nor another part of the body leaves anything else to judge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.contracts import Kind
from appliance.findings.study import Quality, QualityRemark, Verdict
from appliance.quality.place import place_remarks
from appliance.quality.remarks import remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.quality.measures import Measures
    from appliance.settings import Quality as Rules

SEVERITY = (Verdict.REFUSED, Verdict.WARNING)
AGAIN = "Scan again if the patient is still there."


def judge(measures: Measures, kind: Kind | None, rules: Rules) -> Quality:
    """Answer for one scan; the worst remark comes first."""
    remarks = sorted(_remarks(measures, kind, rules), key=lambda found: SEVERITY.index(found.verdict))
    return Quality(remarks[0].verdict if remarks else Verdict.GOOD, tuple(remarks))


def _remarks(measures: Measures, kind: Kind | None, rules: Rules) -> Iterator[QualityRemark]:
    if measures.coverage is None:
        yield QualityRemark(
            "content",
            Verdict.REFUSED,
            "There is nothing in the picture: every voxel has about the same value.",
            "Check the scan on the scanner's screen, and export it again.",
            None,
            None,
        )
        return
    noise = _noise(measures, rules)
    if any(found.verdict is Verdict.REFUSED for found in noise):
        yield from noise
        return
    place = tuple(place_remarks(measures.coverage, kind, rules))
    yield from place
    if not any(found.check == "body-part" for found in place):
        yield from _texture(measures, kind, rules, noise)


def _texture(
    measures: Measures, kind: Kind | None, rules: Rules, noise: tuple[QualityRemark, ...]
) -> Iterator[QualityRemark]:
    others = (*noise, *_ghosting(measures, rules), *_clipping(measures, rules))
    yield from others or _motion(measures, kind, rules)
    if not noise:
        yield from _contrast(measures, rules)


def _noise(measures: Measures, rules: Rules) -> tuple[QualityRemark, ...]:
    return remark(
        "noise",
        measures.noise,
        (rules.noise_warn, rules.noise_refuse),
        "The picture is noisy: noise is {value:.0%} of the tissue's signal.",
        f"{AGAIN} Take more averages or thicker slices, and check that the coil is plugged in.",
    )


def _ghosting(measures: Measures, rules: Rules) -> tuple[QualityRemark, ...]:
    return remark(
        "ghosting",
        measures.ghosting,
        (rules.ghosting_warn, rules.ghosting_refuse),
        "A second, faint image lies over the picture, half a picture away ({value:.0%} as bright).",
        f"{AGAIN} If it is on every scan, have the scanner looked after.",
    )


def _clipping(measures: Measures, rules: Rules) -> tuple[QualityRemark, ...]:
    return remark(
        "clipping",
        measures.clipping,
        (rules.clipping_warn, rules.clipping_refuse),
        "{value:.0%} of the tissue is equally white: brightness was cut off there.",
        "Export the original images, not pictures of a screen, and check the receiver gain.",
    )


def _motion(measures: Measures, kind: Kind | None, rules: Rules) -> tuple[QualityRemark, ...]:
    brain = kind is Kind.BRAIN_FLAIR
    warn, refuse = (
        (rules.motion_warn, rules.motion_refuse) if brain else (rules.spine_motion_warn, rules.spine_motion_refuse)
    )
    advice = f"{AGAIN} Support the head with cushions." if brain else f"{AGAIN} Ask the patient to lie still."
    in_the_air = remark(
        "motion",
        measures.motion,
        (warn, refuse),
        "The patient seems to have moved: signal is smeared over the picture.",
        advice,
    )
    # A soft outline alone is no movement: it may be the way the scanner filters.
    return (in_the_air and _outline(measures, rules, advice)) or in_the_air


def _outline(measures: Measures, rules: Rules, advice: str) -> tuple[QualityRemark, ...]:
    return remark(
        "motion",
        measures.outline_mm,
        (rules.outline_mm_refuse, rules.outline_mm_refuse),
        "The patient moved a lot: the outline of the head is smeared over {value:.0f} mm.",
        advice,
    )


def _contrast(measures: Measures, rules: Rules) -> tuple[QualityRemark, ...]:
    return remark(
        "contrast",
        measures.bright_fluid,
        (rules.bright_fluid_warn, rules.bright_fluid_refuse),
        "The fluid in the head is not dark, so this does not look like a FLAIR.",
        "Check that the FLAIR was exported and not the T2, and that the inversion time is right.",
    )
