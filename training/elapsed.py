"""How long a run has trained, all its starts together: what a budget in minutes is counted by."""

from __future__ import annotations

import time
from typing import Any

import lightning.pytorch as pl


class Elapsed(pl.Callback):
    """Counts the seconds of training; kept in the checkpoint, so that a resumed run goes on counting."""

    def __init__(self) -> None:
        self.elapsed_s = 0.0
        self._since = 0.0

    def on_train_start(self, *_: Any) -> None:  # noqa: ANN401 - Lightning's signature
        """Start the clock."""
        self._since = time.monotonic()

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:  # noqa: ANN401 - Lightning's signature
        """Count, and stop when the budget is spent."""
        now = time.monotonic()
        self.elapsed_s += now - self._since
        self._since = now
        if self.progress(trainer) >= 1.0:
            trainer.should_stop = True

    def progress(self, trainer: pl.Trainer) -> float:
        """Return the share of the budget that is spent."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run must know."""
        return {"elapsed_s": self.elapsed_s}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from there."""
        self.elapsed_s = state_dict["elapsed_s"]
