"""What the documents promise, taken out of their text: commands, keys and quoted words."""

from __future__ import annotations

import ast
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = r"(?:python (?:-m )?[\w./]+|outpost(?=[ \n`])|make [a-z-]+)"
ON_A_LINE = re.compile(rf"^(?:    )?({PROGRAM}.*)$", re.MULTILINE)
IN_TEXT = re.compile(rf"`({PROGRAM}[^`]*)`")
PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def documents(repository: Path) -> list[Path]:
    """Every text that tells a person what to type."""
    at_the_top = [repository / name for name in ("README.md", "ARCHITECTURE.md", "packaging/README.md")]
    return [*at_the_top, *sorted((repository / "docs").rglob("*.md"))]


@dataclass(frozen=True, slots=True)
class Quoted:
    """A command that a text quotes, as the shell would hand it over; what stands for something stays."""

    words: tuple[str, ...]
    is_to_be_typed: bool
    """It stands on a line of its own; within a sentence a command is only named, and need not be whole."""


def commands_in(text: str) -> list[Quoted]:
    """Every command that a text quotes."""
    whole = re.sub(r"\\\n\s*", " ", text)
    lines, named = ON_A_LINE.findall(whole), IN_TEXT.findall(whole)
    return [Quoted(_words(command), command in lines) for command in dict.fromkeys((*lines, *named))]


def _words(command: str) -> tuple[str, ...]:
    optional = re.sub(r"\[([^\]]*)\]", r"\1", command)
    return tuple(shlex.split(optional, comments=True))


def key_tables(text: str) -> dict[str, list[tuple[str, str]]]:
    """Tables of keys by the screen that their mark names: key and what it does."""
    tables = re.findall(r"<!-- keys: (\w+) -->\n((?:\|.*\n)+)", text)
    return {screen: re.findall(r"^\| `([^`]+)` \| (.+?) \|$", rows, re.MULTILINE) for screen, rows in tables}


def quotes_in(text: str) -> list[str]:
    """Whatever stands in quotation marks."""
    return re.findall(r"“([^”]+)”", text)


def texts_of(*folders: Path) -> Iterator[str]:
    """Every text that these programs hold, with ``{}`` for what is put in while they run."""
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            yield from map(_text, ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)  # type: ignore[misc]  # parts are texts
    return PLACEHOLDER.sub("{}", node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
