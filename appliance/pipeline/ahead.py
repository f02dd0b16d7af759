"""The next study is prepared on a thread of its own while this one is read, if both fit into memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from concurrent.futures import Future

Given = TypeVar("Given")
Made = TypeVar("Made")


def prepared_ahead(
    given: Sequence[Given], prepare: Callable[[Given], Made], fits: Callable[[Given], bool]
) -> Generator[tuple[Given, Future[Made]], None, None]:
    """Yield each with what is made of it, in order; a large one is only begun when it is its turn."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="loading") as pool:
        try:
            waiting: Future[Made] | None = None
            for number, one in enumerate(given):
                ready = waiting or pool.submit(prepare, one)
                ready.exception()  # waits; whoever takes the result raises what is in it
                following = given[number + 1] if number + 1 < len(given) else None
                overlaps = following is not None and fits(one) and fits(following)
                waiting = pool.submit(prepare, following) if following is not None and overlaps else None
                yield one, ready
                del ready
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
