"""What this terminal can show, decided from its environment and its answer to one question. Touches no terminal.

Whatever comes back, or nothing: there is always a way that can be seen. Pictures in pixels are only sent to a terminal
that said it takes them. The question ends with one that every terminal answers, so that the end is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

QUESTION = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c"
"""Do you take pictures as kitty does; how many pixels has a cell; who are you, and do you take sixels?"""
WHO_IT_IS = re.compile(r"\x1b\[\?(\d+(?:;\d+)*)c")
CELL = re.compile(r"\x1b\[6;(\d{1,4});(\d{1,4})t")
KITTY_CAN = "\x1b_Gi=31;OK\x1b\\"
SIXELS = "4"
"""Among what a terminal says it can."""
PATIENCE_S, PATIENCE_FAR_S = 1.0, 2.0
"""For the answer, here and over a network: what comes later would be taken for keys."""
USUAL_CELL = (10, 20)
CELL_WIDTHS, CELL_HEIGHTS = range(3, 101), range(6, 201)
"""Pixels; anything else is not a cell."""
WITHOUT_COLOURS = re.compile(r"dumb|vt\d")
LINUX_CONSOLE = re.compile(r"linux")


class Way(StrEnum):
    """How a picture is shown, the best first."""

    SIXEL = "sixel"
    KITTY = "kitty"
    HALF_BLOCKS = "half-blocks"
    SHADES = "shades"
    """Five shades of text: no colour is needed."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """What is known of it."""

    way: Way = Way.HALF_BLOCKS
    cell: tuple[int, int] = USUAL_CELL
    """Width and height in pixels."""


def is_asked(environment: Mapping[str, str]) -> bool:
    """Say whether an answer could change anything: plain consoles may print the question instead."""
    return not (is_colourless(environment) or is_linux_console(environment))


def is_colourless(environment: Mapping[str, str]) -> bool:
    """Say whether nothing may be told by colour alone."""
    return "NO_COLOR" in environment or WITHOUT_COLOURS.match(environment.get("TERM", "")) is not None


def is_linux_console(environment: Mapping[str, str]) -> bool:
    """Say whether this is the console of a machine without windows: 16 colours and few letters."""
    return LINUX_CONSOLE.match(environment.get("TERM", "")) is not None


def patience(environment: Mapping[str, str]) -> float:
    """Say for how many seconds an answer is waited for."""
    return PATIENCE_FAR_S if "SSH_CONNECTION" in environment or "SSH_TTY" in environment else PATIENCE_S


def is_whole(heard: str) -> bool:
    """Say whether everything that will be answered was."""
    return WHO_IT_IS.search(heard) is not None


def terminal_from(
    heard: str, environment: Mapping[str, str], told_by_system: tuple[int, int] | None = None
) -> Terminal:
    """Decide how pictures are shown; ``told_by_system`` is a cell's size, if the system knows one."""
    return Terminal(_way(heard, environment), _cell(heard, told_by_system))


def _way(heard: str, environment: Mapping[str, str]) -> Way:
    """Sixels come first: of those who take both, some show kitty's pictures in the wrong place."""
    if is_colourless(environment):
        return Way.SHADES
    if is_linux_console(environment):
        return Way.HALF_BLOCKS
    who = WHO_IT_IS.search(heard)
    if who is not None and SIXELS in who[1].split(";")[1:]:
        return Way.SIXEL
    return Way.KITTY if KITTY_CAN in heard else Way.HALF_BLOCKS


def _cell(heard: str, told_by_system: tuple[int, int] | None) -> tuple[int, int]:
    said = CELL.search(heard)
    answered = (int(said[2]), int(said[1])) if said else None
    for width, height in filter(None, (told_by_system, answered)):
        if width in CELL_WIDTHS and height in CELL_HEIGHTS:
            return width, height
    return USUAL_CELL
