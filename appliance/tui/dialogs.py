"""Questions and notices that stand over a screen until they are answered. What destroys nothing comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Label, OptionList
from textual.widgets.option_list import Option

from appliance.contracts import all_kinds
from appliance.report.marks import N_
from appliance.tui.speaking import SpeakingModal, helped
from appliance.workplace.inventory import words_for
from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from textual.app import ComposeResult

LEAVE_OUT = "leave-out"


class Confirm(SpeakingModal[bool]):
    """A question before something that cannot be undone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "answer(False)", N_("No")),
        Binding("y", "answer(True)", N_("Yes")),
        Binding("left,right,up,down", "app.focus_next", N_("Other button"), show=False),
    ]
    AUTO_FOCUS = "#no"

    def __init__(self, question: str, consequence: str, *, yes: str, no: str) -> None:
        super().__init__()
        self._question, self._consequence, self._yes, self._no = question, consequence, yes, no

    def compose(self) -> ComposeResult:
        """Lay the question out."""
        with Vertical(classes="dialog"):
            yield Label(self._question, classes="title", markup=False)
            yield Label(self._consequence, markup=False)
            with Horizontal(classes="buttons"):
                yield helped(Button(f"{self._no} (n)", id="no"), say("Goes back; nothing is changed."))
                yield helped(Button(f"{self._yes} (y)", id="yes", variant="warning"), self._consequence)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the answer."""
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:  # noqa: FBT001 - bound to keys
        """Take the answer from a key."""
        self.dismiss(answer)


class Notice(SpeakingModal[None]):
    """One sentence of what happened, one of what to do."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter", "close", N_("Close"))]

    def __init__(self, what: str, advice: str, *, is_trouble: bool = True) -> None:
        super().__init__()
        self.what, self.advice = what, advice
        self._classes_wanted = "dialog trouble" if is_trouble else "dialog"

    def compose(self) -> ComposeResult:
        """Lay the sentences out."""
        with Vertical(classes=self._classes_wanted):
            yield Label(self.what, classes="title", markup=False)
            yield Label(self.advice, markup=False)
            with Horizontal(classes="buttons"):
                yield helped(Button(say("Close")), say("Closes this message."))

    def on_button_pressed(self) -> None:
        """Go away."""
        self.dismiss()

    def action_close(self) -> None:
        """Go away."""
        self.dismiss()


class ChooseKind(SpeakingModal[str]):
    """What a series is, said by the person who knows. Gives a kind's word, ``LEAVE_OUT``, or nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", N_("As it was"))]

    def __init__(self, name: str, why: str) -> None:
        super().__init__()
        self._name_shown, self._why = name, why

    def compose(self) -> ComposeResult:
        """Lay the choices out."""
        kinds = [Option(say(words_for(kind)), id=kind.value) for kind in all_kinds()]
        with Vertical(classes="dialog"):
            yield Label(say("What is “{name}”?", name=self._name_shown), classes="title", markup=False)
            yield Label(self._why, markup=False)
            told = say("Up and down choose, Enter takes it. The series is then read as what you say.")
            yield helped(OptionList(*kinds, Option(say("None of these: leave it out"), id=LEAVE_OUT)), told)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the choice."""
        self.dismiss(event.option.id)
