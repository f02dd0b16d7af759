"""Rules of the house that no linter knows: sizes, repetitions, no records in disguise, decisions that can be found."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import pytest
from standing_places import REPOSITORY

from appliance.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTS = ("appliance", "training", "compression", "packaging")
LONGEST_MODULE, LONGEST_FUNCTION, LONGEST_REPETITION = 400, 60, 5
UNTYPED = re.compile(r"\b(?:dict|Mapping|MutableMapping)(?:\[str, (?:object|Any)\])?(?=$|[\s,|)\]])")
AT_AN_EDGE = {
    "appliance/settings.py: settings_from": "a settings file is a table by nature, and this is where it becomes a type",
}
MAY_REPEAT = {
    (
        "appliance/findings/brain.py",
        "appliance/population.py",
    ): "what is computed, and what is written down, which must stay readable when the computing changes",
    ("appliance/findings/study.py", "appliance/ledger/records.py"): "two layers that do not know each other",
    ("compression/commands.py", "compression/commands.py"): "two verbs that call one function by its keywords",
    ("training/fit.py", "training/spine/fitting.py"): "what Lightning wants of a callback that keeps a number",
    ("training/explain/mixing.py", "training/explain/mixing.py"): "two signatures of torch's own",
}
"""Each with its reason."""
RULES_ABOUT_DOCSTRINGS_THAT_MAY_BE_OFF = {"D203", "D213", "D105", "D107"}


class Found(NamedTuple):
    where: str
    line: int


@cache
def parsed() -> dict[str, tuple[str, ast.Module]]:
    """Every module of the four parts by its path: its text and its tree."""
    paths = sorted(path for part in PARTS for path in (REPOSITORY / part).rglob("*.py"))
    texts = {path.relative_to(REPOSITORY).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    return {path: (text, ast.parse(text)) for path, text in texts.items()}


@cache
def functions() -> tuple[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef], ...]:
    """Every function and method, with the path of its module."""
    return tuple(
        (path, node)
        for path, (_, tree) in parsed().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def test_no_module_is_longer_than_a_person_reads_at_once() -> None:
    assert len(parsed()) > 400
    texts = {path: text for path, (text, _) in parsed().items()}
    texts |= {path.name: path.read_text(encoding="utf-8") for path in (REPOSITORY / "tests").rglob("*.py")}
    long = {path: text.count("\n") for path, text in texts.items() if text.count("\n") > LONGEST_MODULE}
    assert long == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{path}: {one.name}: {length}"
        for path, one in functions()
        if (length := (one.end_lineno or one.lineno) - one.lineno + 1) > LONGEST_FUNCTION
    ]
    assert long == []


def test_no_dict_goes_from_stage_to_stage() -> None:
    """A mapping of names to values of one type is a mapping; one of names to anything is a record in disguise."""
    loose = [
        told
        for path, one in functions()
        if not one.name.startswith("_") and path.startswith("appliance/")
        for told in [f"{path}: {one.name}"]
        if any(map(UNTYPED.search, annotations_of(one))) and told not in AT_AN_EDGE
    ]
    assert loose == []


def annotations_of(one: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    told = [given.annotation for given in (*one.args.posonlyargs, *one.args.args, *one.args.kwonlyargs)]
    return [ast.unparse(kind) for kind in (*told, one.returns) if kind is not None]


@pytest.mark.parametrize(
    "told", ["dict", "dict[str, Any]", "tuple[dict[str, object], int]", "Mapping[str, object] | None"]
)
def test_the_rule_about_dicts_sees_a_record_in_disguise(told: str) -> None:
    assert UNTYPED.search(told)


@pytest.mark.parametrize("told", ["dict[str, int]", "Mapping[str, Array]", "Verdict", "DictReader"])
def test_the_rule_about_dicts_lets_a_mapping_pass(told: str) -> None:
    assert not UNTYPED.search(told)


def test_nothing_is_written_twice_without_a_reason() -> None:
    seen: dict[tuple[str, ...], list[Found]] = defaultdict(list)
    for path, (text, tree) in parsed().items():
        lines = told_lines(text, tree)
        for start in range(len(lines) - LONGEST_REPETITION):
            window = lines[start : start + LONGEST_REPETITION + 1]
            seen[tuple(line for _, line in window)].append(Found(path, window[0][0]))
    twice = {(one.where, other.where) for found in seen.values() if len(found) > 1 for one, other in pairwise(found)}
    assert sorted(twice - set(MAY_REPEAT)) == []


def told_lines(text: str, tree: ast.Module) -> list[tuple[int, str]]:
    """Lines that say something: without imports, and without those that only close what another opened."""
    imported = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    numbered = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if number not in imported)
    return [(number, line) for number, line in numbered if len(line) > 3]


def test_packaging_is_never_a_package() -> None:
    assert list((REPOSITORY / "packaging").rglob("__init__.py")) == []


def test_every_public_name_has_to_be_documented() -> None:
    """Ruff sees to it; here nobody lets it off."""
    rules = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert rules["select"] == ["ALL"]
    let_off = {rule for rule in rules["ignore"] if re.fullmatch(r"D\d*", rule)}
    assert let_off <= RULES_ABOUT_DOCSTRINGS_THAT_MAY_BE_OFF
    by_file = {path: rule for path, rules in rules["per-file-ignores"].items() for rule in rules if rule[0] == "D"}
    assert set(by_file) <= {"tests/**"}
    excused = [path for path, (text, _) in parsed().items() if re.search(r"noqa:[^\n]*\bD1\d\d", text)]
    assert excused == []


def test_no_setting_is_without_effect() -> None:
    source = "\n".join(text for path, (text, _) in parsed().items() if path != "appliance/settings.py")
    used = set(re.findall(r"\.(\w+)\b", source))
    assert [name for name in setting_names(Settings) if name.rpartition(".")[2] not in used] == []


def setting_names(kind: type, before: str = "") -> Iterator[str]:
    for field in fields(kind):
        inner = type(getattr(kind(), field.name))
        if is_dataclass(inner):
            yield from setting_names(inner, f"{before}{field.name}.")
        else:
            yield f"{before}{field.name}"


def test_no_option_of_a_command_is_without_effect() -> None:
    options = {name for text, tree in parsed().values() if "add_argument" in text for name in options_in(tree)}
    assert {"data", "folder", "passphrase_file", "measure"} <= options
    used = {name for text, _ in parsed().values() for name in options_used_in(text)}
    assert sorted(options - used) == []


def options_in(tree: ast.Module) -> Iterator[str]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument":
            told = {key.arg: ast.literal_eval(key.value) for key in call.keywords if key.arg in {"dest", "action"}}
            if told.get("action") != "version" and isinstance(call.args[-1], ast.Constant):
                yield told.get("dest") or str(ast.literal_eval(call.args[-1])).lstrip("-").replace("-", "_")


def options_used_in(text: str) -> Iterator[str]:
    """Names asked of the parsed command line, by a point or, in a row, by ``getattr``."""
    yield from re.findall(r"\b(?:args|options|given|arguments)\.(\w+)", text)
    for line in re.findall(r".*(?:in \([^()]*\)\s+if )?getattr\(args, .*", text):
        yield from re.findall(r'"(\w+)"', line)


@pytest.fixture
def decisions(repository: Path) -> Path:
    return repository / "docs" / "decisions"


def test_every_decision_can_be_found(decisions: Path) -> None:
    row = re.compile(r"^\| \[\d{4}\]\((\d{4}-[\w-]+\.md)\) \| (.+) \|$", re.MULTILINE)
    index = dict(row.findall((decisions / "README.md").read_text(encoding="utf-8")))
    titles = {path.name: title_of(path) for path in sorted(decisions.glob("[0-9]*.md"))}
    assert index == titles
    assert list(index) == list(titles), "in the order of their numbers"


def test_no_number_of_a_decision_is_given_twice(decisions: Path) -> None:
    numbers = [path.name[:4] for path in decisions.glob("[0-9]*.md")]
    assert len(set(numbers)) == len(numbers)


def title_of(path: Path) -> str:
    return path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
