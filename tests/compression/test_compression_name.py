"""The standard library's package of the same name, from Python 3.14 on, stays usable beside ours."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def test_a_module_of_the_other_package_is_found_behind_ours(tmp_path: Path, repository: Path) -> None:
    theirs = tmp_path / "compression"
    theirs.mkdir()
    (theirs / "__init__.py").write_text("", encoding="utf-8")
    (theirs / "zstd.py").write_text("level = 3\n", encoding="utf-8")
    search = f"import sys; sys.path[:0] = [{str(repository)!r}, {str(tmp_path)!r}]"
    code = f"{search}\nimport compression.zstd\nprint(compression.zstd.level)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == "3"
