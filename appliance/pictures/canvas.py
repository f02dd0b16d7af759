"""A slice on a canvas: grey values windowed, pixels made square, and outlines, lines and words drawn over it.

Everything is drawn in the canvas's own pixels, which are finer than the scan's, so that an outline one voxel
wide does not hide what it surrounds. Places are given as ``(row, column)`` of the slice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from appliance.measure.grid import Mask

Colour: TypeAlias = tuple[int, int, int]
Point: TypeAlias = tuple[float, float]
SIDE = 560
"""Pixels of a canvas's longer side, without its legend."""
WHITE: Colour = (255, 255, 255)
GREY: Colour = (150, 150, 150)
ORANGE: Colour = (230, 159, 0)
SKY: Colour = (86, 180, 233)
GREEN: Colour = (0, 158, 115)
YELLOW: Colour = (240, 228, 66)
BLUE: Colour = (0, 114, 178)
RED: Colour = (213, 94, 0)
PINK: Colour = (204, 121, 167)
"""Okabe and Ito's colours, which nobody confuses."""
TEXT = 15
LINE = 20
DARKEST, BRIGHTEST = 1.0, 99.7
"""Percentiles of the window where nothing else is known."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which grey values become black and white."""

    low: float
    high: float


class Canvas:
    """One slice, to be drawn over."""

    def __init__(self, picture: NDArray[np.generic], spacing_mm: tuple[float, float], window: Window) -> None:
        rows, columns = picture.shape
        tall, wide = rows * spacing_mm[0], columns * spacing_mm[1]
        zoom = SIDE / max(tall, wide)
        self.size = (max(1, round(wide * zoom)), max(1, round(tall * zoom)))
        """Columns and rows, as Pillow counts."""
        self._scale = (self.size[1] / rows, self.size[0] / columns)
        grey = Image.fromarray(_in_window(picture, window)).resize(self.size, Image.Resampling.BICUBIC)
        self.image = grey.convert("RGB")
        self._draw = ImageDraw.Draw(self.image)

    def outline(self, mask: Mask, colour: Colour, *, width: int = 1) -> None:
        """Draw a line around a mask, just outside of it."""
        rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            return
        top, left = max(int(rows[0]) - 2, 0), max(int(columns[0]) - 2, 0)
        cut = mask[top : int(rows[-1]) + 3, left : int(columns[-1]) + 3]
        place = (round(left * self._scale[1]), round(top * self._scale[0]))
        size = (max(1, round(cut.shape[1] * self._scale[1])), max(1, round(cut.shape[0] * self._scale[0])))
        large = np.asarray(Image.fromarray(cut.astype(np.uint8) * 255).resize(size, Image.Resampling.BILINEAR))
        inside = np.pad(large > 127, width)  # noqa: PLR2004 - half of what 8 bits hold
        rim = _widened(inside, width) & ~inside
        at = (place[0] - width, place[1] - width)
        self.image.paste(colour, at, Image.fromarray(rim.astype(np.uint8) * 255))

    def overlay(self, values: NDArray[np.floating], colour: Colour, *, strongest: float = 0.75) -> None:
        """Lay a colour over the slice, the denser the larger the value (0 … 1)."""
        small = Image.fromarray((np.clip(values, 0, 1) * 255).astype(np.uint8))
        dense = np.asarray(small.resize(self.size, Image.Resampling.BILINEAR), dtype=np.float32)[..., None] / 255
        pixels = np.asarray(self.image, dtype=np.float32)
        mixed = pixels + (np.array(colour, dtype=np.float32) - pixels) * (dense * strongest)
        self._replace(mixed.astype(np.uint8))

    def line(self, front: Point, back: Point, colour: Colour, *, width: int = 2) -> None:
        """Draw a measuring line with a bar at each end."""
        ends = [np.array(self._at(point)) for point in (front, back)]
        along = ends[1] - ends[0]
        bar = 4 * np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-6)
        self._draw.line([*map(float, ends[0]), *map(float, ends[1])], fill=colour, width=width)
        for end in ends:
            self._draw.line([*map(float, end - bar), *map(float, end + bar)], fill=colour, width=width)

    def box(self, first: Point, last: Point, colour: Colour) -> None:
        """Draw a rectangle from one corner to the other."""
        self._draw.rectangle([*self._at(first), *self._at(last)], outline=colour, width=2)

    def cross(self, at: Point, colour: Colour, arm: int = 7) -> None:
        """Mark a place."""
        x, y = self._at(at)
        self._draw.line([x - arm, y, x + arm, y], fill=colour, width=2)
        self._draw.line([x, y - arm, x, y + arm], fill=colour, width=2)

    def label(self, at: Point, text: str, colour: Colour, *, shift: tuple[int, int] = (0, 0)) -> None:
        """Write beside a place of the slice, with a dark rim that keeps it readable; never over the edge."""
        x, y = self._at(at)
        wide = font().getlength(text)
        x = min(max(x + shift[0], 2), self.size[0] - wide - 2)
        y = min(max(y + shift[1], 2), self.size[1] - LINE)
        self._draw.text((x, y), text, fill=colour, font=font(), stroke_width=1, stroke_fill=(0, 0, 0))

    def edges(self, left: str, right: str, corner: str) -> None:
        """Say which side is which, and which slice this is."""
        middle = self.size[1] / 2 - LINE / 2
        for x, text in ((4.0, left), (self.size[0] - 4 - font().getlength(right), right)):
            self._draw.text((x, middle), text, fill=WHITE, font=font(), stroke_width=1, stroke_fill=(0, 0, 0))
        self._draw.text((4, 4), corner, fill=WHITE, font=font(), stroke_width=1, stroke_fill=(0, 0, 0))

    def _at(self, point: Point) -> tuple[float, float]:
        """Take the middle of a pixel of the slice to the canvas: across, then down."""
        return ((point[1] + 0.5) * self._scale[1], (point[0] + 0.5) * self._scale[0])

    def _replace(self, pixels: NDArray[np.uint8]) -> None:
        self.image = Image.fromarray(pixels)
        self._draw = ImageDraw.Draw(self.image)


