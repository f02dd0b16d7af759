"""A picture and what is said of it, before it becomes a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

    from appliance.findings.study import PictureRole


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """One picture."""

    name: str
    """Of its file, without its ending."""
    role: PictureRole
    caption: str
    series: str
    slice_number: int | None
    """``None`` where the picture cuts across the series' slices."""
    image: Image
