"""A block of a page that a command writes: everything between its two markers, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def with_block(page: str, name: str, block: str) -> str:
    """Put a block in its place, or raise ``ValueError`` where the page has no such place."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    before, opened, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not (opened and closed):
        raise ValueError(f"the page has no place between “{begin.strip()}” and “{end.strip()}”")
    return before + begin + block.rstrip("\n") + "\n" + end + after


def write_block(path: Path, name: str, block: str) -> None:
    """Write a page's block anew."""
    path.write_text(with_block(path.read_text(encoding="utf-8"), name, block), encoding="utf-8")
