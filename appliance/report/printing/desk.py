"""Print now, keep what cannot be printed, print what waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.report.printing.system import NotPrinted
from appliance.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from appliance.report.printing.queue import Queue
    from appliance.report.printing.system import PrintSystem


@dataclass(frozen=True, slots=True)
class Told:
    """How it went."""

    printed: int
    waiting: int
    sentences: tuple[str, ...]


def print_reports(pdfs: Sequence[Path], printer: str, system: PrintSystem, queue: Queue) -> Told:
    """Print what waits, then these; from the first that fails on, the rest waits."""
    sentences: list[str] = []
    for pdf in pdfs:
        queue.add(pdf)
    printed = 0
    for waiting in queue.waiting():
        try:
            sentences.append(system.hand_over(waiting.path, printer).sentence)
        except NotPrinted as trouble:
            sentences.append(str(trouble))
            break
        queue.remove(waiting)
        printed += 1
    left = len(queue.waiting())
    if left:
        sentences.append(f"{counted(left, 'report')} in the queue: “outpost print” without a file tries again.")
    return Told(printed, left, tuple(sentences))
