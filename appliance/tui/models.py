"""Models: what is installed, what its makers say of it, and whether it gives the right answers on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widgets import Button, DataTable, Label, Markdown

from appliance.errors import OutpostError
from appliance.report.marks import N_
from appliance.tui.colours import Tone, said
from appliance.tui.dialogs import Confirm
from appliance.tui.shell import PlaceScreen
from appliance.tui.speaking import explained, helped
from appliance.tui.updates import ChooseUpdate, Updating
from appliance.workplace.background import Broke
from appliance.workplace.tongue import say, sentence

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

    from appliance.doctor import Finding
    from appliance.update.standing import Standing
    from appliance.workplace.installed import Installed


BUTTONS = {
    "test": N_("Lets every model compute a case with a known answer on this machine. It takes about half a minute."),
    "update": N_("Installs an update from a stick. What is in use stays until the new one has passed its test here."),
    "go-back": N_("Goes back to the models that were used before the last update, after a question."),
}
"""What each is for."""


class InstalledTable(DataTable[object]):
    """Packages."""

    HELP = explained(
        N_("Installed models"),
        N_(
            "One line for each: what it is for, its version, when it was made, and what its self-test said. Below "
            "stands its card: what it learned from, how well it does, and where it must not be trusted."
        ),
        N_(
            "**t** lets every model compute a case with a known answer on this machine. **u** installs an update from "
            "a stick; **b** goes back to the models that were used before it."
        ),
    )


class Card(VerticalScroll):
    """What the makers say."""

    HELP = explained(
        N_("The model's card"), N_("What it learned from, how it was measured, and its limits. Up and down scroll.")
    )


class ModelsScreen(PlaceScreen):
    """See the module's docstring."""

    PLACE = "models"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "test", N_("Self-test"), id="test-models"),
        Binding("u", "update", N_("Update"), id="update-models"),
        Binding("b", "go_back", N_("Go back"), id="go-back"),
    ]

    class Listed(Message):
        """The packages were looked up."""

        def __init__(self, models: tuple[Installed, ...], standing: Standing | None = None) -> None:
            super().__init__()
            self.models, self.standing = models, standing

    class Tested(Message):
        """A model was tested, or all were."""

        def __init__(self, finding: Finding | Broke | None) -> None:
            super().__init__()
            self.finding = finding

    def __init__(self) -> None:
        super().__init__()
        self._models: tuple[Installed, ...] = ()
        self._said: dict[str, tuple[str, Tone]] = {}
        self._broke_off = False
        self._standing: Standing | None = None

    def body(self) -> ComposeResult:
        """Lay out the packages on top and the card below."""
        with Horizontal(classes="bar"):
            told = {name: say(text) for name, text in BUTTONS.items()}
            yield helped(Button(say("Self-test (t)"), id="test", variant="primary"), told["test"])
            yield helped(Button(say("Update (u)"), id="update"), told["update"])
            yield helped(Button(say("Go back (b)"), id="go-back", disabled=True), told["go-back"])
        yield Label("", id="told", markup=False)
        yield InstalledTable(id="installed", cursor_type="row")
        with Card(id="card", can_focus=True):
            yield Markdown("")

    def on_mount(self) -> None:
        """List what is there."""
        table = self.query_one(InstalledTable)
        table.border_title = say("Installed models")
        titles = {"task": say("For"), "version": say("Version"), "made": say("Made on"), "test": say("Self-test")}
        for key, title in titles.items():
            table.add_column(title, key=key)
        self.query_one("#card").border_title = say("Card")
        self._list()

    @work(thread=True)
    def _list(self) -> None:
        from appliance.workplace.installed import installed_in  # noqa: PLC0415 - loads NumPy
        from appliance.workplace.updating import machine_of, standing  # noqa: PLC0415 - the same

        machine = machine_of(self.outpost.workplace.settings)
        self.post_message(self.Listed(installed_in(machine.models()), standing(machine)))

    @on(Listed)
    def _show(self, message: Listed) -> None:
        self._models = message.models
        table = self.query_one(InstalledTable)
        table.clear()
        for model in self._models:
            test = said(self.app, model.trouble or say("not tested yet"), Tone.BAD if model.trouble else Tone.FAINT)
            cells = [said(self.app, text) for text in (say(model.task), model.version, model.made_on)]
            table.add_row(*cells, test, key=model.folder.name)
        self._standing = message.standing
        self.query_one("#go-back", Button).disabled = not (self._standing and self._standing.way_back)
        if self._standing:
            origin = say("In use: {models}.", models=sentence(self._standing.origin))
            self.query_one("#told", Label).update(" ".join((origin, *map(sentence, self._standing.notices))))
        if not self._models:
            self.query_one("#told", Label).update(say("No model is installed: install the program again."))

    @on(DataTable.RowHighlighted, "#installed")
    async def _show_card(self, event: DataTable.RowHighlighted) -> None:
        if event.cursor_row < len(self._models):
            model = self._models[event.cursor_row]
            self.query_one("#card").border_title = say("Card of {model}", model=model.folder.name)
            await self.query_one(Markdown).update(model.card)

    @on(Button.Pressed, "#test")
    def action_test(self) -> None:
        """Let every model test itself."""
        if self.query_one("#test", Button).disabled:
            return
        self.query_one("#test", Button).disabled = True
        self.query_one("#told", Label).update(say("Testing …"))
        self._said, self._broke_off = {}, False
        self._test()

    @work(thread=True, exclusive=True)
    def _test(self) -> None:
        from appliance.workplace.checking import check_models  # noqa: PLC0415 - loads NumPy
        from appliance.workplace.updating import machine_of  # noqa: PLC0415 - the same

        settings = self.outpost.workplace.settings
        try:
            for finding in self.outpost.elsewhere(check_models, machine_of(settings).models(), settings):
                self.post_message(self.Tested(finding))
        finally:
            self.post_message(self.Tested(None))

    @on(Tested)
    def _show_test(self, message: Tested) -> None:
        finding = message.finding
        if finding is None:
            self.query_one("#test", Button).disabled = False
            if not self._broke_off:
                self.query_one("#told", Label).update(say("Tested on this machine."))
        elif isinstance(finding, Broke):
            self._broke_off = True
            self.query_one("#told", Label).update(f"{sentence(finding.what)} {sentence(finding.advice)}")
        else:
            self._show_finding(finding)

    def _show_finding(self, finding: Finding) -> None:
        name = next((model.folder.name for model in self._models if model.folder.name in finding.sentence), None)
        if name is None:
            self.query_one("#told", Label).update(f"{sentence(finding.sentence)} {sentence(finding.advice)}")
            return
        told = sentence(finding.sentence.partition(": ")[2] or finding.sentence)
        before, tone = self._said.get(name, ("", Tone.GOOD))
        tone = Tone.BAD if finding.is_fault or tone is Tone.BAD else Tone.GOOD
        words = f"{say('fault') if finding.is_fault else say('ok')}: {told}"
        self._said[name] = (f"{before} {words}".strip() if finding.is_fault or not before else before, tone)
        self.query_one(InstalledTable).update_cell(name, "test", said(self.app, *self._said[name]), update_width=True)

    @on(Button.Pressed, "#update")
    def action_update(self) -> None:
        """Install an update from a stick."""
        self.app.push_screen(ChooseUpdate(), self._update_from)

    def _update_from(self, path: Path | None) -> None:
        from appliance.workplace.updating import machine_of  # noqa: PLC0415 - loads NumPy

        if path is not None:
            self.app.push_screen(Updating(path, machine_of(self.outpost.workplace.settings)), self._updated)

    def _updated(self, changed: bool | None) -> None:  # noqa: FBT001 - a dialog's answer
        if changed:
            self._list()

    @on(Button.Pressed, "#go-back")
    def action_go_back(self) -> None:
        """Go back to the models before, after a question."""
        if self._standing is None or not self._standing.way_back:
            self.notify(say("There is nothing to go back to."), severity="warning")
            return
        question = say("Go back to the models that were used before?")
        consequence = say(
            "Used again would be {models}. It is kept in the record who went back, and when.",
            models=sentence(self._standing.way_back),
        )
        self.app.push_screen(Confirm(question, consequence, yes=say("Go back"), no=say("No")), self._go_back_if)

    def _go_back_if(self, answer: bool | None) -> None:  # noqa: FBT001 - a dialog's answer
        if answer:
            self._go_back()

    @work(thread=True, exclusive=True, group="back")
    def _go_back(self) -> None:
        from appliance.workplace.updating import go_back, machine_of  # noqa: PLC0415 - loads NumPy

        try:
            go_back(machine_of(self.outpost.workplace.settings))
        except OutpostError as error:
            self.app.call_from_thread(self.outpost.tell, error)
        else:
            self.app.call_from_thread(self._list)
