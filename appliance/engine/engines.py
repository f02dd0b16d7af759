"""The engines of this machine: opens networks on the best one that proves itself, and remembers those that do not.

An engine proves itself by computing the network's golden case within its tolerances, staying on its
device while it does so. What ends an engine for good (no driver, a library missing, the card lost) is
found once and holds for every network after it, also for those already open on it.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self, TypeVar

from appliance.engine import onnx_runtime, openvino_cpu
from appliance.engine.choice import Attempt, Device, candidates, is_worth_trying
from appliance.engine.network import check_finite, judge
from appliance.engine.sentences import advice, duration, phrase
from appliance.engine.session import Engine, Resources
from appliance.engine.trouble import Cause, Trouble
from appliance.engine.worker import Worker
from appliance.errors import EngineFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from appliance.engine.network import Floats, Graph, Network
    from appliance.engine.session import Opener, Session
    from appliance.settings import Computing

T = TypeVar("T")

OPENERS: dict[Engine, Opener] = {
    Engine.CUDA: onnx_runtime.open_on_cuda,
    Engine.OPENVINO: openvino_cpu.open_session,
    Engine.ONNX_RUNTIME: onnx_runtime.open_on_cpu,
}
TIMED_RUNS = 2
"""The quicker one counts: something else may have wanted the processor during the other."""


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A network on the engine that proved itself."""

    session: Session
    attempts: tuple[Attempt, ...]
    """Everything that was tried for it; the last one works."""

    @property
    def engine(self) -> Engine:
        """Where it runs."""
        return self.attempts[-1].engine


@dataclass(eq=False)
class Engines:
    """Opens and runs networks on one thread; shared by all the networks of a run."""

    computing: Computing
    device: Device = Device.AUTO
    _ended: dict[Engine, Trouble] = field(default_factory=dict, init=False)
    _worker: Worker = field(default_factory=Worker, init=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, init=False)

    def open(self, network: Network, device: Device | None = None) -> Opened:
        """Open a network on the first engine that proves itself, or raise ``EngineFailed``."""
        attempts: list[Attempt] = []
        for engine, graph in candidates(device or self.device, network):
            if is_worth_trying(engine, attempts):
                attempt, session = self.attempt(engine, graph, network)
                attempts.append(attempt)
                if session is not None:
                    return Opened(session, tuple(attempts))
        raise _nothing_works(network, attempts)

    def attempt(self, engine: Engine, graph: Graph, network: Network) -> tuple[Attempt, Session | None]:
        """Try one engine with one graph on the golden case."""
        if engine in self._ended:
            return Attempt(engine, graph.precision, self._ended[engine]), None
        resources = Resources(self.computing.cpu_threads, self.computing.gpu_memory_bytes)
        try:
            with self._turn:
                return self._on_worker(lambda: _proved(engine, graph, network, resources), self.computing.start_s)
        except Trouble as trouble:
            self._remember(engine, trouble)
            return Attempt(engine, graph.precision, trouble), None

    def run(self, opened: Opened, inputs: Mapping[str, Floats]) -> dict[str, Floats]:
        """Run a network once; ``Trouble`` if its engine fails, or has failed another network for good."""
        patience = self.computing.gpu_answer_s if opened.engine is Engine.CUDA else None
        try:
            with self._turn:
                self._refuse_if_ended(opened.engine)
                return self._on_worker(lambda: _computed(opened.session, inputs), patience)
        except Trouble as trouble:
            self._remember(opened.engine, trouble)
            if trouble.cause.leaves_wreckage:
                opened.session.abandon()
            raise

    def rest(self, opened: Opened) -> None:
        """Let a network give back its working memory until it runs again."""
        with self._turn:
            if opened.engine not in self._ended:
                self._on_worker(opened.session.rest, None)

    def fold(self, opened: Opened) -> bool:
        """Let a network give back everything but what a quick return needs; say whether it could."""
        with self._turn:
            return opened.engine not in self._ended and self._on_worker(opened.session.fold, None)

    def close(self) -> None:
        """End the thread."""
        self._worker.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _on_worker(self, task: Callable[[], T], seconds: float | None) -> T:
        try:
            return self._worker.do(task, seconds)
        except Trouble as trouble:
            if trouble.cause is Cause.SILENT:
                self._worker = Worker()
            raise

    def _refuse_if_ended(self, engine: Engine) -> None:
        if trouble := self._ended.get(engine):
            raise Trouble(trouble.cause, trouble.detail)

    def _remember(self, engine: Engine, trouble: Trouble) -> None:
        if trouble.cause.ends_the_engine:
            self._ended.setdefault(engine, trouble)


def _proved(engine: Engine, graph: Graph, network: Network, resources: Resources) -> tuple[Attempt, Session]:
    """Open a graph and let it prove itself; the first run warms up and is judged, later ones are timed."""
    trial = network.trial
    inputs = dict(zip(network.ports.inputs, trial.inputs, strict=True))
    session = OPENERS[engine](graph.content, network.ports, resources)
    try:
        off_by = judge(trial, graph.tolerance, session.run(inputs))
        seconds = min(_timed(session, inputs) for _ in range(TIMED_RUNS))
    except Trouble as trouble:
        if trouble.cause.leaves_wreckage:
            session.abandon()
        raise
    if engine is Engine.CUDA and seconds > trial.seconds:
        raise Trouble(Cause.TOO_SLOW, f"{duration(seconds)}, where {duration(trial.seconds)} are allowed")
    return Attempt(engine, graph.precision, None, seconds / len(trial.inputs[0]), seconds, off_by), session


def _computed(session: Session, inputs: Mapping[str, Floats]) -> dict[str, Floats]:
    outputs = session.run(inputs)
    check_finite(outputs)
    return outputs


def _timed(session: Session, inputs: Mapping[str, Floats]) -> float:
    start = time.perf_counter()
    session.run(inputs)
    return time.perf_counter() - start


def _nothing_works(network: Network, attempts: Sequence[Attempt]) -> EngineFailed:
    why = " and ".join(dict.fromkeys(phrase(attempt) for attempt in attempts)) or "there is nothing to try"
    advised = " ".join(dict.fromkeys(filter(None, map(advice, attempts))))
    return EngineFailed(
        f"The model {network.name} could not be run: {why}.",
        advice=advised or "Run “outpost doctor” to see what this machine can do.",
    )
