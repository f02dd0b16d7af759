"""The model card: what a package is for, what it was taught with, how good it is, and what it must not be used for.

Every figure comes from the recorded results that stand in ``model.json`` too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from appliance.models.spec import NetworkSpec
    from compression.recipe import PackageRecipe

WARNING = "Automatic and for research use only. It is not a diagnosis: a radiologist must confirm every finding."


def card(recipe: PackageRecipe, version: str, networks: Mapping[str, NetworkSpec]) -> str:
    """Write the card in Markdown."""
    return "\n".join(_lines(recipe, version, networks)) + "\n"


def _lines(recipe: PackageRecipe, version: str, networks: Mapping[str, NetworkSpec]) -> Iterator[str]:
    words = recipe.words
    yield from (f"# {words.title}", "", f"`{recipe.task}-{version}`. {WARNING}", "", "## Purpose", "", words.purpose)
    yield from ("", "## What it was taught with", "", "| data | cases | licence | source |", "|---|---|---|---|")
    for data in recipe.trained_on:
        yield f"| {data.name} | {data.cases} | {data.licence} | {data.source} |"
    yield from ("", "## How good it is", "")
    yield from _figures(recipe)
    yield from ("", "## Its networks", "", "| network | input | prepared as | answers |", "|---|---|---|---|")
    for name, network in networks.items():
        shape = " × ".join("any" if size is None else str(size) for size in network.input.shape[1:])
        classes = ", ".join(label for output in network.outputs for label in output.classes)
        yield f"| {name} | {shape} | {network.preparation.kind} | {classes} |"
    yield from ("", "## Its limits", "", *(f"- {limit}" for limit in words.limits))
    yield from ("", "## What it must not be used for", "", *(f"- {use}" for use in words.not_for))


def _figures(recipe: PackageRecipe) -> Iterator[str]:
    if not recipe.measured:
        yield "Nothing was measured yet."
        return
    yield from ("| figure | value | 95 % interval | cases | graph | on |", "|---|---|---|---|---|---|")
    for one in recipe.measured:
        interval = f"{one.low:.3f} to {one.high:.3f}"
        yield f"| {one.figure} | {one.value:.3f} | {interval} | {one.cases} | {one.role} | {one.on} |"
