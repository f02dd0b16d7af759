"""Is the right part of the patient on the pictures, and all of it? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.contracts import Kind
from appliance.findings.study import QualityRemark, Verdict
from appliance.quality.coverage import Side
from appliance.quality.remarks import remark
from appliance.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.quality.coverage import Coverage
    from appliance.settings import Quality as Rules

CUT_ON_BOTH_SIDES = 0.5
"""From here on no head is in the picture, however badly it was centred."""
ALL_AROUND = 0.05
"""Air lies all around what is cut less than this."""
HEAD_DEPTHS_MM, HEAD_WIDTHS_MM = (130.0, 250.0), (110.0, 200.0)
HEAD_IS_DEEPER = 1.05
"""A head is at least this much deeper than wide; a trunk is wider than deep."""
AROUND = (Side.LEFT, Side.RIGHT, Side.BACK, Side.FRONT)


def place_remarks(coverage: Coverage, kind: Kind | None, rules: Rules) -> Iterator[QualityRemark]:
    """Say what is wrong with where the slices lie."""
    wrong_part = _wrong_part(coverage, kind)
    yield from wrong_part
    if not wrong_part:
        yield from _too_little(coverage, kind, rules)
        if kind is Kind.BRAIN_FLAIR:
            yield from _cut_off(coverage, rules)
    yield from _lost(coverage, rules)
    if kind is not Kind.SPINE_AXIAL:
        yield from remark(
            "slice-gaps",
            coverage.between_slices_mm,
            (rules.gap_warn_mm, rules.gap_refuse_mm),
            "The slices are {value:.1f} mm apart, so that whatever is smaller can lie between them.",
            "Scan thinner slices, or more of them.",
        )


def _wrong_part(coverage: Coverage, kind: Kind | None) -> tuple[QualityRemark, ...]:
    if kind is Kind.BRAIN_FLAIR and _wider_than_the_picture(coverage):
        return (_not_what_it_should_be("This does not look like a head: the body reaches both sides of the picture."),)
    if kind in {Kind.SPINE_AXIAL, Kind.SPINE_SAGITTAL} and _is_a_head(coverage):
        return (_not_what_it_should_be("This looks like a head and not like a lumbar spine."),)
    return ()


def _not_what_it_should_be(sentence: str) -> QualityRemark:
    advice = "Check which scan this is; if it was named with --as, name it otherwise."
    return QualityRemark("body-part", Verdict.REFUSED, sentence, advice, None, None)


def _wider_than_the_picture(coverage: Coverage) -> bool:
    across = (Side.LEFT, Side.RIGHT), (Side.BACK, Side.FRONT)
    return any(all(coverage.cut_at(side) >= CUT_ON_BOTH_SIDES for side in pair) for pair in across)


def _is_a_head(coverage: Coverage) -> bool:
    wide, deep, _ = coverage.extent_mm
    around = len(coverage.cut) > len(AROUND) and all(coverage.cut_at(side) <= ALL_AROUND for side in AROUND)
    sized = HEAD_DEPTHS_MM[0] <= deep <= HEAD_DEPTHS_MM[1] and HEAD_WIDTHS_MM[0] <= wide <= HEAD_WIDTHS_MM[1]
    return around and sized and deep >= HEAD_IS_DEEPER * wide


def _too_little(coverage: Coverage, kind: Kind | None, rules: Rules) -> Iterator[QualityRemark]:
    """Lengths are good if they are large, so that they are compared with their limits the other way round."""
    if kind is not None and kind.is_further:
        return
    wide, deep, high = coverage.extent_mm
    if kind is Kind.BRAIN_FLAIR:
        seen, limits, what = high, (rules.head_warn_mm, rules.head_refuse_mm), "head, from its lowest slice upward"
    elif kind is Kind.SPINE_SAGITTAL:
        seen, limits, what = high, (rules.sagittal_warn_mm, rules.sagittal_refuse_mm), "spine, from above downward"
    else:
        seen, limits, what = min(wide, deep), (rules.axial_warn_mm, rules.axial_refuse_mm), "body around the spine"
    for found in remark("coverage", -seen, (-limits[0], -limits[1]), "", ""):
        yield QualityRemark(
            found.check,
            found.verdict,
            f"Only {seen:.0f} mm of the {what} are on the pictures.",
            "Check that all slices were exported, and that they cover the whole region.",
            round(seen, 1),
            abs(found.limit or 0.0),
        )


def _cut_off(coverage: Coverage, rules: Rules) -> Iterator[QualityRemark]:
    side, most = max(((side, cut) for side, cut in coverage.cut if side in AROUND), key=lambda found: found[1])
    yield from remark(
        "field-of-view",
        most,
        (rules.cut_warn, rules.cut_refuse),
        f"The head is cut off at the {side} edge of the picture.",
        "Centre the head, or choose a larger field of view.",
    )
    yield from remark(
        "field-of-view",
        coverage.cut_at(Side.HEAD),
        (rules.vertex_warn, 2.0),
        "The top of the head is not on the slices.",
        "Place the slices up to the vertex.",
    )


def _lost(coverage: Coverage, rules: Rules) -> Iterator[QualityRemark]:
    empty = f"{counted(coverage.empty_slices, 'slice')} empty" if coverage.empty_slices else ""
    repeated = (
        f"{counted(coverage.repeated_slices, 'slice')} the same as the one before" if coverage.repeated_slices else ""
    )
    yield from remark(
        "slice-gaps",
        coverage.lost_share or None,
        (0.0, rules.lost_refuse),
        f"Slices are missing from the stack: {' and '.join(filter(None, (empty, repeated)))}.",
        "Export the series again from the scanner.",
    )
