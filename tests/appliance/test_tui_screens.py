"""Every other screen at the keyboard, and how all of them look: SVG pictures in two sizes, kept and compared."""

from __future__ import annotations

import asyncio
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from every_screen import BatchOnPaper, asked, batch, helped, home, machine, models, reports, review, settings, study
from piloting import LARGE, SMALL, a_workplace, drive, notice_of, press, rows_of, settle, text_of, until

from appliance.doctor import Finding, Verdict
from appliance.pipeline.events import Ended, Ending, StudyEnded
from appliance.tui.app import OutpostApp
from appliance.tui.dialogs import Notice
from appliance.tui.models import ModelsScreen
from appliance.workplace.inventory import Inventory

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SNAPSHOTS = Path(__file__).with_name("snapshots")
RENEW = "OUTPOST_RENEW_SNAPSHOTS"
LOOKS = 10
"""On a busy machine a screen may need more than one to be drawn to its end."""
KEY_S = 0.1
"""Of the processor, for one key: within this it has to be answered."""


@pytest.fixture(autouse=True)
def nothing_is_plugged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no screen show what disks this machine happens to have."""
    monkeypatch.setattr("psutil.disk_partitions", lambda **_: [])


SCREENS = (home, batch, reports, models, machine, settings, study, review, helped, asked)


@pytest.mark.parametrize(
    "size", [pytest.param(SMALL, id="80x24"), pytest.param(LARGE, id="140x45", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("show", SCREENS, ids=[show.__name__ for show in SCREENS])
def test_a_screen_looks_as_it_did_when_somebody_looked_at_it(
    tmp_path: Path, show: Callable[[OutpostApp, Path], Awaitable[None]], size: tuple[int, int]
) -> None:
    app, pictures = OutpostApp(a_workplace(tmp_path)), []
    kept = SNAPSHOTS / f"{show.__name__}-{size[0]}x{size[1]}.svg"

    async def steps(app: OutpostApp) -> None:
        await show(app, tmp_path)
        for _ in range(LOOKS):
            await settle(0.4)
            pictures.append(app.export_screenshot(simplify=True))
            if kept.is_file() and words_of(pictures[-1], tmp_path) == words_of(kept.read_text("utf-8"), tmp_path):
                break

    drive(app, steps, size)
    if os.environ.get(RENEW):
        SNAPSHOTS.mkdir(exist_ok=True)
        kept.write_text(re.sub(r"/tmp/[^<&\s]*", "/…", pictures[-1]), encoding="utf-8")  # noqa: S108 - left out
    assert words_of(pictures[-1], tmp_path) == words_of(kept.read_text(encoding="utf-8"), tmp_path), (
        f"{RENEW}=1 renews it"
    )


def words_of(picture: str, folder: Path) -> list[str]:
    """Return what stands on a screen, but for folders and disks of this machine, and bars as long as their names."""
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture)
    clean = [text.replace("&#160;", " ").replace("\xa0", " ").strip() for text in texts]
    machine_made = re.compile(rf"(?:{re.escape(str(folder))}|/tmp|/…|test_a_|pytest|disk|stick| GB|results|scans|0/0)")
    return [text for text in clean if re.search(r"\w", text) and not machine_made.search(text)]


def test_a_self_test_stands_beside_its_model(tmp_path: Path) -> None:
    app = OutpostApp(a_workplace(tmp_path))

    async def steps(app: OutpostApp) -> None:
        await press(app, "f5")
        screen = app.screen
        assert isinstance(screen, ModelsScreen)
        await until(lambda: screen._models)
        name = screen._models[0].folder.name
        for finding in (
            Finding("model", Verdict.GOOD, f"{name}/segment: OpenVINO, 4 ms a slice."),
            Finding("model", Verdict.FAULT, f"{name}/explain: it gave a wrong answer."),
            Finding("model", Verdict.FAULT, "Something else is wrong.", "Install it again."),
            None,
        ):
            screen.post_message(screen.Tested(finding))
        await until(lambda: "Tested" in text_of(app, "#told"))
        assert "fault: it gave a wrong answer." in rows_of(app, "#installed")[0]

    drive(app, steps, LARGE)


def test_whatever_breaks_is_one_sentence_with_a_next_step(tmp_path: Path) -> None:
    app = OutpostApp(a_workplace(tmp_path))

    async def steps(app: OutpostApp) -> None:
        app.call_later(lambda: 1 / 0)
        await until(lambda: isinstance(app.screen, Notice))
        assert "ZeroDivisionError" in notice_of(app)
        assert "trouble.txt" in notice_of(app)
        await press(app, "escape")
        (app.workplace.home.folder / "trouble.txt").unlink()

    drive(app, steps)


def test_a_thousand_rows_scroll_and_change_without_waiting(tmp_path: Path) -> None:
    app = OutpostApp(a_workplace(tmp_path))
    reading = BatchOnPaper(tmp_path)
    for number in range(1000):
        reading.progress.take(StudyEnded(number + 1, 1000, f"k{number}", Ending.KEPT, "", None, 0.0, None), 0.0)
    reading.progress.take(Ended((), 0, stopped=False), 0.0)

    async def steps(app: OutpostApp) -> None:
        app.reading = reading  # type: ignore[assignment]  # what the screen needs of it
        await press(app, "f3")
        await until(lambda: len(rows_of(app, "#batch-table")) == 1000)
        await press(app, "pagedown", "pagedown", "ctrl+end", "ctrl+home")
        table = app.screen.query_one("#batch-table")
        assert table.cursor_row == 0  # type: ignore[attr-defined]  # a table
        start = time.process_time()
        for _ in range(40):
            app.simulate_key("down")
            await asyncio.sleep(0)
        await until(lambda: table.cursor_row == 40)  # type: ignore[attr-defined]  # a table
        assert time.process_time() - start < 40 * KEY_S

    drive(app, steps)
    assert Inventory().sentence().startswith("0 files")
