"""A table of 1,000 rows: a key or an event draws and measures what changed, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from every_screen import BatchOnPaper
from piloting import LARGE, a_workplace, drive, press, rows_of, settle, until
from textual.widgets import DataTable
from textual.widgets._data_table import measure

from appliance.contracts import PatientFacts, StudyFacts
from appliance.ledger import Standing
from appliance.pipeline.events import Ended, Ending, StudyBegan, StudyEnded, StudyStep
from appliance.tui.app import OutpostApp
from appliance.tui.batch import BatchScreen
from appliance.tui.table import RowTable

if TYPE_CHECKING:
    from pathlib import Path

ROWS, KEYS = 1000, 12


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Rows that were drawn anew."""
    rows: list[object] = []
    real = DataTable._render_line_in_row

    def counted(self: DataTable[object], row_key: object, *others: object, **named: object) -> object:
        rows.append(row_key)
        return real(self, row_key, *others, **named)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(DataTable, "_render_line_in_row", counted)
    return rows


async def _thousand(app: OutpostApp, folder: Path) -> RowTable:
    reading = BatchOnPaper(folder)
    for number in range(ROWS):
        reading.progress.take(StudyEnded(number + 1, ROWS, f"k{number}", Ending.KEPT, "", None, 0.0, None), 0.0)
    reading.progress.take(Ended((), 0, stopped=False), 0.0)
    app.reading = reading  # type: ignore[assignment]  # what the screen needs of it
    await press(app, "f3")
    await until(lambda: len(rows_of(app, "#batch-table")) == ROWS)
    table = app.screen.query_one(RowTable)
    table.focus()
    await settle(0.3)
    return table


@pytest.mark.slow
def test_a_step_of_the_cursor_draws_two_rows_even_where_all_scroll(tmp_path: Path, drawn: list[object]) -> None:
    async def steps(app: OutpostApp) -> None:
        table = await _thousand(app, tmp_path)
        await press(app, "ctrl+end")
        await press(app, *["up"] * (table.size.height + 2))
        drawn.clear()
        await press(app, *["up"] * KEYS)
        assert table.cursor_row == ROWS - 1 - table.size.height - 2 - KEYS
        assert len(drawn) <= 4 * KEYS, "the row that was left, the one that is marked, and one that scrolled in"

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)


def test_what_is_kept_of_a_row_is_what_would_be_drawn(tmp_path: Path) -> None:
    async def steps(app: OutpostApp) -> None:
        table = await _thousand(app, tmp_path)
        await press(app, "down", "down", "pagedown", "up", "f8", "down")
        kept = [strip.text for strip in table.render_lines(table.size.region)]
        styles = [[segment.style for segment in strip] for strip in table.render_lines(table.size.region)]
        table._clear_caches()
        assert kept == [strip.text for strip in table.render_lines(table.size.region)]
        assert styles == [[segment.style for segment in strip] for strip in table.render_lines(table.size.region)]

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)


def test_an_event_of_a_batch_measures_no_other_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[object] = []

    async def steps(app: OutpostApp) -> None:
        table = await _thousand(app, tmp_path)
        screen, reading = app.screen, app.reading
        assert isinstance(screen, BatchScreen)
        assert reading is not None

        def counted(*given: object) -> int:
            measured.append(given)
            return measure(*given)  # type: ignore[arg-type]  # handed on

        monkeypatch.setattr("textual.widgets._data_table.measure", counted)
        progress = reading.progress
        for event in (
            StudyBegan(8, ROWS, "k7", PatientFacts("Mensah^Ama"), StudyFacts(), (), Standing.NEW),
            StudyStep("k7", "read spine-sagittal"),
            StudyEnded(8, ROWS, "k7", Ending.READ, "No lesions.", "a", 1.2, None),
        ):
            changed = progress.take(event, 1.0)
            screen.show_row(progress.rows[changed or ""])
            await settle()
        assert "Mensah Ama" in rows_of(app, "#batch-table")[7]
        assert "read: No lesions." in rows_of(app, "#batch-table")[7]
        assert len(measured) < 20
        assert table.row_count == ROWS

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)
