"""What can be seen of a study, and which of it is seen now: scans to leaf through, then the pictures of the report.

Pictures of one role are leafed through like slices. Nothing here draws on a screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.findings.study import PictureRole
from appliance.report.marks import N_
from appliance.words import shown
from appliance.workplace.tongue import say, sentence

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

    from appliance.findings import Findings
    from appliance.findings.study import Picture
    from appliance.pictures.canvas import Window
    from appliance.workplace.slices import Slices

ROLE_WORDS = {
    PictureRole.PLAIN_AND_MARKED: N_("As it is, and outlined"),
    PictureRole.KEY_SLICE: N_("Key slices"),
    PictureRole.CHANGE: N_("The earlier study and this one"),
    PictureRole.RELEVANCE: N_("What the model looked at"),
    PictureRole.ANOMALY: N_("What looks unusual"),
    PictureRole.SAGITTAL_LINES: N_("Measuring lines"),
    PictureRole.AXIAL_LEVEL: N_("Levels of the spine"),
}
FINEST_ROWS = 560
"""Of a drawn slice; where fewer can be shown, outlines are drawn thicker."""


@dataclass(slots=True)
class Roll:
    """Pictures of one role, or one scan."""

    title: str
    slices: Slices | None
    pictures: tuple[Picture, ...]
    at: int = 0
    window: Window | None = None

    def __len__(self) -> int:
        return len(self.slices) if self.slices is not None else len(self.pictures)


class Views:
    """See the module's docstring."""

    def __init__(self, folder: Path) -> None:
        self.outlined = True
        self._folder = folder
        self._rolls: list[Roll] = []
        self._at = 0

    @property
    def has_slices(self) -> bool:
        """Whether a scan can be leafed through."""
        return any(roll.slices is not None for roll in self._rolls)

    def take(self, findings: Findings, slices: tuple[Slices, ...]) -> None:
        """Take in the report's pictures once, and scans as soon as they are there: those come first."""
        scans = [Roll(each.title, each, (), each.fullest(), each.window) for each in slices]
        if not self._rolls:
            by_role = {role: tuple(p for p in findings.pictures if p.role is role) for role in ROLE_WORDS}
            self._rolls = [Roll(say(ROLE_WORDS[role]), None, found) for role, found in by_role.items() if found]
        if scans:
            self._rolls, self._at = scans + self._rolls, 0

    @property
    def title(self) -> str:
        """What is seen."""
        roll = self._roll
        if roll is None:
            return say("No pictures here")
        return say("{title} ({number} of {all}, v: next)", title=roll.title, number=self._at + 1, all=len(self._rolls))

    @property
    def caption(self) -> str:
        """Which slice or picture it is."""
        roll = self._roll
        if roll is None:
            return ""
        if roll.slices is None:
            return f"{roll.at + 1}/{len(roll)} {shown(sentence(roll.pictures[roll.at].caption), longest=120)}"
        number, window = roll.slices.stack.slice_number(roll.at), roll.window or roll.slices.window
        named = say(", ").join(say(each.name) for each in roll.slices.outlines) or say("none found")
        outlines = named if self.outlined else say("none (o)")
        grey = f"{window.low:.0f} … {window.high:.0f}"
        return say(
            "slice {number} of {all} · grey {grey} · outlines: {outlines}",
            number=number, all=len(roll), grey=grey, outlines=outlines,
        )  # fmt: skip

    @property
    def file(self) -> Path | None:
        """The file of what is seen, if it is a picture of the report."""
        roll = self._roll
        return self._folder / roll.pictures[roll.at].file if roll is not None and roll.slices is None else None

    def picture(self, rows: int) -> Image | None:
        """Draw what is seen now for a screen with so many rows of pixels."""
        roll = self._roll
        if roll is None:
            return None
        if roll.slices is not None:
            thick = max(1, round(FINEST_ROWS / max(rows, 1) / 2))
            return roll.slices.picture(roll.at, roll.window or roll.slices.window, thick if self.outlined else 0)
        return _opened(self._folder / roll.pictures[roll.at].file)

    def leaf(self, by: int) -> None:
        """Go so many slices on."""
        if (roll := self._roll) is not None:
            roll.at = min(max(roll.at + by, 0), len(roll) - 1)

    def turn(self, by: int) -> None:
        """Go to another scan or role."""
        if self._rolls:
            self._at = (self._at + by) % len(self._rolls)

    def widen(self, factor: float) -> None:
        """Make the window wider around its middle."""
        self._set_window(factor, 0.0)

    def shift(self, by: float) -> None:
        """Shift the window by a share of its width."""
        self._set_window(1.0, by)

    def reset_window(self) -> None:
        """Set the window back to what shows everything."""
        if (roll := self._roll) is not None and roll.slices is not None:
            roll.window = roll.slices.window

    @property
    def _roll(self) -> Roll | None:
        return self._rolls[self._at] if self._rolls else None

    def _set_window(self, factor: float, by: float) -> None:
        roll = self._roll
        if roll is None or roll.slices is None:
            return
        window = roll.window or roll.slices.window
        width, middle = window.high - window.low, (window.high + window.low) / 2
        middle, half = middle + by * width, width * factor / 2
        roll.window = type(window)(middle - half, middle + half)


def _opened(path: Path) -> Image | None:
    from PIL import Image  # noqa: PLC0415 - the app starts without it

    try:
        with Image.open(path) as picture:
            return picture.convert("RGB")
    except (OSError, ValueError):
        return None
