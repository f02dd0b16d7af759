"""Where to save: sticks and disks by name, and, for whoever wants it, any folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from appliance.report.marks import N_
from appliance.tui.colours import said
from appliance.tui.folders import ChooseFolder
from appliance.tui.speaking import SpeakingModal, helped
from appliance.workplace.places import find_places
from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from textual.app import ComposeResult

ANOTHER = "another"


class ChooseStick(SpeakingModal["Path"]):
    """Gives the folder to save into, or nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", N_("Back"))]

    def __init__(self, title: str, remark: str) -> None:
        super().__init__()
        self._title_shown, self._remark = title, remark

    def compose(self) -> ComposeResult:
        """Lay out the sticks and disks that are there now."""
        places = find_places()
        sticks = [Option(said(self.app, str(place)), id=str(place.folder)) for place in places]
        with Vertical(classes="dialog"):
            yield Label(self._title_shown, classes="title", markup=False)
            yield Label(self._remark, markup=False)
            told = say("Sticks and disks by their names. Enter saves there; the last line lets you choose any folder.")
            yield helped(OptionList(*sticks, Option(say("Another folder …"), id=ANOTHER)), told)
            yield Label(say("Esc: do not save"), classes="faint", markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the place, or ask for a folder."""
        if event.option.id == ANOTHER:
            first = next((place.folder for place in find_places()), Path.home())
            self.app.push_screen(ChooseFolder(first), self._chosen)
        else:
            self.dismiss(Path(event.option.id or ""))

    def _chosen(self, folder: Path | None) -> None:
        if folder is not None:
            self.dismiss(folder)
