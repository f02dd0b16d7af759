"""Which models are installed: what their descriptions say. Whether it is true, their self-test tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance import __version__
from appliance.exact_json import NotAsAgreed, parsed
from appliance.models.agreement import DESCRIPTION, spec_from
from appliance.models.shelf import package_folders
from appliance.report.marks import N_
from appliance.words import shown
from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from pathlib import Path

CARD = "card.md"
TASK_WORDS = {
    "brain-lesions": N_("Brain lesions"),
    "brain-anomaly": N_("Unusual in the brain"),
    "spine-axial": N_("Lumbar spine, axial"),
    "spine-sagittal": N_("Lumbar spine, sagittal"),
}


@dataclass(frozen=True, slots=True)
class Installed:
    """One package."""

    folder: Path
    task: str
    version: str
    made_on: str
    trouble: str
    """What is wrong with its description; empty if nothing is."""

    @property
    def card(self) -> str:
        """What its makers say of it, as Markdown."""
        try:
            return (self.folder / CARD).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return say("This package has no card.")


def installed_in(models: Path) -> tuple[Installed, ...]:
    """List the packages of a folder."""
    return tuple(map(_described, package_folders(models)))


def _described(folder: Path) -> Installed:
    try:
        spec = spec_from(parsed((folder / DESCRIPTION).read_text(encoding="utf-8")), __version__)
    except (OSError, UnicodeDecodeError, NotAsAgreed) as error:
        trouble = say("It cannot be used: {why}.", why=shown(str(error), longest=200))
        return Installed(folder, folder.name, "?", "?", trouble)
    return Installed(folder, TASK_WORDS[spec.task], spec.version, spec.made_on, "")
