"""The pictures of a study, made ready for paper: checked, not larger than needed, in colours a printer has.

Guarantees: a picture that is missing, damaged or not the one that ``findings.json`` names is never shown;
``problem`` says so instead. The same file always becomes the same bytes.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, UnidentifiedImageError

from appliance.report.marks import N_

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.findings.study import Picture

LONGEST_SIDE = 1100
"""Pixels: 300 to the inch at the width of half a page."""
QUALITY = 88
LOGO_SIDE = 480


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture ready for the page."""

    image: io.BytesIO
    width: int
    height: int
    says: str
    """For those who hear the page instead of seeing it."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a picture is not shown."""

    file: str
    problem: str


def picture_of(folder: Path, picture: Picture) -> Drawn | Missing:
    """Make one picture of a study ready."""
    try:
        content = (folder / picture.file).read_bytes()
    except OSError:
        return Missing(picture.file, N_("The picture {file} is missing from the study's folder."))
    if hashlib.sha256(content).hexdigest() != picture.sha256:
        return Missing(picture.file, N_("The picture {file} was changed after the study was read, so it is not shown."))
    drawn = _drawn(content, picture.caption, LONGEST_SIDE)
    return drawn or Missing(picture.file, N_("The picture {file} is damaged."))


def logo_of(path: Path) -> Drawn | None:
    """Make the clinic's logo ready; ``None`` if it is not a picture that can be read."""
    try:
        content = path.read_bytes()
    except (OSError, ValueError):
        return None
    return _drawn(content, path.stem, LOGO_SIDE)


def _drawn(content: bytes, says: str, longest: int) -> Drawn | None:
    try:
        with Image.open(io.BytesIO(content)) as opened:
            image = _on_white(opened)
    except (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError):
        return None
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, subsampling=0)
    return Drawn(out, image.width, image.height, says)


def _on_white(image: Image.Image) -> Image.Image:
    """Lay a picture with see-through parts on white; keep grey pictures grey, which halves them."""
    if image.mode in {"L", "I;16"}:
        return image.convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    paper = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(paper, clear).convert("RGB")
