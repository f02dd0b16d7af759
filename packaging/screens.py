"""Pictures of the app: the real app, reading patients of the sample clinic, drawn letter by letter."""

from __future__ import annotations

import asyncio
import io
import os
import time
from importlib.resources import files
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont
from rich.color import ColorType
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

from appliance.report.font_making import ARABIC, DEVANAGARI, make_one
from appliance.report.fonts import typeface_folder
from appliance.sample.clinic import make_clinic
from appliance.sample.clinic_visits import a_fine_scan, a_restless_patient

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rich.color import Color
    from rich.segment import Segment
    from textual.app import App

WIDTH, HEIGHT = 92, 26
ACROSS, DOWN = 12, 24
"""Pixels of one letter."""
PATIENCE_S = 600.0
SHOWN = (a_fine_scan, a_restless_patient)
"""Of the sample clinic: enough to see what a list looks like, and patients whose names any terminal can write."""


def take_pictures(folder: Path, language: str) -> dict[str, Image.Image]:
    """Let the app read a small clinic, and take a picture before and after; ``folder`` may be thrown away after."""
    os.environ["OUTPOST_LANGUAGE"] = language
    from appliance.tui.app import OutpostApp  # noqa: PLC0415 - it looks at the language as it is loaded
    from appliance.workplace.home import Home  # noqa: PLC0415 - the same
    from appliance.workplace.workplace import Workplace  # noqa: PLC0415 - the same

    scans = make_clinic(folder / "clinic", visits=SHOWN).scans
    workplace = Workplace(Home(folder / "home"))
    workplace.change({"clinic.results": str(folder / "results"), "clinic.language": language})
    workplace.remember_start()
    workplace.remember_light(light=True)
    return asyncio.run(_visited(OutpostApp(workplace), scans))


async def _visited(app: App[None], scans: Path) -> dict[str, Image.Image]:
    pictures = {}
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await until(app.loaded.is_set)
        app.look_into(scans)
        await until(lambda: app.screen.query_one("#found").row_count >= len(SHOWN))
        await asyncio.sleep(1)
        pictures["home"] = drawn(app)
        await pilot.press("f9")
        await until(lambda: app.reading is not None and app.reading.progress.state.name == "ENDED")
        await asyncio.sleep(1)
        pictures["batch"] = drawn(app)
    return pictures


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("The app did not show what its pictures should show.")
        await asyncio.sleep(0.1)


def drawn(app: App[None]) -> Image.Image:
    """Draw the screen as a terminal would."""
    picture = Image.new("RGB", (app.size.width * ACROSS, app.size.height * DOWN))
    pen = ImageDraw.Draw(picture)
    for row, strip in enumerate(app.screen._compositor.render_strips()):  # noqa: SLF001 - nothing public gives the letters
        column = 0
        for segment in (found for found in strip if found.cell_length):
            _write(pen, segment, column * ACROSS, row * DOWN)
            column += segment.cell_length
    return picture


def png(picture: Image.Image) -> io.BytesIO:
    """Give a picture as a file in memory, in few colours as a terminal has."""
    stream = io.BytesIO()
    picture.quantize(128).save(stream, "PNG", optimize=True)
    return stream


def _write(pen: ImageDraw.ImageDraw, segment: Segment, left: int, top: int) -> None:
    style = segment.style
    ink = _rgb(style.color if style else None, (0, 0, 0))
    ground = _rgb(style.bgcolor if style else None, (255, 255, 255))
    if style and style.reverse:
        ink, ground = ground, ink
    pen.rectangle((left, top, left + segment.cell_length * ACROSS - 1, top + DOWN - 1), fill=ground)
    face = _face_for(segment.text, bold=bool(style and style.bold))
    if face is not None:
        pen.text((left, top), segment.text, font=face, fill=ink)
        return
    mono = _mono(bold=bool(style and style.bold))
    for place, letter in enumerate(segment.text):
        pen.text((left + place * ACROSS, top + 1), letter, font=mono, fill=ink)


def _face_for(text: str, *, bold: bool) -> ImageFont.FreeTypeFont | None:
    """Letters that change by their neighbours are drawn together, in the typeface of the reports."""
    for typeface in (ARABIC, DEVANAGARI):
        first, last = typeface.ranges[4] if typeface is ARABIC else typeface.ranges[2]
        if any(first <= ord(letter) <= last for letter in text):
            path = make_one(typeface, "bold" if bold else "regular", typeface_folder())
            return ImageFont.truetype(str(path), DOWN - 8) if path else None
    return None


def _mono(*, bold: bool) -> ImageFont.FreeTypeFont:
    name = "DejaVuSansMono-Bold.ttf" if bold else "DejaVuSansMono.ttf"
    return ImageFont.truetype(str(files("matplotlib") / "mpl-data" / "fonts" / "ttf" / name), 20)


def _rgb(colour: Color | None, default: tuple[int, int, int]) -> tuple[int, int, int]:
    if colour is None or colour.type is ColorType.DEFAULT:
        return default
    return tuple(colour.get_truecolor(DEFAULT_TERMINAL_THEME))
