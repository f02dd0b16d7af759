"""How long a key waits for its answer: in a table of 1,000 rows, and while the shipped models read the sample clinic.

Run as ``python tests/bench/keys.py`` (a minute or two). The real app without a terminal: a key is answered when the
cursor has moved and the screen was drawn again. Wall time counts what else the machine does, as a person would;
processor time of the app's own process does not.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "tests"), str(REPOSITORY / "tests" / "appliance")]

from piloting import LARGE, a_workplace, press, rows_of, until  # noqa: E402 - found by the line above

from appliance.pipeline.events import Ended, Ending, StudyEnded  # noqa: E402 - the same
from appliance.sample.clinic import make_clinic  # noqa: E402 - the same
from appliance.sample.clinic_visits import VISITS  # noqa: E402 - the same
from appliance.tui.app import OutpostApp  # noqa: E402 - the same
from appliance.workplace.progress import Progress  # noqa: E402 - the same
from appliance.workplace.reading import read_folder  # noqa: E402 - the same

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS, KEYS = 1000, 300
STUDIES = 4


class ReadingOnPaper:
    """What the batch screen needs of a reading, without a process."""

    paused = is_under_way = False
    news = ""

    def __init__(self, folder: Path) -> None:
        self.progress = Progress()
        self.request = type("Request", (), {"folder": folder, "output": folder})()
        for number in range(ROWS):
            self.progress.take(StudyEnded(number + 1, ROWS, f"k{number}", Ending.KEPT, "", None, 0.0, None), 0.0)
        self.progress.take(Ended((), 0, stopped=False), 0.0)

    def end(self) -> None:
        """Nothing works elsewhere."""


async def answer_ms(app: OutpostApp, table: Any, key: str) -> float:  # noqa: ANN401 - a table of any cells
    """Press a key and wait until the screen shows its effect."""
    before, drawn = table.cursor_row, asyncio.Event()
    start = time.perf_counter()
    app.simulate_key(key)
    while table.cursor_row == before:  # noqa: ASYNC110 - Textual tells nobody when a key was taken
        await asyncio.sleep(0)
    table.call_after_refresh(drawn.set)
    await drawn.wait()
    return 1000 * (time.perf_counter() - start)


async def keys_up_and_down(app: OutpostApp, keys: int, while_so: Callable[[], bool] = lambda: True) -> list[float]:
    """Walk down and up through the table as long as something is so."""
    table: Any = app.screen.query_one("#batch-table")
    table.focus()
    await asyncio.sleep(0.2)
    found: list[float] = []
    key = "down"
    while len(found) < keys and while_so():
        at = table.cursor_row
        key = "up" if at >= table.row_count - 1 else "down" if at == 0 else key
        found.append(await answer_ms(app, table, key))
        await asyncio.sleep(0.02)
    return found


def told(name: str, found: list[float], processor_s: float) -> None:
    """Print one line."""
    ranked = sorted(found)
    p95 = ranked[int(0.95 * (len(ranked) - 1))]
    own = 1000 * processor_s / len(found)
    print(
        f"{name}: {len(found)} keys, median {statistics.median(found):.1f} ms, 95th percentile {p95:.1f} ms, "
        f"longest {ranked[-1]:.1f} ms; {own:.1f} ms of the app's processor a key (with the pause between keys)",
        flush=True,
    )


async def many_rows(folder: Path) -> None:
    """Scroll through 1,000 rows."""
    app = OutpostApp(a_workplace(folder))
    async with app.run_test(size=LARGE):
        await until(app.loaded.is_set)
        app.reading = ReadingOnPaper(folder)  # type: ignore[assignment]  # what the screen needs of it
        await press(app, "f3")
        await until(lambda: len(rows_of(app, "#batch-table")) == ROWS)
        start = time.process_time()
        found = await keys_up_and_down(app, KEYS)
        told(f"{ROWS:,} rows", found, time.process_time() - start)


async def during_inference(folder: Path) -> None:
    """Walk through the batch while it is read."""
    scans = make_clinic(folder / "clinic", visits=VISITS[:STUDIES]).scans
    app = OutpostApp(a_workplace(folder), work=read_folder)
    async with app.run_test(size=LARGE):
        await until(app.loaded.is_set)
        app.look_into(scans)
        await until(lambda: "to read" in str(app.screen.query_one("#summary").render()))
        await press(app, "f9")
        await until(lambda: app.reading is not None and app.reading.progress.now_reading is not None)
        start = time.process_time()
        found = await keys_up_and_down(app, KEYS, lambda: app.reading is not None and app.reading.is_under_way)
        told("while the models read", found, time.process_time() - start)


def main() -> None:
    """Measure both."""
    for measure in (many_rows, during_inference):
        with tempfile.TemporaryDirectory(prefix="outpost-keys-") as place:
            asyncio.run(measure(Path(place)))


if __name__ == "__main__":
    main()
