"""The tables of docs/safety.md that nobody types: what each model package says of itself, and whose software is loaded.

``make tree`` writes them; ``test_documents.py`` fails while they are out of date.
"""

from __future__ import annotations

import json
import sys
import tomllib
from importlib.metadata import Distribution, distribution
from typing import TYPE_CHECKING

from standing_places import REPOSITORY

sys.path.append(str(REPOSITORY / "packaging"))

from inventory import of_distribution
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def with_tables(text: str, repository: Path) -> str:
    """Put the tables between their marks."""
    for mark, table in (
        ("figures", figures(repository / "appliance" / "factory")),
        ("parts", third_parties(repository)),
    ):
        begin, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->\n"
        before, _, rest = text.partition(begin)
        text = before + begin + table + end + rest.partition(end)[2]
    return text


def figures(factory: Path) -> str:
    """Repeat what was measured of each package."""
    head = "| package | figure | value | 95 % interval | cases | graph | measured on |\n|---|---|---|---|---|---|---|\n"
    return head + "".join(_figure(folder, one) for folder in sorted(factory.iterdir()) for one in _measured(folder))


def _measured(folder: Path) -> list[dict[str, object]]:
    return json.loads((folder / "model.json").read_text(encoding="utf-8"))["measured"]


def _figure(folder: Path, one: dict[str, object]) -> str:
    value, low, high = (f"{one[name]:.3f}" for name in ("value", "low", "high"))
    told = (f"`{folder.name}`", one["figure"], value, f"{low} to {high}", one["cases"], one["role"], one["on"])
    return f"| {' | '.join(map(str, told))} |\n"


def third_parties(repository: Path) -> str:
    """Name every distribution that the clinic's install brings, and its licence."""
    asked = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    brought: dict[str, Distribution] = {}
    _gather(map(Requirement, asked), brought)
    parts = sorted(map(of_distribution, brought.values()), key=lambda part: part.name.lower())
    return "| part | licence |\n|---|---|\n" + "".join(f"| {part.name} | {part.licence} |\n" for part in parts)


def _gather(asked: Iterable[Requirement], brought: dict[str, Distribution]) -> None:
    """Follow what is asked for, with its extras, to everything that it asks for in its turn."""
    for one in asked:
        name = canonicalize_name(one.name)
        known = name in brought
        found = brought.setdefault(name, distribution(name))
        wanted = one.extras if known else {"", *one.extras}
        needed = map(Requirement, found.requires or ())
        _gather([new for new in needed if any(_holds(new, extra) for extra in wanted)], brought)


def _holds(asked: Requirement, extra: str) -> bool:
    return asked.marker is None or asked.marker.evaluate({"extra": extra})
