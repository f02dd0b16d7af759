"""Where a patient stands among people of the same age group and sex, with MS and healthy apart.

Guarantees: a place is only given in a cell of at least ``FEWEST`` people; it is always a range, because the
reference measured areas where the appliance measures volumes, and the range carries what is known of the
difference; what cannot be placed says why, in a sentence.

The table is made by ``training/population.py`` and is all that ships of the published data.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).parent / "reference" / "tabriz_1380.json"
FEWEST = 20
"""People that a cell must have before anyone is placed in it."""
YOUNGEST = 18


class Group(StrEnum):
    """The two groups of the reference."""

    MS = "MS"
    HEALTHY = "HC"


class Measure(StrEnum):
    """What is placed: each as a share of the brain with its ventricles."""

    LESIONS = "lesion_share"
    VENTRICLES = "ventricle_share"


@dataclass(frozen=True, slots=True)
class Scale:
    """How much larger the appliance's shares are than the reference's, for the same people."""

    low: float
    middle: float
    high: float
    compared: int
    basis: str


@dataclass(frozen=True, slots=True)
class Cell:
    """People of one group, sex and age group."""

    group: Group
    sex: str
    """``F``, ``M`` or ``any``."""
    from_age: int
    below_age: int
    people: int
    quantiles: dict[Measure, tuple[float, ...]]
    """At ``Reference.percents``; empty for small cells."""
    without_lesions: float | None
    """Share of these people; ``None`` for small cells."""
    region_medians: dict[str, float]
    """Of the lesion area, in each region."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The table that ships."""

    title: str
    authors: str
    where: str
    url: str
    licence: str
    people: int
    oldest: int
    percents: tuple[int, ...]
    scales: dict[tuple[Measure, Group], Scale]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """One measure among one group."""

    measure: Measure
    group: Group
    low: float
    middle: float
    high: float
    """How many of 100 have less: at least, about, at most. 0 stands for under 5 and 100 for over 95."""
    cell: Cell
    sentence: str


@dataclass(frozen=True, slots=True)
class Placement:
    """Where this patient stands, and what a reader must know about it."""

    standings: tuple[Standing, ...]
    notes: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class NotPlaced:
    """Why nobody can say where this patient stands."""

    sentence: str


@cache
def shipped_reference() -> Reference:
    """Read the table that ships with the appliance."""
    return read_reference(SHIPPED)


def read_reference(path: Path) -> Reference:
    """Read a table that ``training/population.py`` wrote."""
    table = json.loads(path.read_text(encoding="utf-8"))
    source = table["source"]
    return Reference(
        title=source["title"],
        authors=source["authors"],
        where=source["where"],
        url=source["url"],
        licence=source["licence"],
        people=source["people"],
        oldest=source["oldest"],
        percents=tuple(table["percents"]),
        scales={(m, g): Scale(**table["scales"][m][g]) for m in Measure for g in Group},
        cells=tuple(_cell(entry) for entry in table["cells"]),
    )


def place(
    age_years: float | None,
    sex: str | None,
    lesion_share: float | None,
    ventricle_share: float | None,
    reference: Reference,
) -> Placement | NotPlaced:
    """Place one patient's shares of the brain."""
    if age_years is None:
        return NotPlaced("The patient's age is not known, so no comparison with other people can be made.")
    if not YOUNGEST <= age_years < reference.oldest + 1:
        return NotPlaced(
            f"The reference is of people from {YOUNGEST} to {reference.oldest} years; this patient is {age_years:.0f}."
        )
    values = {Measure.LESIONS: lesion_share, Measure.VENTRICLES: ventricle_share}
    standings, notes = [], [_comparable(reference)]
    for group in Group:
        cell = _cell_for(age_years, sex, group, reference)
        if cell is None:
            notes.append(_too_few(age_years, group, reference))
            continue
        if sex != cell.sex:
            notes.append(_both_sexes(sex, group))
        standings += [
            _standing(measure, group, value, cell, reference) for measure, value in values.items() if value is not None
        ]
    if not standings:
        return NotPlaced(
            " ".join(notes[1:]) or "Neither lesions nor ventricles could be measured as shares of the brain."
        )
    return Placement(tuple(standings), tuple(notes), source_in_words(reference))


def source_in_words(reference: Reference) -> str:
    """Name the source as the report prints it."""
    return (
        f"Reference: {reference.title} ({reference.where}); {reference.authors}; {reference.licence} licence; "
        f"{reference.url}"
    )


def _cell(entry: dict[str, Any]) -> Cell:
    return Cell(
        group=Group(entry["group"]),
        sex=entry["sex"],
        from_age=entry["from_age"],
        below_age=entry["below_age"],
        people=entry["people"],
        quantiles={measure: tuple(entry[measure]) for measure in Measure if measure in entry},
        without_lesions=entry.get("without_lesions"),
        region_medians={name: shares[1] for name, shares in entry.get("region_shares", {}).items()},
    )


