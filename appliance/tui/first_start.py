"""The first start: three questions, each with an answer already in place, then the sample clinic to try.

The language comes first, and from its answer on everything is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Button, Footer, Input, Label, Select

from appliance.errors import OutpostError
from appliance.report.marks import N_
from appliance.settings import LANGUAGES
from appliance.tui.settings import LANGUAGE_HELP, trouble_with, understood
from appliance.tui.speaking import SpeakingScreen, explained, helped
from appliance.workplace.background import Broke
from appliance.workplace.tongue import say, sentence

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

    from appliance.tui.app import OutpostApp


class AnswerInput(Input):
    """An answer."""

    HELP = explained(
        N_("Three questions"), N_("They can all be changed later under Settings (F7). Enter goes to the next one.")
    )


class FirstStart(SpeakingScreen["Path"]):
    """Gives the folder to look into, or nothing."""

    app: OutpostApp
    AUTO_FOCUS = "#language"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f9", "finish", N_("Save and go on"), key_display="F9")]

    class Made(Message):
        """The sample clinic was made, or could not be."""

        def __init__(self, scans: Path | Broke) -> None:
            super().__init__()
            self.scans = scans

    def __init__(self, language: str, results: Path) -> None:
        super().__init__()
        self._language, self._name_given, self._results = language, "", str(results)

    def compose(self) -> ComposeResult:
        """Lay out the questions."""
        languages = [(title, word) for word, title in LANGUAGES.items()]
        with VerticalScroll(id="questions", can_focus=False), Vertical():
            yield Label(say("Welcome to Outpost"), classes="title")
            yield Label(say("It reads MRI scans and writes reports that a doctor must check. It is not a diagnosis."))
            yield Label("\n" + say("1. In which language are reports written, and this app?"))
            language = Select(languages, value=self._language, allow_blank=False, id="language")
            yield helped(language, say(LANGUAGE_HELP))
            yield Label(say("2. What is your clinic called?"))
            yield AnswerInput(self._name_given, placeholder=say("stands at the head of every report"), id="name")
            yield Label(say("3. Where are results kept?"))
            yield AnswerInput(self._results, id="results")
            yield Label("", id="told", classes="remark", markup=False)
            with Horizontal(classes="buttons"):
                told = say(
                    "Saves the answers, makes invented patients and shows them. Nothing is read before you press F9."
                )
                sample = Button(say("Save, then try the sample clinic"), id="sample", variant="primary")
                yield helped(sample, told)
                finish = Button(say("Save and start (F9)"), id="finish")
                yield helped(finish, say("Saves the answers and goes to Home."))
        yield Footer()

    @on(Select.Changed, "#language")
    async def _speak(self, event: Select.Changed) -> None:
        """Ask everything in the language that was chosen; what was answered already stays."""
        if event.value == self._language:
            return
        self._language = str(event.value)
        self._name_given = self.query_one("#name", Input).value
        self._results = self.query_one("#results", Input).value
        self.app.speak_here(self._language)
        await self.recompose()
        self.query_one("#name").focus()

    @on(Input.Changed, "#results")
    def _check(self) -> None:
        trouble = self._trouble()
        self.query_one("#results", Input).set_class(bool(trouble), "-invalid")
        self._tell(trouble, is_trouble=bool(trouble))

    @on(Input.Submitted)
    def _next(self) -> None:
        self.focus_next()

    @on(Button.Pressed, "#finish")
    def action_finish(self) -> None:
        """Save the answers and go to Home."""
        if self._save():
            self.dismiss(None)

    @on(Button.Pressed, "#sample")
    def _try_sample(self) -> None:
        if self._save():
            for button in self.query(Button):
                button.disabled = True
            self._tell(say("Making invented patients; nothing is downloaded. This takes about half a minute …"))
            self._make()

    @work(thread=True, exclusive=True)
    def _make(self) -> None:
        from appliance.workplace.sample import make_sample  # noqa: PLC0415 - loads NumPy

        for event in self.app.elsewhere(make_sample, self.app.workplace.home.sample_clinic):
            self.post_message(self.Made(event))

    @on(Made)
    def _made(self, message: Made) -> None:
        if isinstance(message.scans, Broke):
            for button in self.query(Button):
                button.disabled = False
            self._tell(f"{sentence(message.scans.what)} {sentence(message.scans.advice)}", is_trouble=True)
        else:
            self.dismiss(message.scans)

    def _save(self) -> bool:
        if self._trouble():
            self._check()
            return False
        answers = {
            "clinic.name": self.query_one("#name", Input).value.strip(),
            "clinic.language": str(self.query_one("#language", Select).value),
            "clinic.results": understood("clinic.results", self.query_one("#results", Input).value),
        }
        try:
            self.app.workplace.change(answers)
            self.app.workplace.remember_start()
        except OutpostError as error:
            self.app.tell(error)
            return False
        return True

    def _trouble(self) -> str:
        text = self.query_one("#results", Input).value
        return trouble_with("clinic.results", text) if text.strip() else say("Say where results are kept.")

    def _tell(self, remark: str, *, is_trouble: bool = False) -> None:
        told = self.query_one("#told", Label)
        told.update(remark)
        told.set_class(is_trouble, "bad")
