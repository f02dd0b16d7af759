"""Whatever a file says, the screen stays whole."""

from __future__ import annotations

import pytest

from appliance.words import counted, megabytes, shown


@pytest.mark.parametrize(
    ("text", "seen"),
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
def test_no_control_character_reaches_the_screen(text: str, seen: str) -> None:
    assert shown(text) == seen


def test_a_text_that_would_flood_the_screen_is_cut_and_says_so() -> None:
    assert shown("a" * 5000, longest=10) == "a" * 9 + "…"


def test_counting_agrees_with_its_noun() -> None:
    assert [counted(1, "file"), counted(0, "file"), counted(1200, "study", "studies")] == [
        "1 file",
        "0 files",
        "1,200 studies",
    ]


def test_a_size_is_given_as_a_file_manager_gives_it() -> None:
    assert megabytes(1_234_567_890) == "1,234.6 MB"
