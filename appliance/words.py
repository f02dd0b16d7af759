"""Names and sizes as a technician may see them: never a control character, never a line too long."""

from __future__ import annotations

LONGEST_NAME = 80


def shown(name: str) -> str:
    """Make a name from anybody's disk safe to print: no escapes, no lone surrogates, not endless."""
    clean = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)
    return clean if len(clean) <= LONGEST_NAME else f"{clean[: LONGEST_NAME - 1]}…"


def megabytes(size: int) -> str:
    """Say a size in the unit that file managers use."""
    return f"{size / 1_000_000:,.1f} MB"
