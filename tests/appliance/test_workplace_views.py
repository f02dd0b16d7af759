"""What is leafed through on the screen: pictures of the report, a scan where it is at hand, and nothing at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brain_findings import brain_study
from findings_builders import refused_study, write_study
from odd_studies import little_to_say

from appliance.workplace.findings_lines import lines_of
from appliance.workplace.views import Views

if TYPE_CHECKING:
    from pathlib import Path


def test_without_pictures_every_key_does_nothing(tmp_path: Path) -> None:
    views = Views(tmp_path)
    views.take(refused_study(), ())
    for _ in range(2):
        views.leaf(1)
        views.turn(1)
        views.widen(2.0)
        views.shift(0.1)
        views.reset_window()
    assert (views.title, views.caption, views.file, views.picture(100)) == ("No pictures here", "", None, None)
    assert not views.has_slices


def test_pictures_have_no_window_and_one_that_is_damaged_is_left_blank(tmp_path: Path) -> None:
    folder = write_study(brain_study(), tmp_path)
    views = Views(folder)
    views.take(brain_study(), ())
    whole = views.picture(100)
    assert whole is not None
    views.widen(2.0)
    views.shift(0.1)
    views.reset_window()
    again = views.picture(100)
    assert again is not None
    assert again.tobytes() == whole.tobytes()
    assert views.file is not None
    views.file.write_bytes(b"no picture")
    assert views.picture(100) is None
    views.file.unlink()
    assert views.picture(100) is None


def test_what_is_not_known_of_a_brain_is_left_out_of_its_lines() -> None:
    known, little = ("\n".join(line.text for line in lines_of(study(), None)) for study in (brain_study, little_to_say))
    for words in ("% of the brain", "Ventricles", "unsure of", "Unusual:"):
        assert words in known
        assert words not in little
    assert "Before: unknown, now: 7.45 ml" in little
