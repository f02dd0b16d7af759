"""The clinic's settings file, changed one value at a time; what a technician wrote around it stays as it is.

A value is checked by the same rules as the whole file, before anything is written.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, TypeAlias

from appliance.errors import SettingsError
from appliance.settings import Settings, load_settings, settings_from
from appliance.workplace.texts import write_text
from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Value: TypeAlias = str | int | float
"""What a setting can be."""


def settings_at(path: Path) -> Settings:
    """Read the settings file; where there is none yet, everything is as it came."""
    return load_settings(path) if path.exists() else Settings()


def value_of(settings: Settings, key: str) -> Value:
    """Look a setting up by its name, such as ``clinic.paper``."""
    section, _, name = key.partition(".")
    value: Value = getattr(getattr(settings, section), name)
    return value


def value_from(key: str, text: str) -> Value:
    """Understand what was typed for a setting, or say what is wrong with it."""
    default = value_of(Settings(), key)
    value: Value = text.strip()
    if not isinstance(default, str):
        value = _number(key, text.strip(), whole=isinstance(default, int))
    section, _, name = key.partition(".")
    settings_from({section: {name: value}})
    return value


def change_settings(path: Path, values: Mapping[str, Value]) -> Settings:
    """Write values into the settings file, all or none of them."""
    import tomlkit  # noqa: PLC0415 - only needed when something is changed

    settings_at(path)
    document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    for key, value in values.items():
        section, _, name = key.partition(".")
        if section not in document:
            document[section] = tomlkit.table()
        document[section][name] = value
    settings = settings_from(document.unwrap())
    write_text(path, tomlkit.dumps(document))
    return settings


def limits_and_their_meaning() -> tuple[tuple[str, Value], ...]:
    """Name every setting that is a number, with what it is unless somebody changed it."""
    defaults = Settings()
    sections = [(section.name, getattr(defaults, section.name)) for section in fields(defaults)]
    named = [
        (f"{name}.{entry.name}", getattr(values, entry.name)) for name, values in sections for entry in fields(values)
    ]
    return tuple((key, value) for key, value in named if not isinstance(value, str))


def _number(key: str, text: str, *, whole: bool) -> Value:
    try:
        return int(text) if whole else float(text.replace(",", "."))
    except ValueError:
        wanted = say("a whole number") if whole else say("a number")
        raise SettingsError(
            say("“{text}” is not {wanted}.", text=text, wanted=wanted),
            advice=say("Give {wanted} for {key}.", wanted=wanted, key=key),
        ) from None
