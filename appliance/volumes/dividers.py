"""Which facts may tell apart two frames at one place, and in which words a person hears of it.

They are tried in this order; the first that leaves fewer frames at every place counts.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from appliance.volumes.frames import Frame, Marks

Value: TypeAlias = Any
"""Text, a number or several numbers: anything that can be compared with its like."""


@dataclass(frozen=True, slots=True)
class Part:
    """The frames that share one value."""

    frames: tuple[Frame, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Divider:
    """One fact of a frame."""

    value: Callable[[Marks], Value | None]
    words: str
    """Filled with the part's number, counted from 1 in the order of values, or with its value."""
    unknown: str
    """For frames that do not state it."""

    def parted(self, frames: Sequence[Frame]) -> list[Part]:
        """Sort frames by the fact; those that do not state it come first."""
        groups: defaultdict[Value | None, list[Frame]] = defaultdict(list)
        for frame in frames:
            groups[self.value(frame.marks)].append(frame)
        values = sorted(groups, key=lambda value: (value is not None, value))
        return [Part(tuple(groups[value]), self._named(number, value)) for number, value in enumerate(values, 1)]

    def _named(self, number: int, value: Value | None) -> str:
        if value is None:
            return self.unknown
        return self.words.format(number=number, value=f"{value:g}" if isinstance(value, float) else shown(str(value)))


DIVIDERS = (
    Divider(lambda marks: marks.component, "{value}", "other signal"),
    Divider(lambda marks: marks.echo_time_ms, "echo {number}", "unknown echo"),
    Divider(lambda marks: marks.echo, "echo {number}", "unknown echo"),
    Divider(lambda marks: marks.b_value, "b-value {value}", "unknown b-value"),
    Divider(lambda marks: marks.direction, "direction {number}", "no direction"),
    Divider(lambda marks: marks.inversion_time_ms, "inversion time {value} ms", "unknown inversion time"),
    Divider(lambda marks: marks.time_point, "time point {number}", "unknown time point"),
    Divider(lambda marks: marks.trigger_time_ms, "heart phase {number}", "unknown heart phase"),
    Divider(lambda marks: marks.sequence, "sequence {value}", "unknown sequence"),
    Divider(lambda marks: marks.image_type, "image type {value}", "unknown image type"),
    Divider(lambda marks: marks.acquisition, "acquisition {number}", "unknown acquisition"),
)
