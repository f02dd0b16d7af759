"""Updating from a stick: choose the update, see what it brings, say yes, watch every step."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Button, Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from appliance.report.marks import N_
from appliance.tui.colours import said
from appliance.tui.speaking import SpeakingModal, helped
from appliance.words import shown
from appliance.workplace.background import Broke
from appliance.workplace.dropped import path_from
from appliance.workplace.places import find_places
from appliance.workplace.tongue import say, sentence

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

    from appliance.tui.app import OutpostApp
    from appliance.update.machine import Machine
    from appliance.update.record import Told
    from appliance.workplace.updating import Offered

TONES = {"notice": "care", "done": "good"}
STAGES = {
    "verify": N_("verify"),
    "notes": N_("notes"),
    "check": N_("check"),
    "copy": N_("copy"),
    "test": N_("test"),
    "switch": N_("switch"),
    "done": N_("done"),
    "notice": N_("notice"),
}
"""Word of a stage → the same for the catalogues; the screen does not load what installs."""


class ChooseUpdate(SpeakingModal["Path"]):
    """Gives the update that was chosen, or nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", N_("Back"))]

    def __init__(self) -> None:
        super().__init__()
        from appliance.workplace.updating import updates_on  # noqa: PLC0415 - loads NumPy

        self._found = updates_on(place.folder for place in find_places())

    def compose(self) -> ComposeResult:
        """Lay out what lies on sticks, and a field for another place."""
        options = [Option(said(self.app, _where(path)), id=str(number)) for number, path in enumerate(self._found)]
        with Vertical(classes="dialog"):
            yield Label(say("Install an update"), classes="title")
            found, none = say("Found on sticks and disks:"), say("No update was found. Plug the stick in, or type:")
            yield Label(found if options else none)
            if options:
                told = say("Enter looks into the update that is marked. Nothing is installed before you say so.")
                yield helped(OptionList(*options, id="found-updates"), told)
            typed = Input(placeholder=say("Path of the update: a file or a folder"), id="update-path")
            yield helped(typed, say("Type or drop the path of an update that is not in the list, then press Enter."))
            yield Label("", id="trouble", classes="bad", markup=False)
            with Horizontal(classes="buttons"):
                yield helped(Button(say("Back (Esc)"), id="back"), say("Goes back; nothing is changed."))

    @on(OptionList.OptionSelected, "#found-updates")
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._found[int(event.option.id or 0)])

    @on(Input.Submitted, "#update-path")
    def _typed(self, event: Input.Submitted) -> None:
        path = path_from(event.value)
        if path is None or not path.exists():
            self.query_one("#trouble", Label).update(say("There is nothing at this path."))
        else:
            self.dismiss(path)

    @on(Button.Pressed, "#back")
    def _leave(self) -> None:
        self.dismiss(None)


