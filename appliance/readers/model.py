"""A model package, open on the engines of this machine: slices in, probabilities out, a few at a time.

Networks are found by what they are prepared as, never by name, and opened when they are first needed, so that a
package whose explainer nobody asks for costs no memory for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from appliance.engine.runner import Runner
from appliance.errors import BadModel
from appliance.findings.study import EngineUsed, ModelUsed
from appliance.models import explainer_of, network_of
from appliance.models.agreement import input_parameters
from appliance.models.probabilities import probabilities

if TYPE_CHECKING:
    from appliance.engine.engines import Engines
    from appliance.engine.network import Floats
    from appliance.models.package import ModelPackage
    from appliance.models.preparations import InputParameters
    from appliance.models.spec import ModelSpec, NetworkSpec, OutputSpec, PreparedAs

EXPLAINS = "/explain"
Parameters = TypeVar("Parameters", bound="InputParameters")


class Model:
    """One package and the engines that run it."""

    def __init__(self, package: ModelPackage, engines: Engines) -> None:
        self._package = package
        self._engines = engines
        self._runners: dict[str, Runner] = {}
        self._asked: dict[str, EngineUsed] = {}

    @property
    def spec(self) -> ModelSpec:
        """What the package says of itself."""
        return self._package.spec

    @property
    def used(self) -> ModelUsed:
        """What is said of it in the findings: with the networks that were asked about this study."""
        spec = self._package.spec
        engines = tuple(self._asked[name] for name in sorted(self._asked))
        return ModelUsed(spec.task, spec.version, self._package.digest, spec.made_on, engines)

    def has(self, prepared_as: PreparedAs) -> bool:
        """Whether it holds a network that takes this."""
        return any(network.preparation.kind is prepared_as for network in self.spec.networks.values())

    def explains(self, prepared_as: PreparedAs) -> bool:
        """Whether it can say what such a network looked at."""
        return explainer_of(self._package, self._named(prepared_as)[0]) is not None

    def parameters(self, prepared_as: PreparedAs, kind: type[Parameters]) -> Parameters:
        """Return how the input of such a network is prepared."""
        given = input_parameters(self._named(prepared_as)[1])
        assert isinstance(given, kind)  # each way of preparing has one type
        return given

    def output(self, prepared_as: PreparedAs) -> OutputSpec:
        """Return what such a network says."""
        return self._named(prepared_as)[1].outputs[0]

    def batch(self, prepared_as: PreparedAs) -> int:
        """Return how many slices are worth giving at once."""
        return self._named(prepared_as)[1].largest_batch

    def threshold(self, name: str, otherwise: float | None = None) -> float:
        """Return a limit of the package by its name."""
        value = self.spec.thresholds.get(name, otherwise)
        if value is None:
            raise BadModel(
                f"The model package {self.spec.name} names no threshold “{name}”.",
                advice="Install a package that was made for this version of the program.",
            )
        return value

    def answer(self, prepared_as: PreparedAs, images: Floats) -> Floats:
        """Return probabilities, or what the network gives where it is not asked for probabilities."""
        name, network = self._named(prepared_as)
        if name not in self._runners:
            self._runners[name] = Runner(self._engines, network_of(self._package, name))
        output = network.outputs[0]
        return probabilities(self._run(name, images)[output.name], output, self.spec.calibration)

    def relevance(self, prepared_as: PreparedAs, image: Floats, where: Floats) -> Floats:
        """Return how much each value of one input counted for what was said at ``where``."""
        name, _ = self._named(prepared_as)
        key = f"{name}{EXPLAINS}"
        if key not in self._runners:
            explainer = explainer_of(self._package, name)
            assert explainer is not None  # the caller has asked
            self._runners[key] = Runner(self._engines, explainer)
        return self._run(key, image, where)["relevance"]

    def begin(self) -> None:
        """Forget what was asked about the study before: findings must not depend on who else was read."""
        self._asked.clear()

    def rest(self) -> None:
        """Give working memory back: nothing more is to come of this study."""
        for runner in self._runners.values():
            runner.rest()

    def fold_explainers(self) -> None:
        """Give the memory of what explains back: it is asked once a study, and is there again when it is."""
        for key in [key for key in self._runners if key.endswith(EXPLAINS)]:
            if not self._runners[key].fold():
                del self._runners[key]

    def close(self) -> None:
        """Give the networks' memory back too: they are opened again when they are asked again."""
        self._runners.clear()
        self._asked.clear()

    def _run(self, key: str, *inputs: Floats) -> dict[str, Floats]:
        runner = self._runners[key]
        try:
            return runner.run(*inputs)
        finally:
            self._asked[key] = _engine_of(key, runner)

    def _named(self, prepared_as: PreparedAs) -> tuple[str, NetworkSpec]:
        for name, network in self.spec.networks.items():
            if network.preparation.kind is prepared_as:
                return name, network
        raise BadModel(
            f"The model package {self.spec.name} holds no network for “{prepared_as}”.",
            advice="Install a package that was made for this version of the program.",
        )


def _engine_of(name: str, runner: Runner) -> EngineUsed:
    chosen = runner.attempts[-1]
    return EngineUsed(name, chosen.engine, chosen.precision, runner.description, runner.notes)
