"""Decoding in a process of its own, so that a damaged picture costs one series and not the program.

Found by damaging files on purpose: gdcm aborts the process that calls it, CharLS takes 17 s over one
cut slice, and libjpeg prints on the screen. Here a decoder that dies or takes too long is ended and
replaced, and its picture is refused. Its answers are plain bytes, never objects. Where the system can
(Linux), its memory is limited too; elsewhere only the checks before decoding do that.

The process is started by the first compressed picture, serves all that follow, and ends with the
program. It talks through pipes: no socket is opened.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from appliance.decoding.codestreams import Task, checked
from appliance.headers.foreign import BROKEN_BYTES, silenced

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess
    from typing import IO

    from numpy.typing import NDArray

    from appliance.settings import Limits

Decode: TypeAlias = "Callable[[Task], NDArray[np.integer[Any]]]"
SECONDS_TO_START = 120
"""A slow disk may need long to load the libraries for the first time."""
READY: Final = b"ready"
FAILED: Final = b"failed"
COMPLAINTS = (b"Corrupt JPEG data", b"Premature end")
"""libjpeg goes on after these with pixels that it made up."""


class DecodingError(ValueError):
    """A picture could not be decoded; the message completes “its picture is damaged: …”."""


class DecoderProcess:
    """Decodes pictures elsewhere, one at a time; starts anew after a crash."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None
        self._tasks: Connection | None = None
        self._answers: Connection | None = None

    def decode(self, task: Task, limits: Limits) -> NDArray[np.integer[Any]]:
        """Decode one picture, or say why not within the time that is allowed."""
        try:
            task = checked(task)
        except BROKEN_BYTES as error:
            raise DecodingError(str(error)) from error
        with self._lock:
            return self._decoded(task, limits)

    def close(self) -> None:
        """End the process, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
        for connection in (self._tasks, self._answers):
            if connection is not None:
                connection.close()
        self._process = self._tasks = self._answers = None

    def _decoded(self, task: Task, limits: Limits) -> NDArray[np.integer[Any]]:
        tasks, answers = self._started(limits)
        try:
            tasks.send(task)
            kind = self._answer(answers, limits.max_decode_seconds)
            content = self._answer(answers, limits.max_decode_seconds)
        except (EOFError, OSError) as error:
            self.close()
            raise DecodingError("the decoder broke down over it") from error
        if kind == FAILED:
            raise DecodingError(content.decode("utf-8", "replace"))
        return np.frombuffer(content, kind.decode("ascii")).reshape(task.rows, task.columns)

    def _answer(self, answers: Connection, seconds: float) -> bytes:
        if not answers.poll(seconds):
            self.close()
            raise DecodingError(f"the decoder did not finish within {seconds:g} s")
        return answers.recv_bytes()

    def _started(self, limits: Limits) -> tuple[Connection, Connection]:
        if self._process is not None and not self._process.is_alive():
            self.close()
        if self._process is None or self._tasks is None or self._answers is None:
            context = multiprocessing.get_context("spawn")
            their_tasks, self._tasks = context.Pipe(duplex=False)
            self._answers, their_answers = context.Pipe(duplex=False)
            self._process = context.Process(
                target=serve, args=(their_tasks, their_answers, limits.max_volume_bytes), daemon=True
            )
            self._process.start()
            their_tasks.close()
            their_answers.close()
            self._answer(self._answers, SECONDS_TO_START)
        return self._tasks, self._answers


DECODER: Final = DecoderProcess()
"""The one that the program uses."""


def serve(tasks: Connection, answers: Connection, most_memory: int) -> None:
    """Decode what comes until nothing more can come: the life of the process."""
    from appliance.decoding.decoders import decode  # noqa: PLC0415 - only this process ever loads the decoders

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory(most_memory)
    with tempfile.TemporaryFile() as printed, silenced():
        os.dup2(printed.fileno(), sys.__stderr__.fileno() if sys.__stderr__ else 2)
        answers.send_bytes(READY)
        with contextlib.suppress(EOFError, OSError):
            while True:
                kind, content = _attempt(decode, tasks.recv(), printed)
                answers.send_bytes(kind)
                answers.send_bytes(content)


def _attempt(decode: Decode, task: Task, printed: IO[bytes]) -> tuple[bytes, bytes]:
    printed.seek(0)
    printed.truncate()
    try:
        pixels = decode(task)
    except BROKEN_BYTES:
        return FAILED, b"the decoder could make nothing of it"
    printed.seek(0)
    text = printed.read()
    if any(complaint in text for complaint in COMPLAINTS):
        return FAILED, b"the stream is corrupt"
    return pixels.dtype.str.encode("ascii"), pixels.tobytes()


def _limit_memory(most: int) -> None:
    """Grant so much on top of what the libraries took when they were loaded."""
    if sys.platform == "linux":
        import resource  # noqa: PLC0415 - only here

        with open("/proc/self/statm", encoding="ascii") as status:  # noqa: PTH123 - a pseudo file
            pages = int(status.read().split()[5])
        resource.setrlimit(resource.RLIMIT_DATA, (pages * resource.getpagesize() + most,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
