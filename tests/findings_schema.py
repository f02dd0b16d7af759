"""Writes ``appliance/findings/schema.json`` from the types of ``appliance.findings`` and their docstrings.

    python tests/findings_schema.py

A test fails where the file and the types differ.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from textwrap import dedent
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from appliance.exact_json import CAME_LATER  # noqa: E402 - the repository is found first
from appliance.findings.study import FORMAT, VERSION, Findings  # noqa: E402 - the repository is found first

SCHEMA = REPOSITORY / "appliance" / "findings" / "schema.json"
WORD = "^[a-z][a-z0-9-]*$"
"""Of a set that further readings add theirs to."""
LOCAL_TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?([+-]\d{2}:\d{2})?$"
"""Scanners say no zone, and JSON Schema's date-time demands one."""
SIMPLE: dict[object, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "pattern": LOCAL_TIME},
}


def schema() -> dict[str, Any]:
    """Describe the whole file."""
    definitions: dict[str, Any] = {}
    root = _described(Findings, definitions)
    root["properties"]["format"] = {"const": FORMAT}
    root["properties"]["version"] = {"const": VERSION}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{FORMAT} {VERSION}",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _described(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints, words = get_type_hints(kind), _field_docstrings(kind)
    properties = {}
    for entry in fields(kind):
        shape = _shape(hints[entry.name], definitions)
        properties[entry.name] = shape | {"description": words[entry.name]} if entry.name in words else shape
    return {
        "description": inspect.cleandoc(kind.__doc__ or ""),
        "type": "object",
        "properties": properties,
        "required": [field.name for field in fields(kind) if field.metadata != CAME_LATER],
        "additionalProperties": False,
    }


def _shape(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - any type of Python
    origin, inner = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return {"anyOf": [{"type": "null"} if one is type(None) else _shape(one, definitions) for one in inner]}
    if origin is tuple:
        exact = {} if inner[-1] is Ellipsis else {"minItems": len(inner), "maxItems": len(inner)}
        return {"type": "array", "items": _shape(inner[0], definitions)} | exact
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _shape(inner[1], definitions)}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        told = (
            {"pattern": WORD, "examples": [*map(str, kind)]}
            if "_missing_" in vars(kind)
            else {"enum": [*map(str, kind)]}
        )
        definitions[kind.__name__] = {"description": inspect.cleandoc(kind.__doc__ or ""), "type": "string"} | told
        return {"$ref": f"#/$defs/{kind.__name__}"}
    if is_dataclass(kind):
        if kind.__name__ not in definitions:
            definitions[kind.__name__] = {}
            definitions[kind.__name__] = _described(kind, definitions)  # type: ignore[arg-type]
        return {"$ref": f"#/$defs/{kind.__name__}"}
    return dict(SIMPLE[kind])


def _field_docstrings(kind: type) -> dict[str, str]:
    """Read what stands under each field; Python itself keeps it nowhere."""
    body = ast.parse(dedent(inspect.getsource(kind))).body[0].body  # type: ignore[attr-defined]
    return {
        before.target.id: " ".join(inspect.cleandoc(after.value.value).split())
        for before, after in itertools.pairwise(body)
        if isinstance(before, ast.AnnAssign) and isinstance(after, ast.Expr)
    }


def as_text() -> str:
    """Return the schema as the file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(as_text(), encoding="utf-8")
