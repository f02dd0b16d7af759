"""PINs, set or typed: checked while they are typed, typed twice before they count, and never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label

from appliance.errors import OutpostError
from appliance.report.marks import N_
from appliance.tui.speaking import SpeakingModal
from appliance.workplace.doctors import enrol
from appliance.workplace.pins import trouble_with_pin
from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.app import ComposeResult


class NewPin(SpeakingModal[str]):
    """A PIN for somebody or something; gives the name once it is kept."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", N_("Back"))]

    def __init__(self, title: str, keep: Callable[[str, str], None], *, name: str | None) -> None:
        """``keep`` takes name and PIN; there is no name where ``name`` is ``None``."""
        super().__init__()
        self._title_shown, self._keep, self._name_given = title, keep, name

    def compose(self) -> ComposeResult:
        """Lay out the fields."""
        with Vertical(classes="dialog"):
            yield Label(self._title_shown, classes="title", markup=False)
            if self._name_given is not None:
                yield Input(self._name_given, placeholder=say("name, as it stands under a report"), id="name")
            yield Input(placeholder=say("PIN, at least four digits"), password=True, id="pin-one")
            yield Input(placeholder=say("the same PIN again"), password=True, id="pin-two")
            yield Label("", id="trouble", classes="bad", markup=False)
            with Horizontal(classes="buttons"):
                yield Button(say("Back (Esc)"), id="back")
                yield Button(say("Set the PIN"), id="set", variant="primary")

    @on(Input.Changed, "#pin-one")
    @on(Input.Changed, "#pin-two")
    def _check(self) -> None:
        one, two = self._typed()
        trouble = trouble_with_pin(one) if one else ""
        if not trouble and two and not one.startswith(two):
            trouble = say("The two PINs differ. Type both again.")
        self._tell(trouble)

    @on(Input.Submitted)
    @on(Button.Pressed, "#set")
    def _set(self) -> None:
        one, two = self._typed()
        if one != two:
            self._tell(say("The two PINs differ. Type both again."))
            return
        name = self.query_one("#name", Input).value if self._name_given is not None else ""
        try:
            self._keep(name, one)
        except OutpostError as error:
            self._tell(str(error))
            return
        self.dismiss(" ".join(name.split()))

    @on(Button.Pressed, "#back")
    def _leave(self) -> None:
        self.dismiss(None)

    def _typed(self) -> tuple[str, str]:
        return self.query_one("#pin-one", Input).value, self.query_one("#pin-two", Input).value

    def _tell(self, trouble: str) -> None:
        self.query_one("#trouble", Label).update(trouble)


def doctors_pin(doctors: Path, name: str = "") -> NewPin:
    """Ask for a doctor's name and PIN."""
    return NewPin(say("A PIN for a doctor who signs here"), lambda who, pin: enrol(doctors, who, pin), name=name)


class TypePin(SpeakingModal[bool]):
    """Asks for a PIN until it is right; says whether it was."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(False)", N_("Back"))]

    def __init__(self, title: str, check: Callable[[str], None]) -> None:
        super().__init__()
        self._title_shown, self._check_pin = title, check

    def compose(self) -> ComposeResult:
        """Lay out the field."""
        with Vertical(classes="dialog"):
            yield Label(self._title_shown, classes="title", markup=False)
            yield Input(placeholder=say("the PIN"), password=True, id="pin")
            yield Label("", id="trouble", classes="bad", markup=False)
            with Horizontal(classes="buttons"):
                yield Button(say("Back (Esc)"), id="back")
                yield Button(say("Go on (Enter)"), id="go-on", variant="primary")

    @on(Input.Submitted)
    @on(Button.Pressed, "#go-on")
    def _try(self) -> None:
        try:
            self._check_pin(self.query_one("#pin", Input).value)
        except OutpostError as error:
            self.query_one("#trouble", Label).update(str(error))
        else:
            self.dismiss(True)

    @on(Button.Pressed, "#back")
    def _leave(self) -> None:
        self.dismiss(False)
