"""The shell of the app: which screens there are, which keys work everywhere, and what happens when something breaks.

An error of ours becomes a notice with its next step and the app goes on; anything unforeseen is written to a file
beside the settings and said in one sentence. Neither ends a batch, which runs in a process of its own.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import traceback
from contextlib import contextmanager
from functools import partial
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.message import Message
from textual.worker import WorkerFailed

from appliance.errors import OutpostError
from appliance.report.marks import N_
from appliance.settings import LANGUAGES
from appliance.tui.colours import DARK, LIGHT
from appliance.tui.console import ConsoleLetters
from appliance.tui.dialogs import Confirm, Notice
from appliance.tui.home import HomeScreen
from appliance.tui.places import PLACE_SCREENS, load_everything
from appliance.tui.shell import PLACES, PlaceScreen, ShowsReading
from appliance.tui.speaking import SpeakingModal, SpeakingScreen
from appliance.workplace.background import Background
from appliance.workplace.terminal import is_linux_console, terminal_from
from appliance.workplace.tongue import FORCED, language_here, say, sentence, speak, spoken
from appliance.workplace.viewer import open_file
from appliance.workplace.workplace import Workplace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from textual.filter import LineFilter
    from textual.screen import Screen

    from appliance.contracts import Study
    from appliance.workplace.background import Work
    from appliance.workplace.inventory import Inventory
    from appliance.workplace.progress import Told
    from appliance.workplace.reading import Reading
    from appliance.workplace.terminal import Terminal

TROUBLE_FILE = "trouble.txt"
TOLD_S = 12.0
"""How long a notice stays that is read once."""
Speaking = (SpeakingScreen, SpeakingModal)
LOADING_S = 0.1
"""How often a wish to go somewhere is looked at again while libraries are loaded."""


class OutpostApp(App[None]):
    """All screens, and what they share."""

    TITLE = "Outpost"
    CSS_PATH = "outpost.tcss"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = PLACE_SCREENS
    DEFAULT_MODE = "home"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "toggle_help", N_("Help"), key_display="F1", id="help"),
        *(
            Binding(key.lower(), f"go('{name}')", title, show=False, id=f"go-{name}")
            for name, (key, title) in PLACES.items()
        ),
        Binding("ctrl+p", "command_palette", N_("Commands"), show=False, priority=True, id="palette"),
        Binding("f8", "toggle_light", N_("Light or dark"), show=False, id="light"),
        Binding("f10,ctrl+q", "leave", N_("Quit"), id="quit", priority=True, key_display="F10"),
    ]

    class ReadingTold(Message):
        """A batch told something."""

        def __init__(self, reading: Reading, event: Told) -> None:
            super().__init__()
            self.reading, self.event = reading, event

    def __init__(
        self, workplace: Workplace | None = None, work: Work | None = None, terminal: Terminal | None = None
    ) -> None:
        """Open a workplace; ``work`` is what reads a folder in a process of its own, unless that is the pipeline."""
        super().__init__()
        self.terminal = terminal or terminal_from("", os.environ)
        """What it can show."""
        self._letters = [ConsoleLetters()] if is_linux_console(os.environ) else []
        _start_tracker()
        self._work = work
        self._elsewhere: list[Background] = []
        self.loaded = threading.Event()
        """Set once all libraries are there: two threads that load them at once can trip over each other."""
        self.workplace = workplace or Workplace()
        speak(language_here(self.workplace.settings.clinic.language, os.environ))
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = LIGHT.name if self.workplace.memory.light else DARK.name
        self.reading: Reading | None = None
        """What is being read, or was read last."""
        self._studies: dict[str, Study] = {}
        self._in_trouble = False

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Name what every line goes through before it is drawn."""
        return [*super().get_line_filters(), *self._letters]

    def on_mount(self) -> None:
        """Take up the keys of this workplace; ask the first questions if nobody did."""
        self.set_keymap(dict(self.workplace.memory.keys))
        workplace = self.workplace
        if not workplace.memory.started_before:
            from appliance.tui.first_start import FirstStart  # noqa: PLC0415 - only once in a workplace's life

            self.push_screen(FirstStart(workplace.settings.clinic.language, workplace.results), self._started)
        else:
            self.tell_language(workplace.settings.clinic.language)
        self.call_after_refresh(self._go_on_loading)

    def on_unmount(self) -> None:
        """End what still works elsewhere: a thread that listens to it would keep the program from ending."""
        for background in self._elsewhere:
            background.end()
        if self.reading is not None:
            self.reading.end()

    def elsewhere(self, work: Work, *arguments: object) -> Iterator[Any]:
        """Do work in a process of its own, that ends with the app at the latest."""
        background = Background(work, *arguments)
        self._elsewhere.append(background)
        yield from background.events()
        self._elsewhere.remove(background)

    @property
    def news(self) -> str:
        """What goes on in the background, in a word."""
        return self.reading.news if self.reading else ""

    def speak_here(self, wanted: str) -> None:
        """Speak a language if this terminal can write it; else English, and say so."""
        speak(language_here(wanted, os.environ))
        self.tell_language(wanted)

    def tell_language(self, wanted: str) -> None:
        """Say it if the app cannot be in the clinic's language here."""
        if wanted not in {spoken().language, "en"} and FORCED not in os.environ:
            self.notify(
                f"This terminal cannot write {LANGUAGES[wanted]} so that it can be read; the app is in English here. "
                "The reports are in the clinic's language.",
                timeout=TOLD_S,
            )

    def speak_anew(self) -> None:
        """Take up the language of the settings, and lay all places out again in it."""
        before = spoken().language
        self.speak_here(self.workplace.settings.clinic.language)
        if spoken().language != before:
            self._lay_out_again()

    @work(exclusive=True, group="language")
    async def _lay_out_again(self) -> None:
        home = self.get_screen_stack("home")[0]
        folder = home.folder if isinstance(home, HomeScreen) else None
        before = self.current_mode
        await self.switch_mode("machine")
        for name in [name for name in PLACE_SCREENS if name != "machine"]:
            await self.remove_mode(name)
            self.add_mode(name, PLACE_SCREENS[name])
        await self.switch_mode("home")
        await self.remove_mode("machine")
        self.add_mode("machine", PLACE_SCREENS["machine"])
        if folder is not None:
            self.look_into(folder)
        await self.switch_mode(before)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Turn an error of ours into a notice."""
        try:
            yield
        except OutpostError as error:
            self.tell(error)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer every place and every choice in the command palette."""
        del screen
        for name, (key, title) in PLACES.items():
            yield SystemCommand(say(title), say("Go there ({key})", key=key), lambda name=name: self.action_go(name))
        yield SystemCommand(
            say("Light or dark"), say("Change the colours of the screen (F8)"), self.action_toggle_light
        )
        yield SystemCommand(
            say("Help"), say("What the thing in focus is for, and all keys (F1)"), self.action_toggle_help
        )
        yield SystemCommand(say("Quit"), say("Leave the app (F10)"), self.action_leave)

    def action_go(self, name: str) -> None:
        """Go to a place; a dialog that is open has to be answered first."""
        if not self.loaded.is_set():
            self.set_timer(LOADING_S, partial(self.action_go, name))
        elif isinstance(self.screen, PlaceScreen):
            self.switch_mode(name)

    def action_toggle_help(self) -> None:
        """Show or hide the help for what is in focus."""
        if self.screen.query("HelpPanel"):
            self.action_hide_help_panel()
        else:
            from appliance.tui.help import Help  # noqa: PLC0415 - it loads what draws Markdown

            self.screen.mount(Help())

    def action_command_palette(self) -> None:
        """Offer all commands by name."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder=say("Type part of a command's name"), id="--command-palette"))

    def action_toggle_light(self) -> None:
        """Change between light and dark, and remember it."""
        light = self.theme != LIGHT.name
        self.theme = LIGHT.name if light else DARK.name
        with self.telling():
            self.workplace.remember_light(light=light)

    def action_leave(self) -> None:
        """Leave; ask first if anything would be lost."""
        lost = self._would_be_lost()
        if not lost:
            self.exit()
        elif not isinstance(self.screen, Confirm):
            question = Confirm(say("Leave Outpost now?"), lost, yes=say("Leave"), no=say("Stay"))
            self.push_screen(question, self._leave_if)

    def _would_be_lost(self) -> str:
        parts = [screen.would_be_lost for screen in self.screen_stack if isinstance(screen, Speaking)]
        if self.reading is not None and self.reading.is_under_way:
            parts.append(
                say(
                    "The study in progress is given up; everything that is done stays, and the next start goes on "
                    "from there."
                )
            )
        return " ".join(filter(None, parts))

    def tell(self, error: OutpostError) -> None:
        """Show an error of ours with its next step."""
        self.push_screen(Notice(sentence(error.what), sentence(error.advice)))

    def start_reading(self, folder: Path, inventory: Inventory) -> None:
        """Start a batch and go to where it is seen."""
        if self.reading is not None and self.reading.is_under_way:
            what, advice = say("A batch is being read already."), say("Wait until it is done, or stop it (F3, x).")
            self.push_screen(Notice(what, advice))
            return
        from appliance.workplace.reading import Reading, Request, read_folder  # noqa: PLC0415 - the first screen is up before it

        workplace = self.workplace
        request = Request(folder, workplace.results, workplace.settings, told=dict(inventory.told))
        self._studies = {study.key: study for study in inventory.studies}
        self.reading = Reading(request, inventory, self._work or read_folder)
        self._follow(self.reading)
        self.call_later(self._show_batch)

    def read_again(self) -> None:
        """Read the last folder again: what is done is not read twice."""
        home = self.get_screen_stack("home")[0]
        if isinstance(home, HomeScreen) and self.reading is not None:
            self.start_reading(self.reading.request.folder, home.inventory)

    def open_study(self, folder: Path) -> None:
        """Show a study's results."""
        from appliance.tui.study import StudyScreen  # noqa: PLC0415 - the first screen is up before it

        self.push_screen(StudyScreen(folder, self._study_of(folder)))

    def open_report(self, folder: Path) -> None:
        """Open a study's PDF in the system's viewer."""
        from appliance.workplace.handing_out import report_at_hand  # noqa: PLC0415 - the first screen is up before it

        with self.telling():
            open_file(report_at_hand(folder, self.workplace.settings.clinic))

    def open_outside(self, path: Path) -> None:
        """Open a file in the system's viewer."""
        with self.telling():
            open_file(path)

    def look_into(self, folder: Path) -> None:
        """Open a folder on Home."""
        home = self.get_screen_stack("home")[0]
        assert isinstance(home, HomeScreen)  # the mode says so
        home.open_folder(folder)

    def _show_batch(self) -> None:
        self.switch_mode("batch")
        batch = self.get_screen_stack("batch")[0]
        if isinstance(batch, ShowsReading) and self.reading is not None and batch.is_mounted:
            batch.show_all(self.reading)

    def _go_on_loading(self) -> None:
        """Load the rest now that the first screen is up; what is loaded so far is never looked through for garbage."""
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
        self._load()

    @work(thread=True, group="load")
    def _load(self) -> None:
        try:
            load_everything()
        finally:
            self.loaded.set()

    @work(thread=True, group="reading")
    def _follow(self, reading: Reading) -> None:
        for event in reading.events():
            self.post_message(self.ReadingTold(reading, event))

    @on(ReadingTold)
    def _take_told(self, message: ReadingTold) -> None:
        reading = message.reading
        changed = reading.take(message.event)
        if reading is not self.reading:
            return
        batch = self._screen_stacks.get("batch", [None])[0]
        if isinstance(batch, ShowsReading) and batch.is_mounted:
            if changed is not None:
                batch.show_row(reading.progress.rows[changed])
            batch.show_change()

    def _study_of(self, folder: Path) -> Study | None:
        return next((study for key, study in self._studies.items() if folder.name.endswith(key)), None)

    def _leave_if(self, leave: bool | None) -> None:  # noqa: FBT001 - what the dialog answers
        if leave:
            self.exit()

    def _started(self, folder: Path | None) -> None:
        if spoken().language != "en":
            self._lay_out_again()
        if folder is not None:
            self.look_into(folder)

    def _handle_exception(self, error: Exception) -> None:
        """Textual calls this for whatever no handler caught."""
        inner = error.error if isinstance(error, WorkerFailed) else error
        if isinstance(inner, OutpostError):
            self.tell(inner)
        elif self._in_trouble or not self._running:
            super()._handle_exception(error)
        else:
            self._in_trouble = True
            self._tell_trouble(inner)

    def _tell_trouble(self, error: BaseException) -> None:
        path = self.workplace.home.folder / TROUBLE_FILE
        lines = "".join(traceback.format_exception(error))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(lines, encoding="utf-8")
        except OSError:
            self.log(lines)
        what = say(
            "Something went wrong that was not foreseen ({kind}). Nothing that was read is lost.",
            kind=type(error).__name__,
        )
        advice = say(
            "Go on, or start the app again. If it happens again, send {file} to whoever looks after this program.",
            file=path,
        )
        self.push_screen(Notice(what, advice), lambda _: setattr(self, "_in_trouble", False))


def _start_tracker() -> None:
    """Start what Python keeps its processes' resources by; with Textual's own error stream it could not start."""
    if sys.platform != "win32":
        resource_tracker.ensure_running()
