"""What the pipeline asks of whatever reads a study, and what it hands to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from appliance.contracts import LeftOut, Series, Study, Volume
    from appliance.errors import Refused
    from appliance.findings import Findings
    from appliance.findings.study import Quality
    from appliance.ledger import EarlierStudy

Step: TypeAlias = "Callable[[str], None]"
"""Called with the name of the step that begins; raises ``Stopped`` if the operator wants to stop."""


class Stopped(Exception):
    """The operator stopped the batch; what is in progress is given up."""


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """One volume, and whether it is good enough to read."""

    volume: Volume
    quality: Quality


@dataclass(frozen=True, slots=True, eq=False)
class SeriesLoaded:
    """A series with its voxels, or the reason why it has none."""

    series: Series
    volumes: tuple[Checked, ...] = ()
    refusal: Refused | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A study in memory."""

    study: Study
    root: Path
    """What the operator pointed at: files are named from here."""
    series: tuple[SeriesLoaded, ...]
    left_out: tuple[LeftOut, ...]
    """Series of this study that were never meant to be read, or could not be."""
    seconds: float
    """Spent on it so far."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where results go, and where earlier ones lie."""

    folder: Path
    """Empty, and shown to nobody before the study is done: files in it need no care of their own."""
    output: Path
    """The folder of all results."""
    earlier: tuple[EarlierStudy, ...]
    """Studies of the same patient that were read before, the newest first; paths are below ``output``."""


class StudyReader(Protocol):
    """Reads one study after another; used by one thread."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What the operator must know of models that are not used."""

    @property
    def models(self) -> tuple[tuple[str, str], ...]:
        """Task and version of every model that is installed."""

    @property
    def device(self) -> str:
        """Where it was asked to compute."""

    def read(self, loaded: Loaded, place: Place, step: Step) -> Findings:
        """Read a study and write all its results, ``findings.json`` among them.

        ``Refused`` and other ``OutpostError`` may be raised: then nothing of the study is kept.
        """
