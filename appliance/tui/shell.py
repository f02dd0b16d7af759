"""What every screen has: the line of places on top, the keys that work here at the bottom, help for the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.containers import Container
from textual.widgets import Footer, Static

from appliance.report.marks import N_
from appliance.tui.speaking import SpeakingScreen
from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from appliance.tui.app import OutpostApp
    from appliance.workplace.progress import StudyRow
    from appliance.workplace.reading import Reading

PLACES = {
    "home": ("F2", N_("Home")),
    "batch": ("F3", N_("Batch")),
    "reports": ("F4", N_("Reports")),
    "models": ("F5", N_("Models")),
    "machine": ("F6", N_("Machine")),
    "settings": ("F7", N_("Settings")),
}
"""Name of the screen → its key and its title."""


class PlacesBar(Static):
    """The places of the app; a click goes there."""

    def show(self, here: str, news: str) -> None:
        """Mark where we are, and say in a word what goes on elsewhere."""
        names = [
            f"[reverse] {key} {say(title)} [/]" if name == here else f"[@click=app.go('{name}')] {key} {say(title)} [/]"
            for name, (key, title) in PLACES.items()
        ]
        self.update("".join(names) + (f" [b]{news}[/]" if news else ""))


class PlaceScreen(SpeakingScreen[None]):
    """A screen that stays as it was when it is left and comes back to."""

    PLACE: ClassVar[str]
    AUTO_FOCUS = "*"

    @property
    def outpost(self) -> OutpostApp:
        """The app, by its own type."""
        return cast("OutpostApp", self.app)

    def compose(self) -> ComposeResult:
        """Lay out what every screen has around its own part."""
        yield PlacesBar(id="places")
        with Container(id="body"):
            yield from self.body()
        yield Footer()

    def body(self) -> ComposeResult:
        """Lay out the screen's own part."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        """Come back: show where we are."""
        self.show_news()

    def show_news(self) -> None:
        """Bring the line of places up to date."""
        self.query_one(PlacesBar).show(self.PLACE, self.outpost.news)


class ShowsReading(PlaceScreen):
    """A place that shows how a batch stands."""

    def show_all(self, reading: Reading) -> None:
        """Show a batch from its first row on."""
        raise NotImplementedError

    def show_row(self, row: StudyRow) -> None:
        """Bring one row up to date."""
        raise NotImplementedError

    def show_change(self) -> None:
        """Bring everything but the rows up to date at the next occasion."""
        raise NotImplementedError
