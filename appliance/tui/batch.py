"""Batch: every study with its state and result, how far it is, how long it still takes, on which engine and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import DataTable, Label, ProgressBar

from appliance.pipeline.events import Ending
from appliance.report.marks import N_
from appliance.tui.colours import Tone, said
from appliance.tui.dialogs import Confirm, Notice
from appliance.tui.shell import ShowsReading
from appliance.tui.speaking import explained
from appliance.tui.table import RowTable
from appliance.words import shown
from appliance.workplace.progress import ENDING_WORDS, step_in_words
from appliance.workplace.tongue import say, sentence

if TYPE_CHECKING:
    from rich.text import Text
    from textual.app import ComposeResult

    from appliance.tui.app import OutpostApp
    from appliance.workplace.progress import Progress, StudyRow
    from appliance.workplace.reading import Reading

TONES = {
    Ending.READ: ("+", Tone.GOOD),
    Ending.PARTLY: ("!", Tone.CARE),
    Ending.KEPT: ("=", Tone.FAINT),
    Ending.REFUSED: ("!", Tone.CARE),
    Ending.FAILED: ("x", Tone.BAD),
}
COLUMNS = ("state", "who", "what", "result")
REDRAW_S = 0.1
"""Bars and numbers are brought up to date this often; rows as they change."""
IDLE = N_("Nothing is being read. Choose a folder on Home (F2) and press F9.")


class BatchTable(RowTable):
    """Studies of the batch."""

    HELP = explained(
        N_("Studies of this batch"),
        N_("**+** read, **!** something to look at, **=** read before and unchanged, **x** failed."),
        N_(
            "The result stands in words beside it. Enter opens a study that was read, or shows what to do about one "
            "that was not. You can leave this screen and come back: the reading goes on."
        ),
    )


class BatchScreen(ShowsReading):
    """See the module's docstring."""

    PLACE = "batch"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", N_("Pause / go on"), id="pause"),
        Binding("x", "stop", N_("Stop"), id="stop"),
        Binding("r", "again", N_("Start again"), id="again"),
    ]

    def body(self) -> ComposeResult:
        """Lay out bars on top and the table below."""
        with Vertical(id="progress"):
            yield Label(say(IDLE), id="state", markup=False)
            with Horizontal():
                yield Label(say("Study"), classes="name")
                yield ProgressBar(total=1.0, show_eta=False, id="study-bar")
            with Horizontal():
                yield Label(say("Batch"), classes="name")
                yield ProgressBar(total=1.0, show_eta=False, id="batch-bar")
            yield Label("", id="speed", markup=False)
            yield Label("", id="engine", markup=False)
            yield Label("", id="notice", markup=False)
        yield BatchTable(id="batch-table")

    def on_mount(self) -> None:
        """Prepare the table; show what is under way, if anything is."""
        table = self.query_one(BatchTable)
        for key, title in zip(COLUMNS, ("", say("Patient"), say("Read as"), say("Result")), strict=True):
            table.add_column(title, key=key)
        self._dirty = True
        self.set_interval(REDRAW_S, self._redraw)
        if self.outpost.reading is not None:
            self.show_all(self.outpost.reading)

    def show_all(self, reading: Reading) -> None:
        """Show a batch from its first row on."""
        table = self.query_one(BatchTable)
        if not table.columns:
            return
        table.clear()
        for row in reading.progress.rows.values():
            table.add_row(*_cells(self.outpost, row), key=row.key)
        self._dirty = True

    def show_row(self, row: StudyRow) -> None:
        """Bring one row up to date."""
        table = self.query_one(BatchTable)
        self._dirty = True
        if not table.columns:
            return
        if row.key not in table.rows:
            table.add_row(*_cells(self.outpost, row), key=row.key)
            return
        for column, cell in zip(COLUMNS, _cells(self.outpost, row), strict=True):
            table.change(row.key, column, cell)

    def show_change(self) -> None:
        """Bring everything but the rows up to date at the next occasion."""
        self._dirty = True

    def action_pause(self) -> None:
        """Pause after this study, or go on."""
        reading = self._under_way()
        if reading is not None:
            (reading.go_on if reading.paused else reading.pause)()
            self._dirty = True

    def action_stop(self) -> None:
        """Stop, if that is really wanted."""
        if self._under_way() is not None:
            question = Confirm(
                say("Stop reading?"),
                say(
                    "The study in progress is given up; everything that is done stays. Starting again goes on from "
                    "there."
                ),
                yes=say("Stop"),
                no=say("Go on"),
            )
            self.app.push_screen(question, self._stop_if)

    def action_again(self) -> None:
        """Read the same folder again: what is done is not read twice."""
        reading = self.outpost.reading
        if reading is None or reading.is_under_way:
            self.notify(say("There is nothing to start again now."), severity="warning")
            return
        self.outpost.read_again()

    @on(DataTable.RowSelected)
    def _open(self, event: DataTable.RowSelected) -> None:
        reading = self.outpost.reading
        if reading is None or event.row_key.value is None:
            return
        row = reading.progress.rows[event.row_key.value]
        if row.folder is not None:
            self.outpost.open_study(reading.request.output / row.folder)
        elif row.ending is not None:
            self.app.push_screen(Notice(f"{row.who}: {say(ENDING_WORDS[row.ending])}.", sentence(row.sentence)))

    def _under_way(self) -> Reading | None:
        reading = self.outpost.reading
        if reading is None or not reading.is_under_way:
            self.notify(say("Nothing is being read now."), severity="warning")
            return None
        return reading

    def _stop_if(self, stop: bool | None) -> None:  # noqa: FBT001 - what the dialog answers
        if stop and self.outpost.reading is not None:
            self.outpost.reading.stop()
            self._dirty = True

    def _redraw(self) -> None:
        reading = self.outpost.reading
        if not self._dirty or reading is None or not self.is_current:
            return
        self._dirty = False
        progress = reading.progress
        self.query_one("#study-bar", ProgressBar).update(progress=progress.study_share())
        self.query_one("#batch-bar", ProgressBar).update(progress=progress.batch_share())
        self.query_one("#state", Label).update(_state(reading))
        self.query_one("#speed", Label).update(_speed(progress))
        self.query_one("#engine", Label).update(shown(sentence(progress.engine), longest=200))
        self.query_one("#notice", Label).update(
            shown(sentence(progress.notices[-1]), longest=300) if progress.notices else ""
        )
        self.show_news()


