"""How a batch stands: takes the pipeline's events and answers what the screen asks. Touches nothing.

Time is given to it from a clock that cannot jump, so that a wrong date spoils no estimate.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from appliance.contracts import FilesSeen, Kind, LeftOut
from appliance.pipeline.events import (
    Began,
    Ended,
    Ending,
    Notice,
    Planned,
    Ready,
    StudyBegan,
    StudyEnded,
    StudyStep,
)
from appliance.report.marks import N_
from appliance.workplace.background import Broke
from appliance.workplace.inventory import who_is, words_for
from appliance.workplace.tongue import counted, say, sentence

if TYPE_CHECKING:
    from appliance.pipeline.events import Event

SPEED_OVER = 20
"""Studies over which the speed is told: it follows the folder, and does not jump."""
USUAL_STEPS = 8
"""Steps of a study, until one has shown how many there are."""
STEPS_ALMOST = 0.95
"""What a study's bar shows at most before it ended."""


class State(StrEnum):
    """Of the whole batch."""

    LOOKING = N_("looking through the folder")
    OPENING = N_("opening the models")
    READING = N_("reading")
    STOPPING = N_("stopping after this step")
    ENDED = N_("done")
    STOPPED = N_("stopped")
    BROKE = N_("ended by a fault")


UNDER_WAY = frozenset({State.LOOKING, State.OPENING, State.READING, State.STOPPING})
ENDING_WORDS = {
    Ending.READ: N_("read"),
    Ending.PARTLY: N_("partly read"),
    Ending.KEPT: N_("read before"),
    Ending.REFUSED: N_("refused"),
    Ending.FAILED: N_("failed"),
}
STEP_WORDS = {
    "opening": N_("opening"),
    "write": N_("writing the results"),
    "report": N_("writing the report"),
    f"read {Kind.BRAIN_FLAIR}": N_("reading the brain"),
    f"read {Kind.SPINE_AXIAL}": N_("reading the spine from above"),
    f"read {Kind.SPINE_SAGITTAL}": N_("reading the spine from the side"),
}


@dataclass(frozen=True, slots=True)
class EngineTold:
    """Where the models run, and why."""

    sentence: str


Told: TypeAlias = "Event | EngineTold | Broke"


@dataclass(frozen=True, slots=True)
class StudyRow:
    """One study on the screen."""

    key: str
    who: str
    what: str
    ending: Ending | None = None
    """``None`` while it waits or is read."""
    sentence: str = ""
    folder: str | None = None
    """Where its results are, below the output folder."""
    step: str = ""
    """What is done right now; empty unless it is this study's turn."""


@dataclass(slots=True)
class Progress:
    """Grows with every event."""

    state: State = State.LOOKING
    rows: dict[str, StudyRow] = field(default_factory=dict)
    """By key, in the order in which they have their turn."""
    total: int = 0
    dealt_with: int = 0
    engine: str = ""
    notices: list[str] = field(default_factory=list)
    remaining_s: float | None = None
    now_reading: str | None = None
    """The key of the study whose turn it is."""
    sentence: str = ""
    """How it ended, or what stands in the way."""
    _steps: int = 0
    _steps_usual: int = USUAL_STEPS
    _ended_at: deque[float] = field(default_factory=lambda: deque(maxlen=SPEED_OVER + 1))

    def take(self, event: Told, now: float) -> str | None:
        """Take one event in; return the key of the row that changed, if one did."""
        match event:
            case StudyBegan():
                return self._begin(event, now)
            case StudyStep():
                return self._step(event)
            case StudyEnded():
                return self._end(event, now)
            case _:
                self._take_news(event)
                return None

    def study_share(self) -> float:
        """Say how far the study in progress is, from 0 to 1."""
        return min(STEPS_ALMOST, self._steps / self._steps_usual) if self.now_reading else 0.0

    def batch_share(self) -> float:
        """Say how far the batch is, from 0 to 1."""
        return (self.dealt_with + self.study_share()) / self.total if self.total else 0.0

    def a_minute(self) -> float | None:
        """Say how many studies are read in a minute; ``None`` until it can be told."""
        if len(self._ended_at) < 2:  # noqa: PLR2004 - a speed needs two moments
            return None
        seconds = self._ended_at[-1] - self._ended_at[0]
        return 60 * (len(self._ended_at) - 1) / seconds if seconds > 0 else None

    def _begin(self, event: StudyBegan, now: float) -> str:
        if not self._ended_at:
            self._ended_at.append(now)
        self.state = State.READING if self.state is State.OPENING else self.state
        self.now_reading, self._steps = event.key, 0
        who = who_is(event.patient)
        what = say(", ").join(dict.fromkeys(say(words_for(kind)) for kind in event.kinds))
        self.rows[event.key] = StudyRow(event.key, who, what, step="opening")
        return event.key

    def _step(self, event: StudyStep) -> str:
        self._steps += 1
        self.rows[event.key] = replace(self.rows[event.key], step=event.step)
        return event.key

    def _end(self, event: StudyEnded, now: float) -> str:
        if self.now_reading == event.key:
            if event.ending is Ending.READ:
                self._steps_usual = max(1, self._steps)
            self._ended_at.append(now)
        self.now_reading = None
        self.dealt_with, self.total, self.remaining_s = event.number, event.of, event.remaining_s
        row = self.rows.get(event.key) or StudyRow(event.key, event.key, "")
        self.rows[event.key] = replace(row, ending=event.ending, sentence=event.sentence, folder=event.folder, step="")
        return event.key

    def _take_news(self, event: Told) -> None:
        match event:
            case Notice():
                self.notices.append(event.sentence)
            case EngineTold():
                self.engine = event.sentence
            case Planned(studies=studies):
                self.total = studies
                self.state = State.READING if self.state is State.OPENING else self.state
            case Ready():
                self.state = State.OPENING
            case Ended():
                self.state = State.STOPPED if event.stopped else State.ENDED
                self._close(_summed_up(event))
            case Broke(what=what, advice=advice):
                self.state = State.BROKE
                self._close(f"{sentence(what)} {sentence(advice)}")
            case Began() | FilesSeen() | LeftOut() | _:
                pass

    def _close(self, sentence: str) -> None:
        self.sentence, self.remaining_s = sentence, None
        if self.now_reading is not None:
            self.rows[self.now_reading] = replace(self.rows[self.now_reading], step="")
            self.now_reading = None


def _summed_up(ended: Ended) -> str:
    told = [
        counted("{number} study {how}", "{number} studies {how}", count, how=say(ENDING_WORDS[ending]))
        for ending, count in ended.endings
        if count
    ]
    if ended.left_out:
        told.append(counted("{number} scan lost", "{number} scans lost", ended.left_out))
    return say(", ").join(told) or say("nothing to read")


def step_in_words(step: str) -> str:
    """Say what is done with a study right now; a step that is not known is shown as it is."""
    return say(STEP_WORDS[step]) if step in STEP_WORDS else step
