"""Compiles modules of other people's libraries without their docstrings, which nobody reads in a clinic.

Only docstrings go; unlike ``python -OO`` this keeps every assertion. Not among those named here are NumPy, which
builds on its own docstrings, and whatever shows its text to a person (the command line, the app's widgets).
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType

WITHOUT = frozenset(
    {
        "PIL", "_gdcm", "babel", "contourpy", "cryptography", "fontTools", "fpdf", "highdicom", "matplotlib", "nibabel",
        "openvino", "pydicom", "pygments", "pyparsing", "scipy", "xlsxwriter",
    }
)  # fmt: skip
HAVE_ONE = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def shortened(pure: Iterable[tuple[str, str, str]]) -> dict[str, CodeType]:
    """Compile the modules of PyInstaller's list that are larger than they need be, by name."""
    return {
        name: without_docstrings(Path(file).read_bytes(), name)
        for name, file, _ in pure
        if name.partition(".")[0] in WITHOUT and file.endswith(".py")
    }


def without_docstrings(source: bytes, name: str) -> CodeType:
    """Compile a module without any docstring."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, HAVE_ONE) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.copy_location(ast.Pass(), node.body[0])]
    return compile(tree, f"{name.replace('.', '/')}.py", "exec", dont_inherit=True)
