"""Reports: what was read and written; open, print, save to a stick, give to the PACS, put together."""

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
from appliance.report.marks import N_
from appliance.tui.colours import Tone, said
from appliance.tui.dialogs import Notice
from appliance.tui.shell import PlaceScreen
from appliance.tui.speaking import explained, helped
from appliance.tui.sticks import ChooseStick
from appliance.words import shown
from appliance.workplace.results_list import results_in
from appliance.workplace.tongue import counted, say

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


BUTTONS = {
    "open": (N_("Open (o)"), N_("Opens the report of the marked study as a PDF, in the system's own viewer.")),
    "print": (
        N_("Print (p)"),
        N_("Prints the report of the marked study. Where no printer answers it waits in a queue."),
    ),
    "save": (N_("Save (s)"), N_("Saves the report of the marked study to a stick or into a folder that you choose.")),
}
"""By what a button is called in the program: what stands on it, and what it is for."""


class ResultsTable(DataTable[object]):
    """Studies with results."""

    HELP = explained(
        N_("Results and reports"),
        N_(
            "One line for each study in the folder of results. Enter opens the study; **o** opens its PDF in the "
            "system's viewer, **p** prints it, **s** copies it to a stick, **d** copies what its PACS takes: masks, "
            "measurements, pages and pictures. **b** puts all studies together in one PDF and one workbook."
        ),
        N_("The columns say who signed a report, and when it was printed."),
    )


class ReportsScreen(PlaceScreen):
    """See the module's docstring."""

    PLACE = "reports"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open_report", N_("PDF"), id="open-report"),
        Binding("p", "print", N_("Print"), id="print"),
        Binding("s", "save", N_("To a stick"), id="save"),
        Binding("d", "save_dicom", N_("DICOM out"), id="dicom-out"),
        Binding("b", "batch", N_("Batch report"), id="batch-report"),
        Binding("ctrl+r", "list_again", N_("Look again"), id="list-again", show=False),
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

    class PutTogether(Message):
        """The batch report lies in the folder of results."""

        def __init__(self, files: tuple[Path, ...]) -> None:
            super().__init__()
            self.files = files

    def __init__(self) -> None:
        super().__init__()
        self.results: list[StudyResult] = []
        self._waiting = 0

    def body(self) -> ComposeResult:
        """Lay out the buttons on top and the results below."""
        with Horizontal(classes="bar"):
            for name, (label, told) in BUTTONS.items():
                yield helped(Button(say(label), id=name), say(told))
            yield Label("", id="told", markup=False)
        yield ResultsTable(id="results", classes="wide", cursor_type="row")

    def on_mount(self) -> None:
        """Prepare the table."""
        table = self.query_one(ResultsTable)
        table.border_title = say("Results")
        table.add_columns("", say("Patient"), say("Date"), say("Signed by"), say("Printed"), say("Result"))

    def on_screen_resume(self) -> None:
        """Come back: look again, for more may have been read."""
        super().on_screen_resume()
        self.action_list_again()

    def action_list_again(self) -> None:
        """Look up all results."""
        self.results = []
        self.query_one(ResultsTable).clear()
        self._list()

    @work(thread=True, exclusive=True, group="list")
    def _list(self) -> None:
        from appliance.workplace.handing_out import waiting_reports  # noqa: PLC0415 - loads the maker of PDFs

        worker, waiting = get_current_worker(), list["StudyResult"]()
        self._waiting = waiting_reports()
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
        self._tell()

    def _tell(self) -> None:
        where = shown(str(self.outpost.workplace.results))
        told = counted("{number} study in {folder}", "{number} studies in {folder}", len(self.results), folder=where)
        if self._waiting:
            told += "\n" + counted(
                "{number} report waits for the printer", "{number} reports wait for the printer", self._waiting
            )
        self.query_one("#told", Label).update(told)

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
            remark = say("The report is copied; nothing there is overwritten.")
            self.app.push_screen(ChooseStick(say("Save the report to"), remark), partial(self._save_to, marked))

    def action_save_dicom(self) -> None:
        """Copy what the PACS takes of the study that is marked to a stick."""
        marked = self._marked()
        if marked is not None:
            remark = say("Masks, measurements, pages and pictures for the PACS, in a folder of their own.")
            question = ChooseStick(say("Save the DICOM objects to"), remark)
            self.app.push_screen(question, partial(self._save_dicom_to, marked))

    def action_batch(self) -> None:
        """Put all studies together in one PDF and one workbook."""
        self.query_one("#told", Label).update(say("Putting all studies together …"))
        self._put_together()

    def _save_to(self, marked: StudyResult, target: Path | None) -> None:
        if target is not None:
            self._save(marked, target)

    def _save_dicom_to(self, marked: StudyResult, target: Path | None) -> None:
        if target is not None:
            self._copy_dicom(marked, target)

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
            sentence = say("{file} was saved to {folder}.", file=place.name, folder=target)
            self.post_message(self.HandedOut(sentence))

    @work(thread=True)
    def _copy_dicom(self, marked: StudyResult, target: Path) -> None:
        from appliance.workplace.handing_out import save_dicom  # noqa: PLC0415 - loads the maker of PDFs

        try:
            saved = save_dicom(marked.folder, target)
        except OutpostError as error:
            self.post_message(self.HandedOut(str(error), is_trouble=True))
        else:
            sentence = counted(
                "{number} file was saved to {folder}.", "{number} files were saved to {folder}.", len(saved),
                folder=saved[0].parent,
            )  # fmt: skip
            self.post_message(self.HandedOut(sentence))

    @work(thread=True, exclusive=True, group="batch")
    def _put_together(self) -> None:
        from appliance.report.batch_files import write_batch_report  # noqa: PLC0415 - loads the maker of PDFs

        workplace = self.outpost.workplace
        try:
            written = write_batch_report(workplace.results, workplace.settings.clinic)
        except OutpostError as error:
            self.post_message(self.HandedOut(str(error), is_trouble=True))
        else:
            self.post_message(self.PutTogether((written.pdf, written.workbook)))

    @on(PutTogether)
    def _offer(self, message: PutTogether) -> None:
        self._tell()
        names = say(" and ").join(path.name for path in message.files)
        title = say("{files} lie in {folder}.", files=names, folder=shown(str(message.files[0].parent), longest=200))
        question = ChooseStick(title, say("Save them to a stick as well?"))
        self.app.push_screen(question, partial(self._save_batch_to, message.files))

    def _save_batch_to(self, files: tuple[Path, ...], target: Path | None) -> None:
        if target is not None:
            self._save_batch(files, target)

    @work(thread=True)
    def _save_batch(self, files: tuple[Path, ...], target: Path) -> None:
        from appliance.workplace.handing_out import save_batch  # noqa: PLC0415 - loads the maker of PDFs

        try:
            saved = save_batch(files, target)
        except OutpostError as error:
            self.post_message(self.HandedOut(str(error), is_trouble=True))
        else:
            names = say(" and ").join(path.name for path in saved)
            self.post_message(self.HandedOut(say("{file} was saved to {folder}.", file=names, folder=target)))

    @on(HandedOut)
    def _say(self, message: HandedOut) -> None:
        title = say("It is not on paper or on the stick yet.") if message.is_trouble else say("Done.")
        self.app.push_screen(Notice(title, message.sentence, is_trouble=message.is_trouble))
        self.action_list_again()

    def _marked(self) -> StudyResult | None:
        row = self.query_one(ResultsTable).cursor_row
        if row < len(self.results):
            return self.results[row]
        self.notify(say("No study is marked."), severity="warning")
        return None
