"""One thread of low priority on which a runtime opens and runs everything.

The threads that a runtime starts inherit the priority of the one that started it, so the screen keeps
its turn on a machine of two cores. A task that does not return in time is given up together with the
thread: native code cannot be stopped, but it can be left behind, and it does not keep the program alive.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from appliance.engine.trouble import Cause, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
NICENESS = 5
WINDOWS_BELOW_NORMAL = -1


class Worker:
    """Runs one task after another on its own thread."""

    def __init__(self) -> None:
        self._tasks: SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = SimpleQueue()
        threading.Thread(target=self._work, name="engine", daemon=True).start()

    def do(self, task: Callable[[], T], seconds: float | None = None) -> T:
        """Run a task and return what it returns; ``Trouble`` if it takes longer than allowed."""
        answer: Future[T] = Future()
        self._tasks.put((task, answer))
        try:
            return answer.result(seconds)
        except TimeoutError:
            if answer.done():
                raise
            raise Trouble(Cause.SILENT, f"within {seconds:g} s") from None

    def stop(self) -> None:
        """End the thread once it has done what it was given."""
        self._tasks.put(None)

    def _work(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            give_way()
        while (job := self._tasks.get()) is not None:
            task, answer = job
            try:
                answer.set_result(task())
            except BaseException as error:  # noqa: BLE001 - it is raised again where the answer is waited for
                answer.set_exception(error)
            del job, task, answer


def give_way() -> None:
    """Lower the priority of this thread alone."""
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - only here

        kernel = ctypes.windll.kernel32
        kernel.SetThreadPriority(kernel.GetCurrentThread(), WINDOWS_BELOW_NORMAL)
    else:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