def _cell_for(age: float, sex: str | None, group: Group, reference: Reference) -> Cell | None:
    """Find the patient's own sex if it has enough people, else both sexes together."""
    fitting = {
        cell.sex: cell for cell in reference.cells if cell.group is group and cell.from_age <= age < cell.below_age
    }
    for wanted in (sex or "any", "any"):
        cell = fitting.get(wanted)
        if cell is not None and cell.people >= FEWEST:
            return cell
    return None


def _standing(measure: Measure, group: Group, value: float, cell: Cell, reference: Reference) -> Standing:
    scale = reference.scales[measure, group]
    low, middle, high = (
        _percent_below(value / factor, cell.quantiles[measure], reference.percents)
        for factor in (scale.high, scale.middle, scale.low)
    )
    return Standing(measure, group, low, middle, high, cell, _sentence(measure, value, (low, middle, high), cell))


def _sentence(measure: Measure, value: float, percents: tuple[float, float, float], cell: Cell) -> str:
    if measure is Measure.LESIONS and value == 0 and cell.without_lesions is not None:
        return f"No lesions, as {100 * cell.without_lesions:.0f} of 100 {_people(cell)} ({cell.people} people)."
    low, middle, high = percents
    bounds = _bound(low) if _bound(low) == _bound(high) else f"{_bound(low)} to {_bound(high)}"
    of_whom = f"of 100 {_people(cell)} ({bounds}; {cell.people} people)."
    return f"{_NAMES[measure]}, {100 * value:.2f} % of the brain: {_rank(middle)} {of_whom}"


def _percent_below(value: float, quantiles: tuple[float, ...], percents: tuple[int, ...]) -> float:
    """Say how many of 100 have less; equal values, such as none at all, count as not less."""
    at = bisect_left(quantiles, value)
    if at == 0:
        return 0.0
    if at == len(quantiles):
        return 100.0
    left, right = quantiles[at - 1], quantiles[at]
    share = (value - left) / (right - left)
    return percents[at - 1] + share * (percents[at] - percents[at - 1])


_NAMES = {Measure.LESIONS: "Lesion load", Measure.VENTRICLES: "Ventricles"}
_GROUPS = {Group.MS: "with MS", Group.HEALTHY: "without MS"}
_SEXES = {"F": "women", "M": "men", "any": "women and men"}


def _rank(percent: float) -> str:
    if percent == 0:
        return "among the lowest 5"
    return "among the highest 5" if percent == 100 else f"more than about {percent:.0f}"  # noqa: PLR2004 - all of 100


def _bound(percent: float) -> str:
    if percent == 0:
        return "under 5"
    return "over 95" if percent == 100 else f"{percent:.0f}"  # noqa: PLR2004 - all of 100


def _people(cell: Cell) -> str:
    ages = f"{cell.from_age}–{cell.below_age - 1}" if cell.below_age < 100 else f"{cell.from_age} and over"  # noqa: PLR2004 - nobody is older
    return f"{_SEXES[cell.sex]} aged {ages} {_GROUPS[cell.group]}"


def _too_few(age: float, group: Group, reference: Reference) -> str:
    here = next(
        cell
        for cell in reference.cells
        if cell.group is group and cell.sex == "any" and cell.from_age <= age < cell.below_age
    )
    return f"The reference has only {here.people} {_people(here)}, too few to compare with."


def _both_sexes(sex: str | None, group: Group) -> str:
    if sex in ("F", "M"):
        return (
            f"The reference has too few {_SEXES[sex]} of this age {_GROUPS[group]}, so both sexes are taken together."
        )
    return f"The patient's sex is not known as F or M, so women and men {_GROUPS[group]} are taken together."


def _comparable(reference: Reference) -> str:
    lesions, ventricles = (reference.scales[measure, Group.MS] for measure in Measure)
    healthy = reference.scales[Measure.VENTRICLES, Group.HEALTHY]
    return (
        "The reference counted pixels on slices, this program measures volumes: comparable, not identical. In the same "
        f"people with MS ({lesions.compared} of them) volumes were {lesions.middle:g} times ({lesions.low:g} to "
        f"{lesions.high:g}) as large for lesions and {ventricles.middle:g} times ({ventricles.low:g} to "
        f"{ventricles.high:g}) for ventricles; for ventricles of healthy people {healthy.low:g} to {healthy.high:g} "
        "times, by its authors' later figures; for their lesions it is not known, and anything from 1 to "
        f"{lesions.high:g} is assumed. Values are scaled by this, so that only a range can be given."
    )
