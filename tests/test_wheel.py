"""What the clinic installs holds everything that the program opens beside its modules."""

from __future__ import annotations

import subprocess
import tomllib
from fnmatch import fnmatch
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ONLY_FOR_TRANSLATORS = {".po", ".pot", ".cfg"}


def test_every_file_that_the_program_opens_travels_in_the_wheel(repository: Path) -> None:
    told = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = told["tool"]["setuptools"]["package-data"]["appliance"]
    listed = subprocess.run(
        ["git", "ls-files", "appliance"], cwd=repository, capture_output=True, text=True, check=True
    )
    data = [
        name
        for name in listed.stdout.split()
        if not name.endswith(".py") and not name.endswith(tuple(ONLY_FOR_TRANSLATORS))
    ]
    assert any(name.endswith(".onnx") for name in data)
    assert [name for name in data if not any(fnmatch(name, f"appliance/{pattern}") for pattern in patterns)] == []
