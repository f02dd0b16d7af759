"""The first screen is up soon: nothing is loaded before it that only later screens need."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from piloting import a_workplace
from standing_places import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

NOT_BEFORE_THE_FIRST_SCREEN = {
    "numpy", "scipy", "PIL", "pydicom", "highdicom", "nibabel", "openvino", "onnxruntime", "matplotlib", "fpdf",
    "tuf", "babel", "textual_image.widget", "textual_image.renderable", "markdown_it", "pygments",
    "appliance.tui.study", "appliance.tui.images", "appliance.tui.help", "appliance.tui.first_start",
    "appliance.pipeline.batch", "appliance.studies", "appliance.readers", "appliance.doctor",
}  # fmt: skip
START = """
import asyncio, json, sys
from appliance.__main__ import main
from appliance.tui.start import run_app
from appliance.tui.app import OutpostApp
from appliance.workplace.home import Home
from appliance.workplace.workplace import Workplace
from pathlib import Path

def tell(app):
    screen = app.export_screenshot(simplify=True)
    app.exit(sorted(sys.modules) if "Start" in screen else ["nothing was drawn"])

OutpostApp._go_on_loading = tell
app = OutpostApp(Workplace(Home(Path(sys.argv[1]))))
async def go():
    await app.run_async(headless=True, size=(80, 24))
asyncio.run(go())
print(json.dumps(app.return_value))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Modules that are loaded when the first screen was drawn."""
    folder: Path = tmp_path_factory.mktemp("start")
    a_workplace(folder)
    run = subprocess.run(
        [sys.executable, "-c", START, str(folder / "home")],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=REPOSITORY,
    )
    return set(json.loads(run.stdout.splitlines()[-1]))


def test_the_first_screen_waits_for_no_library_that_only_later_ones_need(loaded: set[str]) -> None:
    assert {"appliance.tui.home", "textual.app"} <= loaded
    assert not loaded & NOT_BEFORE_THE_FIRST_SCREEN


def test_the_first_screen_loads_few_modules(loaded: set[str]) -> None:
    assert len(loaded) < 550, "672 took 1.1 s of the processor, 482 take 0.65 s"
