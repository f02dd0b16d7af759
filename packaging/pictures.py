"""Makes the pictures of docs/technician.md: python packaging/pictures.py [FOLDER].

The real app goes through a clinic's day with patients of the sample clinic, who do not exist: first start, choose a
folder, read it, look at a study, review, sign, save, look at the models and the machine. Nothing is painted by hand.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from screens import drawn, until  # noqa: E402 - the script's own folder is on the path

from appliance.sample.clinic import make_clinic  # noqa: E402 - the repository is on the path only now
from appliance.sample.clinic_visits import (  # noqa: E402 - the same
    a_fine_scan,
    a_lost_slice,
    a_narrow_spine,
    a_restless_patient,
    an_old_stick,
)
from appliance.sample.scan_spec import LATIN_1, PatientSpec  # noqa: E402 - the same
from appliance.tui.app import OutpostApp  # noqa: E402 - the same
from appliance.workplace.doctors import enrol  # noqa: E402 - the same
from appliance.workplace.home import Home  # noqa: E402 - the same
from appliance.workplace.workplace import Workplace  # noqa: E402 - the same

if TYPE_CHECKING:
    from PIL.Image import Image
    from textual.pilot import Pilot

SIZE = (100, 30)
_AMA = PatientSpec("Sample^Ama", "SAMPLE-03", "19620120", "F", "063Y", LATIN_1)
_KOFI = PatientSpec("Sample^Kofi", "SAMPLE-05", "19700505", "M", "054Y", LATIN_1)
VISITS = (
    partial(a_narrow_spine, patient=_AMA),
    a_fine_scan,
    a_restless_patient,
    partial(a_lost_slice, patient=_KOFI),
    an_old_stick,
)
"""Patients whose names any typeface can write."""
DOCTOR, PIN = "Dr. Mensah", "2468"
CLINIC, KEPT = "District hospital", "/home/clinic/Outpost results"
COLOURS = 48
"""Enough for a terminal with a grey picture in it, and few enough for a page to open at once."""
SETTLED_S = 1.5


def take_all(folder: Path) -> dict[str, Image]:
    """Let a day pass in ``folder``, which may be thrown away after, and take a picture of every screen."""
    with contextlib.chdir(folder):
        scans = make_clinic(Path("sample clinic"), visits=VISITS).scans
        workplace = Workplace(Home(folder / "home"))
        workplace.remember_light(light=True)
        enrol(workplace.home.doctors, DOCTOR, PIN)
        return asyncio.run(_a_day(OutpostApp(workplace), scans))


async def _a_day(app: OutpostApp, scans: Path) -> dict[str, Image]:
    day = _Day(app)
    async with app.run_test(size=SIZE) as pilot:
        await until(app.loaded.is_set)
        await day.begins(pilot)
        await day.reads(pilot, scans)
        await day.is_signed(pilot)
        await day.ends(pilot)
    return day.pictures


class _Day:
    """What happens, and what is seen of it."""

    def __init__(self, app: OutpostApp) -> None:
        self._app = app
        self._results = Path("results").resolve()
        self.pictures: dict[str, Image] = {}

    async def begins(self, pilot: Pilot[None]) -> None:
        """Answer the three questions; results stay in the folder that is thrown away."""
        self._type("#name", CLINIC)
        self._type("#results", KEPT)
        await self._seen("first-start")
        self._type("#results", str(self._results))
        await pilot.press("f9")
        await until(lambda: self._app.screen.query("#found"))
        self._app.workplace.change({"clinic.results": "results"})

    async def reads(self, pilot: Pilot[None], scans: Path) -> None:
        """Choose the folder and read it."""
        self._app.look_into(scans)
        await until(lambda: not self._app.screen.query_one("#start").disabled)
        await self._seen("home")
        await pilot.press("f9")
        await until(lambda: self._app.reading is not None and not self._app.reading.is_under_way)
        await self._seen("batch")

    async def is_signed(self, pilot: Pilot[None]) -> None:
        """Look at the first study, change a grade, write a note, sign."""
        self._app.screen.query_one("#batch-table").focus()
        await pilot.press("enter")
        await until(lambda: getattr(self._app.screen, "findings", None))
        await asyncio.sleep(SETTLED_S)
        await pilot.press("v")
        await self._seen("study")
        await pilot.press("s")
        await until(lambda: self._app.screen.query("#items"))
        self._app.screen.query_one("#note").text = "Compared with the film of last year."
        await self._seen("review")
        await pilot.press("f9")
        await until(lambda: self._app.screen.query("#pin"))
        self._type("#name", DOCTOR)
        self._type("#pin", PIN)
        await self._seen("sign")
        self._app.screen.query_one("#pin").focus()
        await pilot.press("enter")
        await until(lambda: not self._app.screen.query("#pin, #items"))
        await pilot.press("escape")

    async def ends(self, pilot: Pilot[None]) -> None:
        """Go through the other places."""
        await pilot.press("f4")
        await until(lambda: getattr(self._app.screen, "results", None))
        await self._seen("reports")
        await pilot.press("f5")
        await until(lambda: self._app.screen.query("#installed"))
        await pilot.press("t")
        await until(lambda: not self._app.screen.query_one("#test").disabled)
        await self._seen("models")
        await pilot.press("f7")
        await until(lambda: self._app.screen.query("#limits"))
        self._type("#clinic-results", KEPT)
        await self._seen("settings")

    def _type(self, field: str, text: str) -> None:
        self._app.screen.query_one(field).value = text

    async def _seen(self, name: str) -> None:
        await asyncio.sleep(SETTLED_S)
        self.pictures[name] = drawn(self._app)


def write_pictures(pictures: dict[str, Image], folder: Path) -> None:
    """Write them as small PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.items():
        picture.quantize(COLOURS).save(folder / f"{name}.png", optimize=True)


def main() -> int:
    """Make all pictures as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=REPOSITORY / "docs" / "pictures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(take_all(Path(folder)), options.folder.resolve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
