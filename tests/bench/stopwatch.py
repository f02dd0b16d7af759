"""Where the time of a program goes, told from outside: named functions are watched, nothing in them is changed.

Time is exclusive: what a watched function spends in another watched one counts for the other, so that the parts add
up to no more than the whole. Opaque parts keep what is spent inside them.
"""

from __future__ import annotations

import functools
import threading
import time
from collections import Counter
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Stopwatch:
    """Seconds of each part: of the clock on the wall, and of the processor on all its cores."""

    def __init__(self, opaque: frozenset[str] = frozenset()) -> None:
        self.wall: Counter[str] = Counter()
        self.processor: Counter[str] = Counter()
        self._opaque = opaque
        self._local = threading.local()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what happens inside for a part, and no longer for the one around it."""
        stack = self._stack()
        if stack and stack[-1] in self._opaque:
            yield
            return
        self._turn_over(stack)
        stack.append(name)
        try:
            yield
        finally:
            self._turn_over(stack)
            stack.pop()

    def start_again(self) -> None:
        """Forget what was counted."""
        self.wall.clear()
        self.processor.clear()

    def watch(self, parts: Mapping[str, tuple[str, ...]]) -> None:
        """Watch functions where they are looked up: ``module:function`` or ``module:Class.method``."""
        for name, places in parts.items():
            for place in places:
                owner, attribute = _found(place)
                setattr(owner, attribute, self._watched(getattr(owner, attribute), name))

    def _watched(self, function: Any, name: str) -> Any:  # noqa: ANN401 - any function
        @functools.wraps(function)
        def timed(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the function takes
            with self.part(name):
                return function(*given, **named)

        return timed

    def _stack(self) -> list[str]:
        if not hasattr(self._local, "stack"):
            self._local.stack, self._local.since = [], (0.0, 0.0)
        stack: list[str] = self._local.stack
        return stack

    def _turn_over(self, stack: list[str]) -> None:
        now = (time.perf_counter(), time.process_time())
        if stack:
            self.wall[stack[-1]] += now[0] - self._local.since[0]
            self.processor[stack[-1]] += now[1] - self._local.since[1]
        self._local.since = now


def _found(place: str) -> tuple[object, str]:
    module, _, path = place.partition(":")
    owner: Any = import_module(module)
    *outer, attribute = path.split(".")
    for name in outer:
        owner = getattr(owner, name)
    return owner, attribute
