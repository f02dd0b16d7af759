"""A table of many rows that scrolls smoothly: a row that looks as before is not drawn again when the cursor moves.

Textual's own table draws every visible row anew with each step of the cursor, because what it keeps of a row is only
good for one place of the cursor. Here a row that neither the cursor nor the mouse is on is kept for all of them. And it
measures a column's every row for one cell that became narrower; here it does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.cache import LRUCache
from textual.widgets import DataTable
from textual.widgets.data_table import ColumnKey

if TYPE_CHECKING:
    from rich.style import Style
    from textual.strip import Strip

KEPT_LINES = 2000


class RowTable(DataTable[object]):
    """Rows of which one is marked."""

    def __init__(self, *, id: str, classes: str = "") -> None:  # noqa: A002 - Textual's own word
        self._calm: LRUCache[tuple[object, ...], Strip] = LRUCache(KEPT_LINES)
        super().__init__(id=id, classes=classes, cursor_type="row")

    def change(self, row: str, column: str, cell: Text) -> None:
        """Put another text into a cell; columns only grow, for to shrink one every row would have to be measured."""
        before = self.get_cell(row, column)
        if isinstance(before, Text) and (before, before.style) == (cell, cell.style):
            return
        wide = cell.cell_len > self.columns[ColumnKey(column)].content_width
        self.update_cell(row, column, cell, update_width=wide)

    def _render_line(self, y: int, x1: int, x2: int, base_style: Style) -> Strip:
        if self._is_marked(y):
            return super()._render_line(y, x1, x2, base_style)
        key = (y, x1, x2, self.size.width, base_style, self._update_count, self._pseudo_class_state)
        strip = self._calm.get(key)
        if strip is None:
            strip = self._calm[key] = super()._render_line(y, x1, x2, base_style)
        return strip

    def _is_marked(self, y: int) -> bool:
        """Say whether the cursor or the mouse is on this line's row."""
        try:
            row_key, _ = self._get_offsets(y)
        except LookupError:
            return True
        return self._row_locations.get(row_key) in {self.cursor_row, self.hover_row}

    def _clear_caches(self) -> None:
        super()._clear_caches()
        self._calm.clear()
