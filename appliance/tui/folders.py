"""Choosing a folder by walking through the disk: folders only, and nothing hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, DirectoryTree, Label

from appliance.report.marks import N_
from appliance.tui.speaking import SpeakingModal, explained, helped
from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from textual.app import ComposeResult


class FolderTree(DirectoryTree):
    """Folders to walk through; signs that every terminal can draw stand before them."""

    ICON_NODE = "+ "
    ICON_NODE_EXPANDED = "- "
    ICON_FILE = "  "
    HELP = explained(
        N_("Choose a folder"),
        N_("Up and down walk, Enter or right opens a folder, **c** takes the one that is marked."),
    )

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        """Show folders and zips."""
        return [path for path in paths if not path.name.startswith(".") and _is_worth_showing(path)]


class ChooseFolder(SpeakingModal["Path"]):
    """Gives the folder that was chosen, or nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", N_("Back")),
        Binding("c", "choose", N_("Choose this folder")),
        Binding("u", "up", N_("One folder up")),
    ]

    def __init__(self, start: Path) -> None:
        super().__init__()
        self._start = start

    def compose(self) -> ComposeResult:
        """Lay out the tree."""
        with Vertical(classes="dialog tall"):
            yield Label(say("Choose a folder"), classes="title")
            yield FolderTree(self._start, id="tree")
            with Horizontal(classes="buttons"):
                yield helped(Button(say("Back (Esc)"), id="back"), say("Goes back; nothing is changed."))
                yield helped(Button(say("Up (u)"), id="up"), say("Shows the folder above this one."))
                choose = Button(say("Choose (c)"), id="choose", variant="primary")
                yield helped(choose, say("Takes the folder that is marked."))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        if event.button.id == "back":
            self.dismiss(None)
        elif event.button.id == "up":
            self.action_up()
        else:
            self.action_choose()

    def action_choose(self) -> None:
        """Take the folder that is marked."""
        tree = self.query_one(FolderTree)
        marked = tree.cursor_node.data if tree.cursor_node else None
        self.dismiss(marked.path if marked else self._start)

    def action_up(self) -> None:
        """Begin one folder higher."""
        self._start = self._start.absolute().parent
        self.query_one(FolderTree).path = self._start


def _is_worth_showing(path: Path) -> bool:
    try:
        return path.is_dir() or path.suffix.lower() == ".zip"
    except OSError:
        return False