def window_of(values: NDArray[np.generic]) -> Window:
    """Choose a window from grey values."""
    low, high = np.percentile(np.asarray(values, dtype=np.float32), [DARKEST, BRIGHTEST])
    return Window(float(low), max(float(high), float(low) + 1e-6))


def with_legend(image: Image.Image, entries: Sequence[tuple[str, Colour]]) -> Image.Image:
    """Add a strip below a picture that names its colours."""
    rows = _in_rows(entries, image.size[0])
    whole = Image.new("RGB", (image.size[0], image.size[1] + LINE * len(rows) + 6))
    whole.paste(image, (0, 0))
    draw = ImageDraw.Draw(whole)
    for number, row in enumerate(rows):
        x, y = 6.0, image.size[1] + 4 + LINE * number
        for text, colour in row:
            draw.rectangle([x, y + 3, x + 11, y + 14], fill=colour)
            draw.text((x + 17, y), text, fill=WHITE, font=font())
            x += 17 + font().getlength(text) + 14
    return whole


def side_by_side(left: Image.Image, right: Image.Image) -> Image.Image:
    """Put two pictures of one height next to each other."""
    whole = Image.new("RGB", (left.size[0] + right.size[0] + 4, max(left.size[1], right.size[1])))
    whole.paste(left, (0, 0))
    whole.paste(right, (left.size[0] + 4, 0))
    return whole


@cache
def font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the font that comes with Pillow."""
    return ImageFont.load_default(TEXT)


def _in_rows(entries: Sequence[tuple[str, Colour]], width: int) -> list[list[tuple[str, Colour]]]:
    rows: list[list[tuple[str, Colour]]] = [[]]
    x = 6.0
    for text, colour in entries:
        needed = 31 + font().getlength(text)
        if rows[-1] and x + needed > width:
            rows.append([])
            x = 6.0
        rows[-1].append((text, colour))
        x += needed
    return rows


def _widened(mask: Mask, by: int) -> Mask:
    """Add the pixels beside, above and below, so many times."""
    for _ in range(by):
        wider = mask.copy()
        wider[1:] |= mask[:-1]
        wider[:-1] |= mask[1:]
        wider[:, 1:] |= mask[:, :-1]
        wider[:, :-1] |= mask[:, 1:]
        mask = wider
    return mask


def _in_window(picture: NDArray[np.generic], window: Window) -> NDArray[np.uint8]:
    scaled = (np.asarray(picture, dtype=np.float32) - window.low) * (255.0 / (window.high - window.low))
    return np.asarray(np.clip(scaled, 0, 255), dtype=np.uint8)
