"""A table of a cohort: numbers as numbers, so that a workbook can go on counting with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = str | int | float | None
TINY, LARGE = 1e-3, 1e4


@dataclass(frozen=True, slots=True)
class Table:
    """One table with its title and what must be known to read it."""

    name: str
    """Short, for the workbook's tab and the file's name."""
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    notes: tuple[str, ...] = ()


def in_lines(table: Table) -> list[str]:
    """Write a table for a terminal, a row a line."""
    return [" | ".join(map(as_text, row)) for row in (table.columns, *table.rows)]


def as_text(value: Value) -> str:
    """Write a value for paper: four digits are more than any of these numbers deserves."""
    if value is None:
        return "–"
    if not isinstance(value, float):
        return str(value)
    if value != 0 and abs(value) < TINY:
        return f"{value:.0e}"
    return f"{value:,.0f}" if abs(value) >= LARGE else f"{value:.4g}"
