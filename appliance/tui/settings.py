"""Settings: each value is checked as it is typed, and written as soon as it is right and its field is left.

They can be put under a PIN; then everything here is shut until somebody types it, and again once it is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, DataTable, Input, Label, Select

from appliance.errors import OutpostError
from appliance.report.marks import N_
from appliance.settings import CHOICES, LANGUAGES
from appliance.tui.colours import said
from appliance.tui.dialogs import Confirm
from appliance.tui.limit import ChangeLimit
from appliance.tui.pin import NewPin, TypePin, doctors_pin
from appliance.tui.shell import PlaceScreen
from appliance.tui.speaking import explained, helped
from appliance.workplace.dropped import path_from
from appliance.workplace.setup import limits_and_their_meaning, value_from, value_of
from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from textual.app import ComposeResult

LANGUAGE = "clinic.language"
LANGUAGE_HELP = N_(
    "The language of the reports, and of this app where the terminal can write it. Enter opens the list."
)
FIELDS = {
    "clinic.name": (N_("Clinic"), N_("Stands at the head of every report.")),
    "clinic.logo": (N_("Logo"), N_("A PNG or JPEG file for the head of every report; empty for none.")),
    "clinic.results": (N_("Results go to"), N_("The folder where results are kept, on a disk that stays.")),
    "clinic.printer": (N_("Printer"), N_("As the system calls it; empty for the usual one.")),
    LANGUAGE: (N_("Language"), N_("Of the reports, and of this app.")),
    "clinic.paper": (N_("Paper"), N_("Of the reports.")),
}
FILES = frozenset({"clinic.logo", "clinic.results"})
CHOICES_HELP = {
    LANGUAGE: LANGUAGE_HELP,
    "clinic.paper": N_("The size of paper that reports are laid out for. Enter opens the list."),
}
SHOWN_AS = {LANGUAGE: LANGUAGES}


class SettingInput(Input):
    """One setting."""

    HELP = explained(
        N_("A setting"),
        N_(
            "It is checked while you type; a red frame says what is wrong. It is written when you press Enter or "
            "leave the field. What is not right is never written."
        ),
    )


class LimitsTable(DataTable[object]):
    """All limits and rules."""

    HELP = explained(
        N_("Limits and rules"),
        N_(
            "What counts as a lesion, what is refused, how much memory may be used. Enter changes one. Every result "
            "names the values that it rests on; change them only together with whoever answers for the results."
        ),
    )


class SettingsScreen(PlaceScreen):
    """See the module's docstring."""

    PLACE = "settings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+d", "doctors", N_("Doctors and PINs"), id="doctors", priority=True),
        Binding("ctrl+u", "safeguard", N_("PIN of the settings"), id="safeguard", priority=True),
        Binding("f8", "app.toggle_light", N_("Light or dark"), key_display="F8", id="light-here"),
    ]

    def body(self) -> ComposeResult:
        """Lay out the clinic's own settings, then the limits."""
        settings = self.outpost.workplace.settings
        with VerticalScroll(id="form", can_focus=False):
            for key, (title, remark) in FIELDS.items():
                value = str(value_of(settings, key))
                with Horizontal(classes="row"):
                    yield Label(say(title))
                    if key in CHOICES:
                        words = SHOWN_AS.get(key, {word: word for word in CHOICES[key]})
                        choices = [(words[word], word) for word in CHOICES[key]]
                        select = Select(choices, value=value, allow_blank=False, id=_id(key))
                        yield helped(select, say(CHOICES_HELP[key]))
                    else:
                        yield SettingInput(value, id=_id(key))
                yield Label(say(remark), classes="remark", id=f"{_id(key)}-remark", markup=False)
            with Horizontal(classes="row"):
                yield Label(say("Doctors"))
                told = say("Gives a doctor a PIN to sign with, or a new one in place of one that was forgotten.")
                yield helped(Button(say("Set a PIN (Ctrl+D)"), id="pin"), told)
            with Horizontal(classes="row"):
                yield Label(say("These settings"))
                told = say(
                    "Puts these settings under a PIN, so that nobody changes them in passing; asks for it; or takes it "
                    "away again."
                )
                yield helped(Button("", id="safeguard-button"), told)
            yield LimitsTable(id="limits", cursor_type="row")

    def on_mount(self) -> None:
        """Fill the table of limits."""
        table = self.query_one(LimitsTable)
        table.border_title = say("Limits and rules: Enter changes one")
        for key, title in (("key", say("Setting")), ("value", say("Value")), ("usual", say("As it came"))):
            table.add_column(title, key=key)
        for key, usual in limits_and_their_meaning():
            value = value_of(self.outpost.workplace.settings, key)
            table.add_row(*(said(self.app, text) for text in (key, str(value), str(usual))), key=key)
        self._shut_or_open()

    def on_screen_suspend(self) -> None:
        """Leave for another place: the PIN is asked for again."""
        if self.app.screen is not self and isinstance(self.app.screen, PlaceScreen):
            self.outpost.workplace.safeguard.close()

    def on_screen_resume(self) -> None:
        """Come back."""
        super().on_screen_resume()
        self._shut_or_open()

    @on(Input.Changed, "SettingInput")
    def _check(self, event: Input.Changed) -> None:
        key = _key(event.input.id)
        trouble = trouble_with(key, event.value)
        event.input.set_class(bool(trouble), "-invalid")
        remark = self.query_one(f"#{_id(key)}-remark", Label)
        remark.update(trouble or say(FIELDS[key][1]))
        remark.set_class(bool(trouble), "bad")

    @on(Input.Submitted, "SettingInput")
    @on(Input.Blurred, "SettingInput")
    def _write(self, event: Input.Submitted | Input.Blurred) -> None:
        key = _key(event.input.id)
        if not trouble_with(key, event.value):
            self._change(key, understood(key, event.value))

    @on(Select.Changed)
    def _choose(self, event: Select.Changed) -> None:
        key = _key(event.select.id)
        if self._change(key, str(event.value)) and key == LANGUAGE:
            self.outpost.speak_anew()

    @on(DataTable.RowSelected, "#limits")
    def _ask_limit(self, event: DataTable.RowSelected) -> None:
        key = str(event.row_key.value)
        value = value_of(self.outpost.workplace.settings, key)
        self.app.push_screen(ChangeLimit(key, str(value)), lambda text: self._change_limit(key, text))

    @on(Button.Pressed, "#pin")
    def action_doctors(self) -> None:
        """Give a doctor a PIN."""
        with self.outpost.telling():
            self.outpost.workplace.safeguard.check()
            self.app.push_screen(doctors_pin(self.outpost.workplace.home.doctors))

    @on(Button.Pressed, "#safeguard-button")
    def action_safeguard(self) -> None:
        """Put the settings under a PIN, type it, or take it away."""
        safeguard = self.outpost.workplace.safeguard
        if safeguard.is_closed:
            self.app.push_screen(TypePin(say("The settings are under a PIN."), safeguard.open), self._opened)
        elif safeguard.is_set:
            question = say("Take the PIN away from these settings?")
            consequence = say("Then anybody who sits here can change them.")
            self.app.push_screen(Confirm(question, consequence, yes=say("Take it away"), no=say("No")), self._remove_if)
        else:
            title = say("A PIN for these settings")
            self.app.push_screen(NewPin(title, lambda _, pin: safeguard.put(pin), name=None), self._opened)

    def _opened(self, _answer: object) -> None:
        self._shut_or_open()

    def _remove_if(self, answer: bool | None) -> None:  # noqa: FBT001 - a dialog's answer
        if answer:
            with self.outpost.telling():
                self.outpost.workplace.safeguard.remove()
                self.notify(say("Anybody may change the settings now."))
            self._shut_or_open()

    def _shut_or_open(self) -> None:
        safeguard = self.outpost.workplace.safeguard
        for widget in self.query("SettingInput, Select, LimitsTable, #pin"):
            widget.disabled = safeguard.is_closed
        told = say("Remove the PIN (Ctrl+U)") if safeguard.is_set else say("Put under a PIN (Ctrl+U)")
        self.query_one("#safeguard-button", Button).label = (
            say("Type the PIN to change them (Ctrl+U)") if safeguard.is_closed else told
        )

    def _change_limit(self, key: str, text: str | None) -> None:
        if text is not None:
            self._change(key, text)
            value = value_of(self.outpost.workplace.settings, key)
            self.query_one(LimitsTable).update_cell(key, "value", said(self.app, str(value)))

    def _change(self, key: str, text: str) -> bool:
        with self.outpost.telling():
            value = value_from(key, text)
            if value != value_of(self.outpost.workplace.settings, key):
                self.outpost.workplace.change({key: value})
                self.notify(say("{setting} is saved.", setting=say(FIELDS[key][0]) if key in FIELDS else key))
                return True
        return False


def trouble_with(key: str, text: str) -> str:
    """Say what is wrong with what was typed; nothing if it is right."""
    try:
        value_from(key, text)
    except OutpostError as error:
        return str(error)
    path = path_from(text) if key in FILES else None
    if path is None:
        return ""
    if key == "clinic.logo" and not path.is_file():
        return say("There is no such picture. Check the spelling.")
    if key == "clinic.results" and (not path.is_absolute() or path.is_file()):
        return say("This is not a folder. Give its whole path.")
    return ""


def understood(key: str, text: str) -> str:
    """Return what was meant: a dropped path comes with quotes around it."""
    path = path_from(text) if key in FILES else None
    return str(path) if path is not None else text


def _id(key: str) -> str:
    return key.replace(".", "-")


def _key(identity: str | None) -> str:
    return (identity or "").replace("-", ".", 1)
