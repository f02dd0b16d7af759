"""What the README promises is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from readme_tree import tree, with_tree

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def readme(repository: Path) -> str:
    return (repository / "README.md").read_text(encoding="utf-8")


def test_the_tree_is_what_make_tree_would_write(readme: str) -> None:
    assert with_tree(readme, tree()) == readme, "run `make tree`"


def test_every_file_says_what_it_is() -> None:
    assert [line for line in tree().splitlines() if len(line.split()) < 2] == []


def test_every_link_leads_somewhere(readme: str, repository: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", readme)
    assert "ARCHITECTURE.md" in links
    assert [link for link in links if not (repository / link).exists()] == []


def test_every_make_target_named_exists(readme: str, repository: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (repository / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z-]+)", readme, re.MULTILINE))
    assert {"demo", "test"} <= named
    assert named <= targets


def test_the_readme_opens_with_the_two_commands(readme: str) -> None:
    opening = readme.splitlines()[:8]
    assert [line.split()[:2] for line in opening if line.startswith("make")] == [["make", "demo"], ["make", "test"]]
