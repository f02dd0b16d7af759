"""The README's tree: one line a file, taken from each file's own first sentence, so that it stays true.

``make tree`` writes it; ``test_readme.py`` fails while it is out of date.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from textwrap import shorten

REPOSITORY = Path(__file__).resolve().parent.parent
PARTS = ("appliance", "training", "compression", "packaging")
BEGIN, END = "<!-- tree -->\n```text\n", "```\n<!-- /tree -->\n"
WIDTH = 130


def tree(repository: Path = REPOSITORY) -> str:
    """Draw every module of the four parts with what it says of itself."""
    return "".join(f"{line}\n" for part in PARTS for line in _folder(repository / part, 0))


def with_tree(readme: str, drawn: str) -> str:
    """Put a tree in its place in the README."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + drawn + END + after


def _folder(folder: Path, depth: int) -> list[str]:
    modules = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
    folders = sorted(path for path in folder.iterdir() if path.is_dir() and any(path.rglob("*.py")))
    if depth and not modules and not folders:
        return []
    lines = [_line(folder.name + "/", folder / "__init__.py", depth)]
    lines += [_line(module.name, module, depth + 1) for module in modules]
    for inner in folders:
        lines += _folder(inner, depth + 1)
    return lines


def _line(name: str, module: Path, depth: int) -> str:
    label = f"{'  ' * depth}{name}"
    return f"{label:<28} {shorten(_first_sentence(module), WIDTH - 29, placeholder=' …')}"


def _first_sentence(module: Path) -> str:
    if not module.is_file():
        return "scripts, never a package: the name would shadow the registry's packaging"
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(docstring.split("\n\n")[0].split()).replace("``", "")
    return re.split(r"(?<=[.;]) ", paragraph, maxsplit=1)[0].rstrip(".;")


def main() -> int:
    """Write the tree into the README, and the tables into the page about safety."""
    from safety_tables import with_tables  # noqa: PLC0415 - it loads what the tree does without

    readme, safety = REPOSITORY / "README.md", REPOSITORY / "docs" / "safety.md"
    readme.write_text(with_tree(readme.read_text(encoding="utf-8"), tree()), encoding="utf-8")
    safety.write_text(with_tables(safety.read_text(encoding="utf-8"), REPOSITORY), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
