"""Tables → figures, as PNG for a page and SVG for a poster; the same numbers give the same files."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from appliance.cohort.people import REGIONS
from appliance.cohort.statistics import AGE, AGES, LESIONS, SHARES, VARIABLES, age_name, aged, correlations, values

if TYPE_CHECKING:
    from appliance.cohort.people import People

COLOURS = ("#0f5c6e", "#c98a2b", "#7a8791", "#9e2428")
SIZE = (7.2, 3.9)
"""Inches."""
DOTS = 200
"""To the inch."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """One figure in both forms."""

    name: str
    title: str
    png: bytes
    svg: bytes


def all_figures(people: People) -> tuple[Drawing, ...]:
    """Draw them."""
    return (_ages(people), _regions(people), _scatter(people), *_matrices(people))


def _ages(people: People) -> Drawing:
    figure, axes = _empty()
    width = 0.8 / len(people.groups)
    for number, group in enumerate(people.groups):
        known = [values(aged(people.of(group), ages), LESIONS) for ages in AGES]
        means = [float(each.mean()) if each.size else 0.0 for each in known]
        errors = [float(each.std(ddof=1) / np.sqrt(each.size)) if each.size > 1 else 0.0 for each in known]
        at = np.arange(len(AGES)) + number * width
        axes.bar(at, means, width, yerr=errors, color=COLOURS[number % len(COLOURS)], label=group, capsize=2)
    axes.set_xticks(np.arange(len(AGES)) + width * (len(people.groups) - 1) / 2, [age_name(ages) for ages in AGES])
    axes.set_xlabel("age, years")
    axes.set_ylabel("lesions, % of the brain")
    axes.legend(frameon=False)
    return _saved(figure, "lesions-by-age", "Lesion share by age: mean and its standard error")


def _regions(people: People) -> Drawing:
    figure, axes = _empty()
    group = people.groups[0]
    bottom = np.zeros(len(AGES))
    for number, share in enumerate(SHARES):
        known = [values(aged(people.of(group), ages), share) for ages in AGES]
        means = np.array([each.mean() if each.size else 0.0 for each in known])
        axes.bar([age_name(ages) for ages in AGES], means, bottom=bottom, color=COLOURS[number], label=REGIONS[number])
        bottom += means
    axes.set_xlabel("age, years")
    axes.set_ylabel("% of a person's lesions")
    figure.legend(frameon=False, loc="outside upper center", ncols=len(REGIONS))
    return _saved(figure, "regions-by-age", f"Where the lesions lie, by age ({group})")


def _scatter(people: People) -> Drawing:
    figure, axes = _empty()
    for number, group in enumerate(people.groups):
        known = [(p.age, p.lesions) for p in people.of(group) if p.age is not None and p.lesions is not None]
        if known:
            axes.scatter(*np.array(known).T, s=7, alpha=0.5, color=COLOURS[number % len(COLOURS)], label=group, lw=0)
    axes.set_yscale("symlog", linthresh=0.01)
    axes.set_xlabel("age, years")
    axes.set_ylabel("lesions, % of the brain")
    axes.legend(frameon=False)
    return _saved(figure, "lesions-and-age", "Every person's lesion share and age")


def _matrices(people: People) -> list[Drawing]:
    names = [variable.name for variable in (AGE, *VARIABLES)]
    drawings = []
    for group in people.groups:
        rows = [row[2:] for row in correlations(people).rows if row[0] == group]
        matrix = np.array([[np.nan if value is None else float(value) for value in row] for row in rows])
        figure, axes = _empty((7.2, 5.6))
        image = axes.imshow(matrix, vmin=-1, vmax=1, cmap="BrBG")
        axes.set_xticks(range(len(names)), names, rotation=40, ha="right")
        axes.set_yticks(range(len(names)), names)
        for (row, column), value in np.ndenumerate(matrix):
            strong = abs(value) > 0.6  # noqa: PLR2004 - from here on the ground is dark
            axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7, color="w" if strong else "k")
        figure.colorbar(image, ax=axes, shrink=0.8)
        drawings.append(_saved(figure, f"correlations-{group}", f"Correlations by ranks ({group})"))
    return drawings


def _empty(size: tuple[float, float] = SIZE) -> tuple[Figure, Any]:
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _saved(figure: Figure, name: str, title: str) -> Drawing:
    png, svg = io.BytesIO(), io.BytesIO()
    figure.savefig(png, format="png", dpi=DOTS, metadata={"Software": None})
    with mpl.rc_context({"svg.hashsalt": "outpost"}):
        figure.savefig(svg, format="svg", metadata={"Date": None})
    return Drawing(name, title, png.getvalue(), svg.getvalue())