def _cells(app: OutpostApp, row: StudyRow) -> tuple[Text, ...]:
    if row.ending is None:
        sign, tone = (">", Tone.PLAIN) if row.step else ("·", Tone.FAINT)
        result = f"{step_in_words(row.step)} …" if row.step else say("waits")
    else:
        sign, tone = TONES[row.ending]
        result = f"{say(ENDING_WORDS[row.ending])}: {shown(sentence(row.sentence), longest=300)}"
    calm = Tone.PLAIN if row.ending is not Ending.KEPT else Tone.FAINT
    return said(app, sign, tone), said(app, row.who, calm), said(app, row.what, calm), said(app, result, tone)


def _state(reading: Reading) -> str:
    progress, folder = reading.progress, shown(reading.request.folder.name)
    words = say("paused, press p to go on") if reading.paused else say(progress.state.value)
    told = progress.sentence or say("{done} of {all} studies", done=progress.dealt_with, all=progress.total or "…")
    return f"{folder}: {words}. {told}"


def _speed(progress: Progress) -> str:
    parts = []
    if (speed := progress.a_minute()) is not None:
        parts.append(say("{number} studies a minute", number=f"{speed:.1f}"))
    if progress.remaining_s is not None:
        parts.append(say("about {time} left", time=duration_left(progress.remaining_s)))
    return " · ".join(parts)


def duration_left(seconds: float) -> str:
    """Say how long something takes as a person would."""
    if seconds < 90:  # noqa: PLR2004 - from a minute and a half on, minutes are easier
        return say("{seconds} s", seconds=max(1, round(seconds)))
    minutes = round(seconds / 60)
    if minutes >= 120:  # noqa: PLR2004 - two hours
        return say("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
    return say("{minutes} min", minutes=minutes)
