"""Textual: its widgets are imported when they are first named, which no analysis sees.

Left out: the demo, the developer's tools, and the grammars for editing source code.
"""

from PyInstaller.utils.hooks import collect_submodules

NOT_SHIPPED = ("textual.demo", "textual._markup_playground")


def _is_shipped(name: str) -> bool:
    return not name.startswith(NOT_SHIPPED)


hiddenimports = [
    *collect_submodules("textual.widgets"),
    *collect_submodules("textual.drivers", filter=_is_shipped),
    *collect_submodules("textual.layouts"),
    *collect_submodules("textual.renderables"),
]
excludedimports = ["textual.demo", "tree_sitter"]
