"""Whatever a file says, the screen stays whole."""

from __future__ import annotations

import pytest

from appliance.wording import counted, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Müller^Jürgen", "Müller^Jürgen"),
        ("\x1b[2Jgone", "\ufffd[2Jgone"),
        ("two\nlines", "two lines"),
        ("\u202eright to left\u202c", "\ufffdright to left\ufffd"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("क्\u200dष", "क्\u200dष"),
        ("\udcff", "\ufffd"),
        ("  padded\x00", "padded\ufffd"),
    ],
)
def test_no_control_character_reaches_the_screen(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_text_that_would_flood_the_screen_is_cut_and_says_so() -> None:
    assert printable("a" * 5000, longest=10) == "a" * 9 + "…"


def test_counting_agrees_with_its_noun() -> None:
    assert [counted(1, "file"), counted(0, "file"), counted(1200, "study", "studies")] == [
        "1 file",
        "0 files",
        "1,200 studies",
    ]
