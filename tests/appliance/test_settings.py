"""The settings file: what is misspelt or impossible is named, never ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.errors import ExitCode, SettingsError
from appliance.settings import Settings, load_settings, settings_from

if TYPE_CHECKING:
    from pathlib import Path


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "outpost.toml"
    file.write_text("", encoding="utf-8")
    assert load_settings(file) == Settings()


def test_only_what_is_named_differs_from_the_defaults() -> None:
    settings = settings_from({"limits": {"max_slices": 12}, "reading": {"spacing_tolerance_mm": 0.5}})
    assert settings.limits.max_slices == 12
    assert settings.limits.max_files == Settings().limits.max_files
    assert settings.reading.spacing_tolerance_mm == 0.5


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ({"limts": {}}, "[limts]"),
        ({"limits": {"max_slice": 1}}, "limits.max_slice"),
        ({"limits": {"max_slices": "many"}}, "limits.max_slices"),
        ({"limits": {"max_slices": 1.5}}, "whole number"),
        ({"limits": {"max_slices": True}}, "limits.max_slices"),
        ({"limits": {"max_slices": 0}}, "above zero"),
        ({"reading": {"spacing_tolerance_mm": -0.1}}, "above zero"),
        ({"reading": {"spacing_tolerance_mm": float("nan")}}, "above zero"),
        ({"limits": 3}, "[limits]"),
        ({"clinic": {"name": 3}}, "clinic.name"),
        ({"clinic": {"language": "Klingon"}}, "en, fr, es, hi, fa"),
        ({"clinic": {"paper": "A3"}}, "A4, Letter"),
    ],
)
def test_a_wrong_key_or_value_is_named(table: dict[str, object], names: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_from(table)
    assert names in str(caught.value)
    assert caught.value.advice
    assert caught.value.exit_code is ExitCode.MISUSE


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        load_settings(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("content", [b"limits = [", b"\xff\xfe"])
def test_a_file_that_is_not_toml_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "outpost.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"outpost\.toml is not valid TOML"):
        load_settings(file)
