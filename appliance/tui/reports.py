"""Reports: what was read and written; open, print, save to a stick."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Button, DataTable, Label
from textual.worker import get_current_worker

from appliance.errors import OutpostError
from appliance.findings.study import Outcome
from appliance.tui.colours import Tone, said
from appliance.tui.dialogs import Notice
from appliance.tui.folders import ChooseFolder
from appliance.tui.shell import PlaceScreen
from appliance.words import counted, shown
from appliance.workplace.places import find_places
from appliance.workplace.results_list import results_in

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

    from appliance.workplace.results_list import StudyResult

TONES = {
    Outcome.READ: ("+", Tone.GOOD),
    Outcome.PARTLY: ("!", Tone.CARE),
    Outcome.REFUSED: ("!", Tone.CARE),
    Outcome.FAILED: ("x", Tone.BAD),
}
AT_ONCE = 25
"""Results that are shown together: the table is drawn once for all of them."""


class ResultsTable(DataTable[object]):
    """Studies with results."""

    HELP = """
    ## Results and reports
    One line for each study in the folder of results. Enter opens the study; **o** opens its PDF in the system's
    viewer, **p** prints it, **s** copies it to a stick. The columns say who signed it, and when it was printed.
    """


class ReportsScreen(PlaceScreen):
    """See the module's docstring."""

    PLACE = "reports"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open_report", "Open the PDF", id="open-report"),
        Binding("p", "print", "Print", id="print"),
        Binding("s", "save", "Save to a stick", id="save"),
        Binding("ctrl+r", "list_again", "Look again", id="list-again"),
    ]

    class Listed(Message):
        """Some more results were looked up."""

        def __init__(self, results: list[StudyResult], *, over: bool) -> None:
            super().__init__()
            self.results, self.over = results, over

    class HandedOut(Message):
        """A report was printed or saved, or was not."""

        def __init__(self, sentence: str, *, is_trouble: bool = False) -> None:
            super().__init__()
            self.sentence, self.is_trouble = sentence, is_trouble

    def __init__(self) -> None:
        super().__init__()
        self.results: list[StudyResult] = []

    def body(self) -> ComposeResult:
        """Lay out the buttons on top and the results below."""
        with Horizontal(classes="bar"):
            yield Button("Open (o)", id="open")
            yield Button("Print (p)", id="print")
            yield Button("Save (s)", id="save")
            yield Label("", id="told", markup=False)
        yield ResultsTable(id="results", classes="wide", cursor_type="row")

    def on_mount(self) -> None:
        """Prepare the table."""
        table = self.query_one(ResultsTable)
        table.border_title = "Results"
        table.add_columns("", "Patient", "Date", "Signed by", "Printed", "Result")

    def on_screen_resume(self) -> None:
        """Come back: look again, for more may have been read."""
        super().on_screen_resume()
        self.action_list_again()

    def action_list_again(self) -> None:
        """Look up all results."""
        self.results = []
        self.query_one(ResultsTable).clear()
        self._list()

    @work(thread=True, exclusive=True)
    def _list(self) -> None:
        worker, waiting = get_current_worker(), list["StudyResult"]()
        for result in results_in(self.outpost.workplace.results):
            if worker.is_cancelled:
                return
            waiting.append(result)
            if len(waiting) == AT_ONCE:
                self.post_message(self.Listed(waiting, over=False))
                waiting = []
        self.post_message(self.Listed(waiting, over=True))

    @on(Listed)
    def _show(self, message: Listed) -> None:
        table = self.query_one(ResultsTable)
        for result in message.results:
            self.results.append(result)
            sign, tone = TONES[result.outcome]
            when = result.when.date().isoformat() if result.when else "–"
            sentence = shown(result.sentence, longest=300)
            cells = (result.who, when, result.signed_by or "–", result.printed or "–", sentence)
            table.add_row(said(self.app, sign, tone), *(said(self.app, cell) for cell in cells))
        where = shown(str(self.outpost.workplace.results))
        self.query_one("#told", Label).update(f"{counted(len(self.results), 'study', 'studies')} in {where}")

    @on(DataTable.RowSelected)
    def _open_study(self, event: DataTable.RowSelected) -> None:
        self.outpost.open_study(self.results[event.cursor_row].folder)

    @on(Button.Pressed, "#open")
    def action_open_report(self) -> None:
        """Open the PDF of the study that is marked."""
        marked = self._marked()
        if marked is not None:
            self.outpost.open_report(marked.folder)

    @on(Button.Pressed, "#print")
    def action_print(self) -> None:
        """Print the report of the study that is marked."""
        marked = self._marked()
        if marked is not None:
            self._print(marked)

    @on(Button.Pressed, "#save")
    def action_save(self) -> None:
        """Copy the report of the study that is marked to a stick."""
        marked = self._marked()
        if marked is not None:
            start = next((place.folder for place in find_places()), marked.folder.parent)
            self.app.push_screen(ChooseFolder(start), partial(self._save_to, marked))

    def _save_to(self, marked: StudyResult, target: Path | None) -> None:
        if target is not None:
            self._save(marked, target)

    @work(thread=True)
    def _print(self, marked: StudyResult) -> None:
        from appliance.workplace.handing_out import print_study  # noqa: PLC0415 - loads the maker of PDFs

        try:
            told = print_study(marked.folder, self.outpost.workplace.settings.clinic)
        except OutpostError as error:
            self.post_message(self.HandedOut(str(error), is_trouble=True))
        else:
            self.post_message(self.HandedOut(" ".join(told.sentences), is_trouble=bool(told.waiting)))

    @work(thread=True)
    def _save(self, marked: StudyResult, target: Path) -> None:
        from appliance.workplace.handing_out import save_study  # noqa: PLC0415 - loads the maker of PDFs

        try:
            place = save_study(marked.folder, target, self.outpost.workplace.settings.clinic)
        except OutpostError as error:
            self.post_message(self.HandedOut(str(error), is_trouble=True))
        else:
            self.post_message(self.HandedOut(f"{place.name} was saved to {target}."))

    @on(HandedOut)
    def _say(self, message: HandedOut) -> None:
        title = "It is not on paper or on the stick yet." if message.is_trouble else "Done."
        self.app.push_screen(Notice(title, message.sentence, is_trouble=message.is_trouble))
        self.action_list_again()

    def _marked(self) -> StudyResult | None:
        row = self.query_one(ResultsTable).cursor_row
        if row < len(self.results):
            return self.results[row]
        self.notify("No study is marked.", severity="warning")
        return None
