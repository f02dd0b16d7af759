"""Machine: what ``outpost doctor`` says, line by line as it is found, with the speed of each engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widgets import Button, Label, Static

from appliance.report.marks import N_
from appliance.tui.shell import PlaceScreen
from appliance.tui.speaking import explained, helped
from appliance.workplace.background import Broke
from appliance.workplace.tongue import say, sentence

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from appliance.doctor import Finding

CLASSES = {"ok": "good", "note": "care", "fault": "bad"}
VERDICTS = {"ok": N_("ok"), "note": N_("note"), "fault": N_("fault")}
TOPICS = {
    "processor": N_("processor"),
    "memory": N_("memory"),
    "disk": N_("disk"),
    "clock": N_("clock"),
    "graphics": N_("graphics"),
    "engine": N_("engine"),
    "model": N_("model"),
}
"""Words of the doctor → the same for the catalogues; the screen does not load the doctor."""


class Lines(VerticalScroll):
    """What was found."""

    HELP = explained(
        N_("This machine"),
        N_(
            "What it can do for reading scans: processor, memory, disk, clock, graphics card, each engine with its "
            "speed, and whether each model gives the right answer here. **ok** is good, **note** is worth knowing, "
            "**fault** has to be put right first: the sentence says how. **t** tests again; it takes about half a "
            "minute."
        ),
    )


class MachineScreen(PlaceScreen):
    """See the module's docstring."""

    PLACE = "machine"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("t", "test", N_("Test this machine"), id="test-machine")]

    class Found(Message):
        """The doctor found something, or ended."""

        def __init__(self, finding: Finding | Broke | None) -> None:
            super().__init__()
            self.finding = finding

    def body(self) -> ComposeResult:
        """Lay out the button on top and the findings below."""
        with Horizontal(classes="bar"):
            told = say(
                "Looks at processor, memory, disk, clock and models, and measures how fast they are. Nothing is "
                "changed."
            )
            yield helped(Button(say("Test this machine (t)"), id="test", variant="primary"), told)
            yield Label(say("Takes about half a minute; nothing is changed."), id="told", markup=False)
        yield Lines(id="report-lines", can_focus=True)

    @on(Button.Pressed, "#test")
    def action_test(self) -> None:
        """Look at everything again."""
        if self.query_one("#test", Button).disabled:
            return
        self.query_one("#test", Button).disabled = True
        self.query_one("#report-lines").remove_children()
        self.query_one("#told", Label).update(say("Testing …"))
        self._examine()

    @work(thread=True, exclusive=True)
    def _examine(self) -> None:
        from appliance.workplace.checking import examine_machine  # noqa: PLC0415 - loads NumPy

        workplace = self.outpost.workplace
        try:
            for finding in self.outpost.elsewhere(examine_machine, workplace.results, workplace.settings):
                self.post_message(self.Found(finding))
        finally:
            self.post_message(self.Found(None))

    @on(Found)
    async def _show(self, message: Found) -> None:
        finding = message.finding
        if finding is None:
            self.query_one("#test", Button).disabled = False
            self.query_one("#told", Label).update(say("Done. Lines marked “fault” need something to be done."))
            return
        if isinstance(finding, Broke):
            line = Static(_told("fault", "", finding.what, finding.advice), classes="bad", markup=False)
        else:
            verdict = finding.verdict.value
            told = _told(verdict, finding.topic, finding.sentence, finding.advice)
            line = Static(told, classes=CLASSES[verdict], markup=False)
        await self.query_one("#report-lines").mount(line)


def _told(verdict: str, topic: str, what: str, advice: str) -> str:
    about = f"{say(TOPICS.get(topic, topic)):<11}" if topic else " "
    return f"{say(VERDICTS[verdict]):<5} {about}{sentence(what)} {sentence(advice)}".rstrip()
