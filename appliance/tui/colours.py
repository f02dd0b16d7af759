"""Two sets of colours, and the tone in which a thing is said. Every tone is also said in words or signs."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.theme import Theme

if TYPE_CHECKING:
    from textual.app import App

DARK = Theme(
    name="outpost-dark",
    primary="#6cb6d9",
    secondary="#4a7f99",
    accent="#f2c14e",
    warning="#f2c14e",
    error="#ff8a80",
    success="#8fd694",
    foreground="#e8eaec",
    background="#12161a",
    surface="#1a2026",
    panel="#27303a",
    dark=True,
)
LIGHT = Theme(
    name="outpost-light",
    primary="#00587a",
    secondary="#3b7d99",
    accent="#7a4f00",
    warning="#7a4f00",
    error="#a8001c",
    success="#14662b",
    foreground="#15191c",
    background="#fbfcfd",
    surface="#f0f3f5",
    panel="#dde4e9",
    dark=False,
)


class Tone(StrEnum):
    """How a thing is meant."""

    PLAIN = "plain"
    GOOD = "good"
    CARE = "care"
    BAD = "bad"
    FAINT = "faint"


def said(app: App[Any], text: str, tone: Tone = Tone.PLAIN) -> Text:
    """Put text in its tone; nothing in it is taken for markup."""
    theme = app.current_theme
    styles = {
        Tone.PLAIN: "",
        Tone.GOOD: theme.success or "",
        Tone.CARE: f"bold {theme.warning}",
        Tone.BAD: f"bold {theme.error}",
        Tone.FAINT: "dim",
    }
    return Text(text, style=styles[tone], no_wrap=True)
