"""PINs, set or typed: checked while they are typed, typed twice before they count, and never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label

from appliance.errors import OutpostError
from appliance.report.marks import N_
from appliance.tui.dialogs import Confirm
from appliance.tui.speaking import SpeakingModal, helped
from appliance.workplace.doctors import enrol, known_doctors
from appliance.workplace.pins import trouble_with_pin
from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.app import ComposeResult


class NewPin(SpeakingModal[str]):
    """A PIN for somebody or something; gives the name once it is kept."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", N_("Back"))]

    def __init__(
        self, title: str, keep: Callable[[str, str], None], *, name: str | None, taken: tuple[str, ...] = ()
    ) -> None:
        """``keep`` takes name and PIN; there is no name where ``name`` is ``None``. Who is ``taken`` has a PIN."""
        super().__init__()
        self._taken = taken
        self._title_shown, self._keep, self._name_given = title, keep, name

    def compose(self) -> ComposeResult:
        """Lay out the fields."""
        with Vertical(classes="dialog"):
            yield Label(self._title_shown, classes="title", markup=False)
            if self._name_given is not None:
                name = Input(self._name_given, placeholder=say("name, as it stands under a report"), id="name")
                yield helped(name, say("The name as it stands under a report."))
            one = Input(placeholder=say("PIN, at least four digits"), password=True, id="pin-one")
            yield helped(
                one, say("At least four digits. Nobody can read them later, not even in the file that keeps them.")
            )
            two = Input(placeholder=say("the same PIN again"), password=True, id="pin-two")
            yield helped(two, say("The same digits once more, so that a slip is noticed."))
            yield Label("", id="trouble", classes="bad", markup=False)
            with Horizontal(classes="buttons"):
                yield helped(Button(say("Back (Esc)"), id="back"), say("Goes back; nothing is changed."))
                told = say("Keeps this PIN. One that was set before no longer counts.")
                yield helped(Button(say("Set the PIN"), id="set", variant="primary"), told)

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
        name = " ".join(self.query_one("#name", Input).value.split()) if self._name_given is not None else ""
        if name in self._taken:
            question = say("Replace the PIN of {name}?", name=name)
            consequence = say("The PIN that {name} signs with now will no longer count.", name=name)
            confirm = Confirm(question, consequence, yes=say("Replace it"), no=say("No"))
            self.app.push_screen(confirm, lambda answer: self._keep_it(name, one) if answer else None)
        else:
            self._keep_it(name, one)

    def _keep_it(self, name: str, pin: str) -> None:
        try:
            self._keep(name, pin)
        except OutpostError as error:
            self._tell(str(error))
        else:
            self.dismiss(name)

    @on(Button.Pressed, "#back")
    def _leave(self) -> None:
        self.dismiss(None)

    def _typed(self) -> tuple[str, str]:
        return self.query_one("#pin-one", Input).value, self.query_one("#pin-two", Input).value

    def _tell(self, trouble: str) -> None:
        self.query_one("#trouble", Label).update(trouble)


def doctors_pin(doctors: Path, name: str = "") -> NewPin:
    """Ask for a doctor's name and PIN."""

    def keep_new(who: str, pin: str) -> None:
        enrol(doctors, who, pin)

    return NewPin(say("A PIN for a doctor who signs here"), keep_new, name=name, taken=known_doctors(doctors))


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
            told = say(
                "The PIN that these settings are under. Whoever forgot it asks the person who keeps this machine."
            )
            yield helped(Input(placeholder=say("the PIN"), password=True, id="pin"), told)
            yield Label("", id="trouble", classes="bad", markup=False)
            with Horizontal(classes="buttons"):
                yield helped(Button(say("Back (Esc)"), id="back"), say("Goes back; nothing is changed."))
                go_on = Button(say("Go on (Enter)"), id="go-on", variant="primary")
                yield helped(go_on, say("Goes on if the PIN is right."))

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
