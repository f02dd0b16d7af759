"""JSON to frozen dataclasses and back, with nothing left to chance.

A key that is unknown, missing or given twice, a value of another type than the field's, a number that is
not finite: each is refused with the place where it stands. What is written reads back to the same.
Tuples are lists, ``None`` is null, days and times are written as ISO 8601 says.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from types import MappingProxyType, UnionType
from typing import NoReturn, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
DEEPEST = 32
"""Levels of lists and objects inside each other."""
SIMPLE = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
CAME_LATER: Mapping[str, bool] = MappingProxyType({"came later": True})
"""Marks a field with a default that a file of an earlier program may lack; no other may."""
TIMES: dict[object, str] = {date: "a day such as 2026-01-31", datetime: "a time such as 2026-01-31T12:00:00"}


class NotAsAgreed(ValueError):
    """What is wrong, and where: the place is a path of keys."""


def parsed(text: str) -> object:
    """Read JSON, refusing what the standard library lets through."""
    try:
        value: object = json.loads(text, object_pairs_hook=_unique, parse_constant=_not_finite)
    except NotAsAgreed:
        raise
    except (ValueError, RecursionError) as error:
        raise NotAsAgreed(f"it is not valid JSON ({error})") from error
    return value


def fitted(value: object, kind: type[T], place: str = "") -> T:
    """Make a value of a type out of what JSON gave, or say what does not fit and where."""
    return cast("T", _fitted(value, kind, place))


def written(value: object) -> str:
    """Write a dataclass as JSON that ``fitted`` reads back to the same."""
    return json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _fitted(value: object, kind: object, place: str) -> object:
    if place.count(".") > DEEPEST:
        raise NotAsAgreed(f"{place} lies too deep")
    origin, inner = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        return _object(value, kind, place)
    if origin is tuple:
        return _list(value, inner, place)
    if origin is Mapping:
        return _mapping(value, inner, place)
    if origin in {Union, UnionType}:
        return _one_of(value, inner, place)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _word(value, kind, place)
    return _simple(value, kind, place)


def _object(value: object, kind: type, place: str) -> object:
    given = _keys(value, place)
    hints = _hints(kind)
    if unknown := sorted(given.keys() - hints.keys()):
        raise NotAsAgreed(f"{_at(place, unknown[0])} is not known")
    if missing := [name for name in hints if name not in given and name not in _came_later(kind)]:
        raise NotAsAgreed(f"{_at(place, missing[0])} is missing")
    return kind(**{name: _fitted(given[name], hints[name], _at(place, name)) for name in hints if name in given})


@cache
def _hints(kind: type) -> dict[str, object]:
    """Resolve a type's annotations once: a file holds hundreds of the same kind."""
    return dict(get_type_hints(kind))


@cache
def _came_later(kind: type) -> frozenset[str]:
    return frozenset(field.name for field in fields(kind) if field.metadata == CAME_LATER)


def _mapping(value: object, kinds: tuple[object, ...], place: str) -> Mapping[object, object]:
    key_kind, value_kind = kinds
    return MappingProxyType(
        {
            _fitted(key, key_kind, f"{place}, key"): _fitted(entry, value_kind, _at(place, key))
            for key, entry in _keys(value, place).items()
        }
    )


def _list(value: object, kinds: tuple[object, ...], place: str) -> tuple[object, ...]:
    if not isinstance(value, list):
        _refuse(value, "a list", place)
    if kinds[-1] is not Ellipsis and len(value) != len(kinds):
        _refuse(value, f"a list of {len(kinds)}", place)
    return tuple(_fitted(entry, kinds[0], f"{place}[{index}]") for index, entry in enumerate(value))


def _one_of(value: object, kinds: tuple[object, ...], place: str) -> object:
    """Only ``X | None`` and ``int | float`` are used: null, a whole number, or the other."""
    if value is None and type(None) in kinds:
        return None
    if int in kinds and _is_whole(value):
        return value
    return _fitted(value, next(kind for kind in reversed(kinds) if kind is not type(None)), place)


def _word(value: object, kind: type[StrEnum], place: str) -> StrEnum:
    try:
        return kind(cast("str", value))
    except ValueError:
        return _refuse(value, f"one of {', '.join(kind)}", place)


def _time(value: object, kind: type[date], place: str) -> date:
    try:
        return kind.fromisoformat(cast("str", value))
    except (TypeError, ValueError):
        return _refuse(value, TIMES[kind], place)


def _simple(value: object, kind: object, place: str) -> object:
    if kind in TIMES:
        return _time(value, cast("type[date]", kind), place)
    if kind is float and (_is_whole(value) or isinstance(value, float)):
        return _finite(cast("float", value), place)
    if (kind is int and _is_whole(value)) or (kind in {str, bool} and isinstance(value, cast("type", kind))):
        return value
    return _refuse(value, SIMPLE[cast("type", kind)], place)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _finite(value: float, place: str) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise NotAsAgreed(f"{place} is too large a number")
    return number


def _keys(value: object, place: str) -> dict[str, object]:
    if not isinstance(value, dict):
        _refuse(value, "an object with keys", place)
    return value


def _refuse(value: object, wanted: str, place: str) -> NoReturn:
    shown = json.dumps(value, ensure_ascii=False)
    raise NotAsAgreed(f"{place or 'the whole'} is {shown if len(shown) < len(place) + 40 else '…'}, not {wanted}")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = [key for key, _ in pairs]
    if twice := {key for key in keys if keys.count(key) > 1}:
        raise NotAsAgreed(f"{min(twice)} is given twice")
    return dict(pairs)


def _not_finite(word: str) -> NoReturn:
    raise NotAsAgreed(f"{word} is not a number")


def _at(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _plain(value: object) -> object:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else value
