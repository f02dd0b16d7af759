"""Review and sign: the doctor changes a grade, rejects a lesion, writes a note, signs with name and PIN."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Button, DataTable, Footer, Input, Label, OptionList, TextArea
from textual.widgets.option_list import Option

from appliance.errors import OutpostError
from appliance.findings.review import read_review
from appliance.report.marks import N_
from appliance.tui.colours import Tone, said
from appliance.tui.dialogs import Confirm
from appliance.tui.pin import doctors_pin
from appliance.tui.speaking import SpeakingModal, SpeakingScreen, explained, helped
from appliance.workplace.doctors import known_doctors
from appliance.workplace.reviewing import digest_of, draft_of
from appliance.workplace.tongue import say, stable_word

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

    from appliance.findings import Findings
    from appliance.tui.app import OutpostApp
    from appliance.workplace.reviewing import Item


UNSIGNED = N_("Changes that are not signed now are lost.")


class ItemsTable(DataTable[object]):
    """What a doctor may see otherwise."""

    HELP = explained(
        N_("Review"),
        N_(
            "One line for everything that was found. Enter changes a grade; on a lesion, Enter rejects it or takes "
            "that back."
        ),
        N_(
            "The automatic value always stays beside yours, in the report too. Nothing counts before it is signed "
            "(**F9**)."
        ),
    )


class NoteArea(TextArea):
    """The doctor's note."""

    HELP = explained(N_("Note"), N_("Stands in the report under your name. Tab leaves it."))


class ReviewScreen(SpeakingScreen[bool]):
    """See the module's docstring."""

    AUTO_FOCUS = "#items"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", N_("Back")),
        Binding("f9", "sign", N_("Sign"), key_display="F9", id="sign"),
    ]

    class Signed(Message):
        """It is signed, or was not."""

        def __init__(self, error: OutpostError | None, notices: tuple[str, ...] = ()) -> None:
            super().__init__()
            self.error = error
            self.notices = notices

    def __init__(self, folder: Path, findings: Findings) -> None:
        super().__init__()
        self.folder, self.findings = folder, findings
        self.draft = draft_of(findings)
        self._digest = ""

    @property
    def outpost(self) -> OutpostApp:
        """The app, by its own type."""
        return cast("OutpostApp", self.app)

    @property
    def would_be_lost(self) -> str:
        """Say that what is not signed is lost, if anything was changed or noted."""
        return say(UNSIGNED) if self.draft.changes() or self.draft.note else ""

    def compose(self) -> ComposeResult:
        """Lay out what was found above, the note below."""
        yield Label("", id="told", classes="title", markup=False)
        yield ItemsTable(id="items", cursor_type="row")
        yield NoteArea(id="note", tab_behavior="focus")
        with Horizontal(classes="bar"):
            told = say("Leaves the review. If something was changed and not signed, you are asked first.")
            yield helped(Button(say("Back (Esc)"), id="back"), told)
            told = say("Asks for your name and PIN. The report is then made again with both values.")
            yield helped(Button(say("Sign (F9)"), id="sign", variant="primary"), told)
        yield Footer()

    def on_mount(self) -> None:
        """Fill the table; go on from what was signed before."""
        self.query_one("#note").border_title = say("Note for the report")
        table = self.query_one(ItemsTable)
        for key, title in (("title", say("What")), ("automatic", say("Automatic")), ("doctor", say("Doctor"))):
            table.add_column(title, key=key)
        with self.outpost.telling():
            self._digest = digest_of(self.folder)
            past = read_review(self.folder)
            if past is not None and past.findings_sha256 == self._digest:
                self.draft.take_back_up(past)
        for number, item in enumerate(self.draft.items):
            table.add_row(said(self.app, item.title), said(self.app, stable_word(item.automatic)), "", key=str(number))
            self._show(number)
        self.query_one(TextArea).text = self.draft.note
        self._tell()

    @on(DataTable.RowSelected, "#items")
    def _change(self, event: DataTable.RowSelected) -> None:
        number = int(event.row_key.value or 0)
        item = self.draft.items[number]
        if item.lesion is not None:
            self.draft.toggle(item)
            self._show(number)
        else:
            self.app.push_screen(ChooseGrade(item), partial(self._graded, number))

    @on(TextArea.Changed)
    def _noted(self) -> None:
        self.draft.note = self.query_one(TextArea).text

    @on(Button.Pressed, "#sign")
    def action_sign(self) -> None:
        """Ask for name and PIN."""
        self.app.push_screen(AskSignature(self.outpost.workplace.home.doctors, self.draft.changes()), self._sign_as)

    @on(Button.Pressed, "#back")
    def action_leave(self) -> None:
        """Go back; what is not signed is lost, so ask first."""
        lost = self.would_be_lost
        if not lost:
            self.dismiss(False)
            return
        question = Confirm(say("Leave without signing?"), lost, yes=say("Leave"), no=say("Stay"))
        self.app.push_screen(question, self._leave_if)

    def _leave_if(self, leave: bool | None) -> None:  # noqa: FBT001 - what the dialog answers
        if leave:
            self.dismiss(False)

    def _graded(self, number: int, grade: str | None) -> None:
        if grade is not None:
            self.draft.change(self.draft.items[number], grade)
            self._show(number)

    def _sign_as(self, answer: tuple[str, str] | None) -> None:
        if answer is not None:
            self.query_one("#sign", Button).disabled = True
            self._sign(*answer)

    @work(thread=True, exclusive=True)
    def _sign(self, name: str, pin: str) -> None:
        from appliance.workplace.signing import Signature, sign  # noqa: PLC0415 - loads the maker of PDFs

        workplace = self.outpost.workplace
        try:
            signed = sign(
                self.folder,
                self.findings.study,
                self.draft,
                self._digest,
                Signature(name, pin),
                workplace.settings.clinic,
                workplace.home.doctors,
            )
        except OutpostError as error:
            self.post_message(self.Signed(error))
        else:
            self.post_message(self.Signed(None, signed.notices))

    @on(Signed)
    def _ended(self, message: Signed) -> None:
        self.query_one("#sign", Button).disabled = False
        if message.error is None:
            self.app.notify(say("Signed. The report was made again with both values."))
            for notice in message.notices:
                self.app.notify(notice, severity="warning")
            self.dismiss(True)
        else:
            self.outpost.tell(message.error)

    def _show(self, number: int) -> None:
        value = stable_word(self.draft.doctors_value(self.draft.items[number]))
        cell = said(self.app, value, Tone.CARE)
        self.query_one(ItemsTable).update_cell(str(number), "doctor", cell, update_width=True)
        self._tell()

    def _tell(self) -> None:
        changes = self.draft.changes()
        told = say("{number} changed", number=changes) if changes else say("as it was found")
        self.query_one("#told", Label).update(say("Review: {told}. Enter changes a line, F9 signs.", told=told))


