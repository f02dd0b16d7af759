"""One limit, changed with care: it is checked as it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label

from appliance.errors import OutpostError
from appliance.report.marks import N_
from appliance.tui.speaking import SpeakingModal, helped
from appliance.workplace.setup import value_from
from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from textual.app import ComposeResult


class ChangeLimit(SpeakingModal[str]):
    """Gives the new value as it was typed, once it is right."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", N_("As it was"))]

    def __init__(self, key: str, value: str) -> None:
        super().__init__()
        self._key, self._value = key, value

    def compose(self) -> ComposeResult:
        """Lay out the field."""
        with Vertical(classes="dialog"):
            yield Label(self._key, classes="title", markup=False)
            yield Label(say("Results that are there already keep the values that they rest on."))
            told = say("The new value, checked while it is typed. What is not right is never written.")
            yield helped(Input(self._value, id="value"), told)
            yield Label("", id="trouble", classes="bad", markup=False)
            with Horizontal(classes="buttons"):
                yield helped(Button(say("As it was (Esc)"), id="back"), say("Goes back; nothing is changed."))
                told = say("Writes the new value. Results that are there already keep theirs.")
                yield helped(Button(say("Change (Enter)"), id="change", variant="primary"), told)

    @on(Input.Changed)
    def _check(self, event: Input.Changed) -> None:
        trouble = self._trouble(event.value)
        event.input.set_class(bool(trouble), "-invalid")
        self.query_one("#trouble", Label).update(trouble)

    @on(Input.Submitted)
    @on(Button.Pressed, "#change")
    def _finish(self) -> None:
        text = self.query_one(Input).value
        if not self._trouble(text):
            self.dismiss(text)

    @on(Button.Pressed, "#back")
    def _leave(self) -> None:
        self.dismiss(None)

    def _trouble(self, text: str) -> str:
        try:
            value_from(self._key, text)
        except OutpostError as error:
            return str(error)
        return ""