class Updating(SpeakingModal[bool]):
    """One update, from the first look to the last step; gives whether models may have changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", N_("Close")),
        Binding("i", "install", N_("Install")),
    ]

    class Looked(Message):
        """The update was looked into, or cannot be installed."""

        def __init__(self, offered: Offered | Broke) -> None:
            super().__init__()
            self.offered = offered

    class Stepped(Message):
        """One step was done; ``None`` at the end."""

        def __init__(self, step: Told | Broke | None) -> None:
            super().__init__()
            self.step = step

    def __init__(self, path: Path, machine: Machine) -> None:
        super().__init__()
        self._path, self._machine = path, machine
        self._offered: Offered | None = None
        self._busy = False
        self._installed = False

    @property
    def would_be_lost(self) -> str:
        """Say what becomes of an update that is left in the middle."""
        return say("The update is not finished; what was in use before stays in use.") if self._busy else ""

    def compose(self) -> ComposeResult:
        """Lay out what is said, and the two answers."""
        with Vertical(classes="dialog tall"):
            yield Label(say("Update: {file}", file=shown(self._path.name)), classes="title", markup=False)
            told = say("What the update brings, and each step as it is done. Up and down scroll.")
            yield helped(VerticalScroll(id="steps", can_focus=True), told)
            with Horizontal(classes="buttons"):
                told = say("Goes back. Not possible while something is being installed.")
                yield helped(Button(say("Back (Esc)"), id="leave"), told)
                told = say("Installs what was found. Leave the stick in until the last step is done.")
                yield helped(Button(say("Install (i)"), id="install", variant="primary", disabled=True), told)

    def on_mount(self) -> None:
        """Look into the update first."""
        self._say(say("Checking signatures and versions …"), "faint")
        self._look()

    @work(thread=True, group="update")
    def _look(self) -> None:
        from appliance.workplace.updating import look  # noqa: PLC0415 - loads NumPy

        for offered in cast("OutpostApp", self.app).elsewhere(look, self._machine, self._path):
            self.post_message(self.Looked(offered))

    @work(thread=True, group="update")
    def _install(self, accepted: bool) -> None:  # noqa: FBT001 - handed on by position
        from appliance.workplace.updating import install_update  # noqa: PLC0415 - loads NumPy

        arguments = (self._machine, self._path, accepted)
        try:
            for step in cast("OutpostApp", self.app).elsewhere(install_update, *arguments):
                self.post_message(self.Stepped(step))
        finally:
            self.post_message(self.Stepped(None))

    @on(Looked)
    def _show_offer(self, message: Looked) -> None:
        offered = message.offered
        self._set_busy(busy=False)
        if isinstance(offered, Broke):
            self._say(f"{sentence(offered.what)} {sentence(offered.advice)}", "bad")
            return
        self._offered = offered
        told = say("Release {number} of {date}, signed by the publisher.", number=offered.number, date=offered.made_on)
        self._say(told, "good")
        for line in offered.notes:
            self._say(shown(line, longest=300), "")
        for remark in offered.remarks:
            self._say(sentence(remark), "care")
        self._ask(offered)

    def _ask(self, offered: Offered) -> None:
        """Put the question; a doubtful update has a harder one."""
        program = (say("program {version}", version=offered.program),) if offered.program else ()
        brings = ", ".join((*offered.models, *program))
        if not brings:
            self._say(say("This machine has all of it already."), "good")
            return
        told = say("It brings {what}. Those in use stay until the new ones have passed their test here.", what=brings)
        self._say(told, "")
        for doubt in offered.doubts:
            self._say(sentence(doubt), "bad")
        button = self.query_one("#install", Button)
        button.disabled = False
        if offered.doubts:
            self._say(say("Install it all the same? Your answer is kept in the record."), "care")
            button.label, button.variant = say("Install all the same (i)"), "warning"
        else:
            button.focus()

    @on(Button.Pressed, "#install")
    def action_install(self) -> None:
        """Install what was offered; who says yes to a doubtful one has read the doubts."""
        if self._busy or self._offered is None or self.query_one("#install", Button).disabled:
            return
        self._set_busy(busy=True)
        self._say(say("Installing: leave the stick in …"), "faint")
        self._install(bool(self._offered.doubts))

    @on(Stepped)
    def _show_step(self, message: Stepped) -> None:
        step = message.step
        if step is None:
            self._set_busy(busy=False)
        elif isinstance(step, Broke):
            self._say(f"{sentence(step.what)} {sentence(step.advice)}", "bad")
        else:
            self._installed = True
            self._say(_told(step), TONES.get(step.stage, ""))

    @on(Button.Pressed, "#leave")
    def action_leave(self) -> None:
        """Go back; not in the middle of it."""
        if not self._busy:
            self.dismiss(self._installed)

    def _set_busy(self, *, busy: bool) -> None:
        self._busy = busy
        self.query_one("#leave", Button).disabled = busy
        self.query_one("#install", Button).disabled = True
        if not busy:
            self.query_one("#leave", Button).focus()

    def _say(self, told: str, tone: str) -> None:
        steps = self.query_one("#steps")
        steps.mount(Static(told, classes=tone, markup=False))
        steps.scroll_end(animate=False)


def _where(path: Path) -> str:
    return say("{folder} in {parent}", folder=shown(path.name), parent=shown(str(path.parent), longest=40))


def _told(step: Told) -> str:
    """Put the stage before the sentence; notes are the publisher's own words."""
    told = step.sentence if step.stage == "notes" else sentence(step.sentence)
    return f"{say(STAGES[step.stage]):<8}{shown(told, longest=400)}"
