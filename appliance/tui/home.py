"""Home: which folder, what is in it, what each series will be read as, what is left out and why; one key starts."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Button, DataTable, Input, Label, OptionList
from textual.widgets.option_list import Option
from textual.worker import get_current_worker

from appliance.contracts import FilesSeen, Kind
from appliance.report.marks import N_
from appliance.tui.colours import Tone, said
from appliance.tui.dialogs import LEAVE_OUT, ChooseKind, Notice
from appliance.tui.shell import PlaceScreen
from appliance.tui.speaking import explained, helped
from appliance.words import shown
from appliance.workplace.dropped import path_from
from appliance.workplace.inventory import Inventory, who_is, words_for
from appliance.workplace.places import find_places
from appliance.workplace.tongue import counted, say, sentence

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from appliance.contracts import ScanEvent
    from appliance.workplace.inventory import SeriesRow

LOOK_EVERY_S = 3.0
"""A stick that is plugged in shows up within this time."""
MOST_LEFT_OUT = 500
"""Lines; more are counted."""


class FolderInput(Input):
    """Where a path is typed or dropped."""

    HELP = explained(
        N_("Folder with scans"),
        N_(
            "Type a path and press Enter, or drag the folder from a window onto this one. A single scan or a zip will "
            "do as well. Nothing in it is ever changed."
        ),
    )


class PlacesList(OptionList):
    """Sticks, disks and the last folders."""

    HELP = explained(
        N_("Where scans may lie"),
        N_(
            "Sticks and disks by their names, then the folders that were read last. A stick that is plugged in appears "
            "within a few seconds. Enter looks into it; **Ctrl+O** chooses a folder inside it."
        ),
    )


class FoundTable(DataTable[object]):
    """Series that were found."""

    HELP = explained(
        N_("What is in the folder"),
        N_("One line for each series. **+** will be read, **?** must be named by you: press Enter and say what it is."),
        N_("Enter on any line lets you say otherwise, or leave the series out. Nothing is read before you press F9."),
    )


class LeftOutTable(DataTable[object]):
    """Files that are not read."""

    HELP = explained(
        N_("What is left out, and why"),
        N_(
            "**!** could have been a scan and cannot be read: the sentence says what to do. **-** was never meant to "
            "be read. Enter shows the whole sentence."
        ),
    )


class HomeScreen(PlaceScreen):
    """See the module's docstring."""

    PLACE = "home"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9", "start", N_("Start reading"), key_display="F9", id="start"),
        Binding("ctrl+o", "browse", N_("Browse"), id="browse"),
        Binding("ctrl+r", "look_again", N_("Look again"), id="look-again"),
    ]

    class Seen(Message):
        """Looking through a folder yielded something."""

        def __init__(self, folder: Path, events: list[ScanEvent], *, over: bool = False) -> None:
            super().__init__()
            self.folder, self.events, self.over = folder, events, over

    def __init__(self) -> None:
        super().__init__()
        self.folder: Path | None = None
        self.inventory = Inventory()
        self._looking = False
        self._rows: list[SeriesRow] = []
        self._known_places: tuple[str, ...] = ()

    def body(self) -> ComposeResult:
        """Lay out places on the left, what is in the folder on the right."""
        with Horizontal():
            with Vertical(id="where"):
                yield FolderInput(placeholder=say("type or drop a folder"), id="folder")
                yield PlacesList(id="places-list")
            with Vertical(id="what"):
                yield FoundTable(id="found", cursor_type="row")
                yield LeftOutTable(id="aside", cursor_type="row")
        with Horizontal(id="go"):
            yield Label("", id="summary", markup=False)
            start = Button(say("F9 Start reading"), id="start", variant="primary", disabled=True)
            told = say("Reads every study that has a **+** in the table. Nothing in the folder is changed.")
            yield helped(start, told)

    def on_mount(self) -> None:
        """Show which sticks are there, now and later."""
        self.query_one("#found").border_title = say("What is in it")
        self.query_one("#aside").border_title = say("Left out, and why")
        self.query_one("#places-list").border_title = say("Sticks, disks, last folders")
        self.query_one("#folder").border_title = say("Folder with scans")
        self.query_one(FoundTable).add_columns("", say("Patient"), say("Read as"), say("Date"), say("Series"))
        self.query_one(LeftOutTable).add_columns("", say("What and why"))
        self._list_places()
        self.set_interval(LOOK_EVERY_S, self._list_places)
        self._tell(say("Choose a folder on the left, or type one."))

    def open_folder(self, folder: Path) -> None:
        """Look into a folder and show what is there."""
        if not folder.exists():
            name = shown(str(folder), longest=200)
            advice = say("Check the spelling, or that the stick is plugged in.")
            self.app.push_screen(Notice(say("{folder} is not there.", folder=name), advice))
            return
        self.folder = folder
        self.inventory = Inventory()
        self._looking = True
        self.query_one(FolderInput).value = str(folder)
        self.query_one(LeftOutTable).clear()
        self._show_found()
        self._tell(say("Looking into {folder} …", folder=shown(folder.name or str(folder))))
        self._look(folder)

    @work(thread=True, exclusive=True, group="look")
    def _look(self, folder: Path) -> None:
        self.outpost.loaded.wait()
        from appliance.studies import find_studies  # noqa: PLC0415 - loads the DICOM library, which may take a second

        worker, waiting = get_current_worker(), list["ScanEvent"]()
        results = self.outpost.workplace.results
        for event in find_studies(folder, self.outpost.workplace.settings, besides=results):
            if worker.is_cancelled:
                return
            waiting.append(event)
            if isinstance(event, FilesSeen):
                self.post_message(self.Seen(folder, waiting))
                waiting = []
        self.post_message(self.Seen(folder, waiting, over=True))

    @on(Seen)
    def _take(self, message: Seen) -> None:
        if message.folder != self.folder:
            return
        for event in message.events:
            self.inventory.take(event)
        self._looking = not message.over
        if message.over:
            self._show_found()
            self._show_left_out()
        self._tell_summary()

    @on(Input.Submitted, "#folder")
    def _typed(self, event: Input.Submitted) -> None:
        folder = path_from(event.value)
        if folder is not None:
            self.open_folder(folder)

    @on(OptionList.OptionSelected, "#places-list")
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        if event.option.id:
            self.open_folder(Path(event.option.id))

    @on(DataTable.RowSelected, "#found")
    def _ask_kind(self, event: DataTable.RowSelected) -> None:
        row = self._rows[event.cursor_row]
        question = ChooseKind(_name(row), shown(sentence(row.why), longest=300))
        self.app.push_screen(question, partial(self._told, row))

    @on(DataTable.RowSelected, "#aside")
    def _read_whole(self, event: DataTable.RowSelected) -> None:
        left = self.inventory.left_out[event.cursor_row]
        where = shown(str(left.source), longest=300)
        self.app.push_screen(
            Notice(shown(sentence(left.sentence), longest=600), where, is_trouble=left.reason.is_fault)
        )

    @on(Button.Pressed, "#start")
    def action_start(self) -> None:
        """Start reading what is shown."""
        if self.folder is None or self._looking or not self.inventory.counts()[0]:
            self.notify(say("Choose a folder with something to read first."), severity="warning")
            return
        with self.outpost.telling():
            self.outpost.workplace.remember_folder(self.folder)
            self.outpost.start_reading(self.folder, self.inventory)

    def action_look_again(self) -> None:
        """Look into the folder again."""
        if self.folder is not None:
            self.open_folder(self.folder)

    def action_browse(self) -> None:
        """Choose a folder inside the place that is marked."""
        from appliance.tui.folders import ChooseFolder  # noqa: PLC0415 - the first screen is up before it

        places = self.query_one(PlacesList)
        marked = places.highlighted_option
        start = Path(marked.id) if marked and marked.id else self.folder or Path.home()
        self.app.push_screen(ChooseFolder(start), self._browsed)

    def _browsed(self, folder: Path | None) -> None:
        if folder is not None:
            self.open_folder(folder)

    def _told(self, row: SeriesRow, answer: str | None) -> None:
        if answer is not None:
            self.inventory.tell(row.source, None if answer == LEAVE_OUT else Kind(answer))
            self._show_found()
            self._tell_summary()

    def _list_places(self) -> None:
        places = {str(place.folder): str(place) for place in find_places()}
        folders = [name for name in self.outpost.workplace.memory.folders if name not in places]
        if (known := (*places, "", *folders)) == self._known_places:
            return
        self._known_places = known
        options = self.query_one(PlacesList)
        options.clear_options()
        options.add_options([Option(said(self.app, text), id=folder) for folder, text in places.items()])
        options.add_options([Option(said(self.app, _tail(folder)), id=folder) for folder in folders])

    def _show_found(self) -> None:
        table = self.query_one(FoundTable)
        marked = table.cursor_row
        table.clear()
        self._rows = list(self.inventory.rows())
        for row in self._rows:
            sign, words, tone = _fate(row)
            when = row.study.facts.when
            who = who_is(row.study.patient)
            cells = (sign, who, words, when.date().isoformat() if when else "–", _name(row))
            table.add_row(*(said(self.app, cell, tone) for cell in cells))
        table.move_cursor(row=marked)

    def _show_left_out(self) -> None:
        table = self.query_one(LeftOutTable)
        table.clear()
        for left in self.inventory.left_out[:MOST_LEFT_OUT]:
            sign, tone = ("!", Tone.CARE) if left.reason.is_fault else ("-", Tone.FAINT)
            many = " (" + counted("{number} file", "{number} files", left.files) + ")" if left.files > 1 else ""
            told = shown(sentence(left.sentence), longest=300) + many
            table.add_row(said(self.app, sign, tone), said(self.app, told, tone))

    def _tell_summary(self) -> None:
        ready = self.inventory.counts()[0]
        self.query_one("#start", Button).disabled = self._looking or not ready
        results = shown(str(self.outpost.workplace.results))
        end = " …" if self._looking else "\n" + say("Results go to {folder}", folder=results)
        self._tell(self.inventory.sentence() + end)

    def _tell(self, told: str) -> None:
        self.query_one("#summary", Label).update(told)


def _fate(row: SeriesRow) -> tuple[str, str, Tone]:
    if row.asks:
        return "?", say("say what it is: Enter"), Tone.CARE
    if row.kind is None:
        return "-", say("left out by you"), Tone.FAINT
    return "+", say(words_for(row.kind)), Tone.PLAIN


def _name(row: SeriesRow) -> str:
    return shown(row.series.facts.description or row.source.name, longest=40)


def _tail(folder: str) -> str:
    path = Path(folder)
    return shown(say("{folder} in {parent}", folder=path.name, parent=path.parent.name) if path.parent.name else folder)
