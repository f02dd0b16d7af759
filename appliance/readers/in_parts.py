"""Slices go through a network a few at a time: while it answers for some, the next are prepared and the last used.

    for some, answers in answered(in_parts(slices), prepare, ask):
        …

Guarantees: parts come in their order; ``prepare`` and ``ask`` each run on one thread of their own, never twice at
the same time; no more than two parts are ahead of the one that is used; what is raised in them is raised here.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

SLICES_AT_ONCE = 4
Part = TypeVar("Part")
Shown = TypeVar("Shown")
Answer = TypeVar("Answer")


def in_parts(slices: Sequence[int], size: int = SLICES_AT_ONCE) -> Iterator[list[int]]:
    """Go through slices a few at a time."""
    for first in range(0, len(slices), size):
        yield list(slices[first : first + size])


def answered(
    parts: Iterable[Part], prepare: Callable[[Part], Shown], ask: Callable[[Shown], Answer]
) -> Iterator[tuple[Part, Answer]]:
    """Yield each part with the answer to what was prepared of it."""
    prepared = _one_ahead(lambda part: (part, prepare(part)), parts)
    return _one_ahead(lambda pair: (pair[0], ask(pair[1])), prepared)


def _one_ahead(make: Callable[[Part], Answer], parts: Iterable[Part]) -> Iterator[Answer]:
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as pool:
        waiting: Future[Answer] | None = None
        for part in parts:
            following = pool.submit(make, part)
            if waiting is not None:
                yield waiting.result()
            waiting = following
        if waiting is not None:
            yield waiting.result()
