"""A network, open and ready: any number of slices in, as many out, on the card or on the processor.

If the card fails in the middle of a call, everything of that call is computed again on the processor, so
that no answer is half from one and half from the other; it stays there, and ``notes`` says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from appliance.engine.choice import Attempt, Device
from appliance.engine.sentences import phrase, told
from appliance.engine.session import Engine
from appliance.engine.trouble import Trouble
from appliance.errors import EngineFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from appliance.engine.engines import Engines
    from appliance.engine.network import Floats, Network


class Runner:
    """Runs one network; close it, or use it as a context, when no more is to come."""

    def __init__(self, engines: Engines, network: Network) -> None:
        self._engines = engines
        self._network = network
        self._opened = engines.open(network)
        self._notes: list[str] = []
        self.description = told(engines.device, self._opened.attempts)
        """Where this network runs and why, in words."""

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """What was tried; the last one works."""
        return self._opened.attempts

    @property
    def engine(self) -> Engine:
        """Where the next slices will be computed."""
        return self._opened.engine

    @property
    def notes(self) -> tuple[str, ...]:
        """Everything that happened since it was opened and that a reader of the results must know."""
        return tuple(self._notes)

    def run(self, *inputs: Floats) -> dict[str, Floats]:
        """Compute every slice of the inputs, given in the order of the network's ports."""
        feed = {
            name: np.ascontiguousarray(values, dtype=np.float32)
            for name, values in zip(self._network.ports.inputs, inputs, strict=True)
        }
        try:
            return self._all(feed)
        except Trouble as trouble:
            self._leave_the_card(trouble)
        try:
            return self._all(feed)
        except Trouble as trouble:
            raise self._failed(trouble) from trouble

    def rest(self) -> None:
        """Give working memory back: nothing more is to come for a while."""
        self._engines.rest(self._opened)

    def fold(self) -> bool:
        """Give back everything but what a quick return needs; where there is no such way, it is left as it is."""
        return self._engines.fold(self._opened)

    def _all(self, feed: Mapping[str, Floats]) -> dict[str, Floats]:
        parts = [self._engines.run(self._opened, part) for part in self._parts(feed)]
        return {name: np.concatenate([part[name] for part in parts]) for name in self._network.ports.outputs}

    def _parts(self, feed: Mapping[str, Floats]) -> Iterator[dict[str, Floats]]:
        count, size = len(feed[self._network.ports.inputs[0]]), self._network.largest_batch
        for first in range(0, count, size):
            yield {name: values[first : first + size] for name, values in feed.items()}

    def _leave_the_card(self, trouble: Trouble) -> None:
        if self.engine is not Engine.CUDA:
            raise self._failed(trouble) from trouble
        blamed = self._blamed(trouble)
        self._opened = self._engines.open(self._network, Device.CPU)
        self._notes.append(
            f"In the middle of a study, {phrase(blamed)}. It was computed again on the CPU, and so are all that follow."
        )
        self.description = told(self._engines.device, (blamed, *self._opened.attempts))

    def _failed(self, trouble: Trouble) -> EngineFailed:
        return EngineFailed(
            f"The model {self._network.name} could not be run: {phrase(self._blamed(trouble))}.",
            advice="Close other programs and try again; “outpost doctor” says what this machine can do.",
        )

    def _blamed(self, trouble: Trouble) -> Attempt:
        chosen: Sequence[Attempt] = self._opened.attempts
        return Attempt(self.engine, chosen[-1].precision, trouble)
