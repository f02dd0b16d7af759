"""A doctor's PIN, set or replaced. It is typed twice and never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label

from appliance.errors import OutpostError
from appliance.workplace.doctors import enrol

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult


class SetPin(ModalScreen[str]):
    """Gives the doctor's name once the PIN is set."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Back")]

    def __init__(self, doctors: Path, name: str = "") -> None:
        super().__init__()
        self._doctors, self._name_given = doctors, name

    def compose(self) -> ComposeResult:
        """Lay out the fields."""
        with Vertical(classes="dialog"):
            yield Label("A PIN for a doctor who signs here", classes="title")
            yield Input(self._name_given, placeholder="name, as it stands under a report", id="name")
            yield Input(placeholder="PIN, at least four digits", password=True, id="pin-one")
            yield Input(placeholder="the same PIN again", password=True, id="pin-two")
            yield Label("", id="trouble", classes="bad", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Back (Esc)", id="back")
                yield Button("Set the PIN", id="set", variant="primary")

    @on(Input.Submitted)
    @on(Button.Pressed, "#set")
    def _set(self) -> None:
        name, one, two = (self.query_one(f"#{field}", Input).value for field in ("name", "pin-one", "pin-two"))
        if one != two:
            self.query_one("#trouble", Label).update("The two PINs differ. Type both again.")
            return
        try:
            enrol(self._doctors, name, one)
        except OutpostError as error:
            self.query_one("#trouble", Label).update(str(error))
            return
        self.dismiss(" ".join(name.split()))

    @on(Button.Pressed, "#back")
    def _leave(self) -> None:
        self.dismiss(None)