class ChooseGrade(SpeakingModal[str]):
    """Gives the doctor's word for it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", N_("As it was"))]

    def __init__(self, item: Item) -> None:
        super().__init__()
        self._item = item

    def compose(self) -> ComposeResult:
        """Lay the words out."""
        choices = dict.fromkeys((self._item.automatic, *self._item.choices))
        with Vertical(classes="dialog"):
            yield Label(self._item.title, classes="title", markup=False)
            yield Label(say("Automatic: {grade}", grade=stable_word(self._item.automatic)), markup=False)
            words = OptionList(*(Option(said(self.app, stable_word(word)), id=word) for word in choices))
            told = say("Enter takes the grade that is marked. The automatic one stays beside yours in the report.")
            yield helped(words, told)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the choice."""
        self.dismiss(event.option.id)


class AskSignature(SpeakingModal["tuple[str, str]"]):
    """Gives name and PIN."""

    app: OutpostApp
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", N_("Back"))]

    def __init__(self, doctors: Path, changes: int) -> None:
        super().__init__()
        self._doctors, self._changes = doctors, changes

    def compose(self) -> ComposeResult:
        """Lay out the fields."""
        known = known_doctors(self._doctors)
        with Vertical(classes="dialog"):
            yield Label(say("Sign this study"), classes="title")
            told = say("{number} changed", number=self._changes) if self._changes else say("Nothing changed")
            yield Label(say("{told}. The report is made again and names you.", told=told), markup=False)
            name = Input(known[0] if len(known) == 1 else "", placeholder=say("your name"), id="name")
            yield helped(name, say("The name as it stands under a report."))
            told = say("Your own PIN. It is never shown, and never written down as it is.")
            yield helped(Input(placeholder=say("your PIN"), password=True, id="pin"), told)
            with Horizontal(classes="buttons"):
                yield helped(Button(say("Back (Esc)"), id="back"), say("Goes back; nothing is changed."))
                told = say("Gives a doctor a PIN to sign with, or a new one in place of one that was forgotten.")
                yield helped(Button(say("New PIN"), id="new"), told)
                told = say("Signs: the report names you, and the record keeps who signed what, and when.")
                yield helped(Button(say("Sign (Enter)"), id="sign", variant="primary"), told)

    @on(Input.Submitted, "#name")
    def _to_pin(self) -> None:
        self.query_one("#pin").focus()

    @on(Input.Submitted, "#pin")
    @on(Button.Pressed, "#sign")
    def _finish(self) -> None:
        self.dismiss((self.query_one("#name", Input).value, self.query_one("#pin", Input).value))

    @on(Button.Pressed, "#new")
    def _new(self) -> None:
        with self.app.telling():
            self.app.workplace.safeguard.check()
            self.app.push_screen(doctors_pin(self._doctors, self.query_one("#name", Input).value), self._named)

    @on(Button.Pressed, "#back")
    def _leave(self) -> None:
        self.dismiss(None)

    def _named(self, name: str | None) -> None:
        if name is not None:
            self.query_one("#name", Input).value = name
            self.query_one("#pin").focus()
