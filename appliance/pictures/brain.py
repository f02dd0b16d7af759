"""A FLAIR's findings, drawn: the slices with most lesion, what the model looked at, what is unusual, what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from appliance.findings.study import PictureRole
from appliance.measure.align import Alignment
from appliance.measure.change import Fate
from appliance.measure.grid import FULL
from appliance.measure.regions import Region
from appliance.pictures import canvas
from appliance.pictures.axial_view import AxialView, Sheet
from appliance.pictures.canvas import Canvas, side_by_side, with_legend
from appliance.pictures.drawing import Drawing
from appliance.pictures.earlier_view import earlier_slice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from appliance.measure.change import ChangedLesion
    from appliance.pictures.canvas import Colour
    from appliance.readers.brain import BrainAnswer

COLOURS: dict[Region | None, Colour] = {
    Region.PERIVENTRICULAR: canvas.ORANGE,
    Region.PARAVENTRICULAR: canvas.SKY,
    Region.JUXTACORTICAL: canvas.GREEN,
    None: canvas.YELLOW,
}
NAMES: dict[Region | None, str] = {
    Region.PERIVENTRICULAR: "periventricular",
    Region.PARAVENTRICULAR: "paraventricular",
    Region.JUXTACORTICAL: "juxtacortical",
    None: "lesion",
}
FATES: dict[Fate, Colour] = {
    Fate.NEW: canvas.RED,
    Fate.ENLARGING: canvas.ORANGE,
    Fate.SHRINKING: canvas.SKY,
    Fate.RESOLVED: canvas.BLUE,
}
STEM = "brain"
"""How the names of the files begin."""
MARKED, ANOMALIES, CHANGES = 4, 2, 2
"""How many pictures of each kind at most."""
FAINTEST, CONFIDENT = 0.35, 3.0
"""The anomaly map is drawn the denser, up to this many times its threshold."""
FULL_PERCENT = 99.8


def draw_brain(answer: BrainAnswer) -> Iterator[Drawing]:
    """Draw one FLAIR, one picture at a time."""
    view = AxialView(answer.lesions)
    for index in view.key_slices(MARKED):
        yield _marked(answer, view, index)
    if answer.relevance is not None:
        yield _relevance(answer, view)
    yield from _anomalies(answer, view)
    yield from _changes(answer, view)


def _marked(answer: BrainAnswer, view: AxialView, index: int) -> Drawing:
    sheet = view.sheet(index)
    plain, marked = view.canvas(index), view.canvas(index)
    marked.outline(sheet.ventricle, canvas.PINK)
    marked.outline(sheet.candidate, canvas.WHITE)
    numbers = sheet.numbers
    for number in numbers:
        lesion = answer.findings.lesions[number - 1]
        marked.outline(sheet.labels == number, COLOURS[lesion.region], width=2)
    for number in numbers[: MARKED * 2]:
        lesion = answer.findings.lesions[number - 1]
        marked.label(_corner(sheet, number), str(number), COLOURS[lesion.region], shift=(4, -18))
    seen = {answer.findings.lesions[number - 1].region for number in numbers}
    legend = [(NAMES[region], colour) for region, colour in COLOURS.items() if region in seen]
    legend += [("ventricle", canvas.PINK)] if sheet.ventricle.any() else []
    legend += [("unsure, not counted", canvas.WHITE)] if sheet.candidate.any() else []
    said = f"lesions {_listed(numbers)}" if numbers else "no lesion"
    return Drawing(
        f"{STEM}-slice-{index + 1:03d}",
        PictureRole.PLAIN_AND_MARKED,
        f"{view.where(index)}: as it is, and with what was found outlined ({said}).",
        answer.findings.series,
        view.slice_number(index),
        with_legend(side_by_side(plain.image, marked.image), legend),
    )


def _relevance(answer: BrainAnswer, view: AxialView) -> Drawing:
    found = answer.relevance
    assert found is not None  # the caller has looked
    sheet, drawn = view.sheet(found.index), view.canvas(found.index)
    values = view.cut(found.values)
    full = max(float(np.percentile(np.abs(values), FULL_PERCENT)), 1e-12)
    drawn.overlay(np.clip(values, 0, None) / full, canvas.RED)
    drawn.overlay(np.clip(-values, 0, None) / full, canvas.BLUE)
    drawn.outline(sheet.labels == found.lesion, canvas.WHITE)
    legend = [("spoke for a lesion", canvas.RED), ("spoke against", canvas.BLUE), ("the lesion", canvas.WHITE)]
    return Drawing(
        f"{STEM}-relevance",
        PictureRole.RELEVANCE,
        f"{view.where(found.index)}: what the model looked at to call lesion {found.lesion} a lesion.",
        answer.findings.series,
        view.slice_number(found.index),
        with_legend(drawn.image, legend),
    )


def _anomalies(answer: BrainAnswer, view: AxialView) -> Iterator[Drawing]:
    reading, record = answer.anomaly, answer.findings.anomaly
    if reading is None or record is None:
        return
    regions = record.regions[:ANOMALIES]
    indices = [view.index_of(region.spot.centre_mm) for region in regions]
    if not indices:
        indices = [view.fullest(reading.scores > FULL * reading.threshold)]
    for number, index in enumerate(dict.fromkeys(indices), start=1):
        here = [region for region in regions if view.index_of(region.spot.centre_mm) == index]
        drawn = view.canvas(index)
        drawn.overlay(_strength(view.scores(reading.scores, index), reading.threshold), canvas.RED)
        drawn.outline(view.sheet(index).labels > 0, canvas.SKY)
        for region in here:
            drawn.label(view.point_of(region.spot.centre_mm), f"{region.number}?", canvas.YELLOW)
        said = "no lesion explains it, so look at it" if here else "what is unusual is small or explained by lesions"
        yield Drawing(
            f"{STEM}-anomaly-{number}",
            PictureRole.ANOMALY,
            f"{view.where(index)}: brighter than expected for its place; {said}.",
            answer.findings.series,
            view.slice_number(index),
            with_legend(drawn.image, [("unusual", canvas.RED), ("lesion", canvas.SKY)]),
        )


def _strength(scores: NDArray[np.float32], threshold: float) -> NDArray[np.float32]:
    """Say how densely a place is coloured: not at all below the threshold."""
    dense = FAINTEST + (scores - threshold) / np.float32(CONFIDENT * threshold)
    return np.where(scores > threshold, dense, np.float32(0))


def _changes(answer: BrainAnswer, view: AxialView) -> Iterator[Drawing]:
    record = answer.findings.change
    changed = [group for group in record.lesions if group.fate in FATES] if record else []
    indices = dict.fromkeys(view.index_of(group.centre_mm) for group in changed)
    for number, index in enumerate(list(indices)[:CHANGES], start=1):
        yield _change(answer, view, index, number, [g for g in changed if view.index_of(g.centre_mm) == index])


def _change(answer: BrainAnswer, view: AxialView, index: int, number: int, groups: list[ChangedLesion]) -> Drawing:
    compared = answer.compared
    assert compared is not None  # lesions have changed, so there was something to compare with
    assert isinstance(compared.alignment, Alignment)
    before = earlier_slice(compared.earlier.scan, compared.alignment, view, index)
    left = Canvas(before, view.in_plane_mm, view.window_for(before, index))
    left.edges("R", "L", "before")
    right = view.canvas(index)
    _mark_changes(left, right, view, index, groups)
    legend = [(str(fate), colour) for fate, colour in FATES.items() if any(group.fate is fate for group in groups)]
    return Drawing(
        f"{STEM}-change-{number}",
        PictureRole.CHANGE,
        f"{view.where(index)}: the earlier study laid over this one, and this one.",
        answer.findings.series,
        view.slice_number(index),
        with_legend(side_by_side(left.image, right.image), legend),
    )


def _mark_changes(left: Canvas, right: Canvas, view: AxialView, index: int, groups: list[ChangedLesion]) -> None:
    labels = view.sheet(index).labels
    for group in groups:
        if group.now:
            right.outline(np.isin(labels, group.now), FATES[group.fate], width=2)
        if group.fate is Fate.RESOLVED:
            left.cross(view.point_of(group.centre_mm), FATES[group.fate])


def _corner(sheet: Sheet, number: int) -> tuple[float, float]:
    rows, columns = np.nonzero(sheet.labels == number)
    return (float(rows.min()), float(columns.max()))


def _listed(numbers: list[int], most: int = 8) -> str:
    said = ", ".join(map(str, numbers[:most]))
    return said if len(numbers) <= most else f"{said} and {len(numbers) - most} more"
