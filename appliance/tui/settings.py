"""Settings: each value is checked as it is typed, and written as soon as it is right and its field is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, DataTable, Input, Label, Select

from appliance.errors import OutpostError
from appliance.settings import CHOICES, LANGUAGES
from appliance.tui.colours import said
from appliance.tui.limit import ChangeLimit
from appliance.tui.pin import SetPin
from appliance.tui.shell import PlaceScreen
from appliance.workplace.dropped import path_from
from appliance.workplace.setup import limits_and_their_meaning, value_from, value_of

if TYPE_CHECKING:
    from textual.app import ComposeResult

FIELDS = {
    "clinic.name": ("Clinic", "Stands at the head of every report."),
    "clinic.logo": ("Logo", "A PNG or JPEG file for the head of every report; empty for none."),
    "clinic.results": ("Results go to", "The folder where results are kept, on a disk that stays."),
    "clinic.printer": ("Printer", "As the system calls it; empty for the usual one."),
    "clinic.language": ("Language", "Of the reports."),
    "clinic.paper": ("Paper", "Of the reports."),
}
FILES = frozenset({"clinic.logo", "clinic.results"})
SHOWN_AS = {"clinic.language": LANGUAGES}


class SettingInput(Input):
    """One setting."""

    HELP = """
    ## A setting
    It is checked while you type; a red frame says what is wrong. It is written when you press Enter or leave the
    field. What is not right is never written.
    """


class LimitsTable(DataTable[object]):
    """All limits and rules."""

    HELP = """
    ## Limits and rules
    What counts as a lesion, what is refused, how much memory may be used. Enter changes one. Every result names the
    values that it rests on; change them only together with whoever answers for the results.
    """


class SettingsScreen(PlaceScreen):
    """See the module's docstring."""

    PLACE = "settings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+d", "doctors", "Doctors and PINs", id="doctors"),
        Binding("f8", "app.toggle_light", "Light or dark", key_display="F8", id="light-here"),
    ]

    def body(self) -> ComposeResult:
        """Lay out the clinic's own settings, then the limits."""
        settings = self.outpost.workplace.settings
        with VerticalScroll(id="form", can_focus=False):
            for key, (title, remark) in FIELDS.items():
                value = str(value_of(settings, key))
                with Horizontal(classes="row"):
                    yield Label(title)
                    if key in CHOICES:
                        words = SHOWN_AS.get(key, {word: word for word in CHOICES[key]})
                        choices = [(words[word], word) for word in CHOICES[key]]
                        yield Select(choices, value=value, allow_blank=False, id=_id(key))
                    else:
                        yield SettingInput(value, id=_id(key))
                yield Label(remark, classes="remark", id=f"{_id(key)}-remark", markup=False)
            with Horizontal(classes="row"):
                yield Label("Doctors")
                yield Button("Set a PIN (Ctrl+D)", id="pin")
            yield LimitsTable(id="limits", cursor_type="row")

    def on_mount(self) -> None:
        """Fill the table of limits."""
        table = self.query_one(LimitsTable)
        table.border_title = "Limits and rules: Enter changes one"
        for key, title in (("key", "Setting"), ("value", "Value"), ("usual", "As it came")):
            table.add_column(title, key=key)
        for key, usual in limits_and_their_meaning():
            value = value_of(self.outpost.workplace.settings, key)
            table.add_row(*(said(self.app, text) for text in (key, str(value), str(usual))), key=key)

    @on(Input.Changed, "SettingInput")
    def _check(self, event: Input.Changed) -> None:
        key = _key(event.input.id)
        trouble = trouble_with(key, event.value)
        event.input.set_class(bool(trouble), "-invalid")
        remark = self.query_one(f"#{_id(key)}-remark", Label)
        remark.update(trouble or FIELDS[key][1])
        remark.set_class(bool(trouble), "bad")

    @on(Input.Submitted, "SettingInput")
    @on(Input.Blurred, "SettingInput")
    def _write(self, event: Input.Submitted | Input.Blurred) -> None:
        key = _key(event.input.id)
        if not trouble_with(key, event.value):
            self._change(key, understood(key, event.value))

    @on(Select.Changed)
    def _choose(self, event: Select.Changed) -> None:
        self._change(_key(event.select.id), str(event.value))

    @on(DataTable.RowSelected, "#limits")
    def _ask_limit(self, event: DataTable.RowSelected) -> None:
        key = str(event.row_key.value)
        value = value_of(self.outpost.workplace.settings, key)
        self.app.push_screen(ChangeLimit(key, str(value)), lambda text: self._change_limit(key, text))

    @on(Button.Pressed, "#pin")
    def action_doctors(self) -> None:
        """Give a doctor a PIN."""
        self.app.push_screen(SetPin(self.outpost.workplace.home.doctors))

    def _change_limit(self, key: str, text: str | None) -> None:
        if text is not None:
            self._change(key, text)
            value = value_of(self.outpost.workplace.settings, key)
            self.query_one(LimitsTable).update_cell(key, "value", said(self.app, str(value)))

    def _change(self, key: str, text: str) -> None:
        with self.outpost.telling():
            value = value_from(key, text)
            if value != value_of(self.outpost.workplace.settings, key):
                self.outpost.workplace.change({key: value})
                self.notify(f"{FIELDS[key][0] if key in FIELDS else key} is saved.")


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
        return "There is no such picture. Check the spelling."
    if key == "clinic.results" and (not path.is_absolute() or path.is_file()):
        return "This is not a folder. Give its whole path."
    return ""


def understood(key: str, text: str) -> str:
    """Return what was meant: a dropped path comes with quotes around it."""
    path = path_from(text) if key in FILES else None
    return str(path) if path is not None else text


def _id(key: str) -> str:
    return key.replace(".", "-")


def _key(identity: str | None) -> str:
    return (identity or "").replace("-", ".", 1)
