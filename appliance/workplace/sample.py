"""The sample clinic, made in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.workplace.background import Wishes


def make_sample(wishes: Wishes, folder: Path) -> Iterator[Path]:
    """Make it, or find the one that was made before; yield the folder of its scans."""
    from appliance.sample.clinic import make_clinic  # noqa: PLC0415 - the screen's own process never loads it

    if not wishes.stop.is_set():
        yield make_clinic(folder).scans
