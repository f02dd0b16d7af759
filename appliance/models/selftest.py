"""A package's self-test on this machine: every network computes its golden case on the engine chosen for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.engine.sentences import duration, told
from appliance.errors import EngineFailed
from appliance.models.opening import explainer_of, network_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.engine.choice import Attempt
    from appliance.engine.engines import Engines
    from appliance.engine.network import Network
    from appliance.models.package import ModelPackage


@dataclass(frozen=True, slots=True)
class Tested:
    """How one network did."""

    network: str
    passed: bool
    sentence: str
    attempts: tuple[Attempt, ...] = ()


def self_test(package: ModelPackage, engines: Engines) -> Iterator[Tested]:
    """Test each network of a package, and what explains it."""
    for name in package.spec.networks:
        yield _tested(network_of(package, name), engines)
        if explainer := explainer_of(package, name):
            yield _tested(explainer, engines)


def _tested(network: Network, engines: Engines) -> Tested:
    try:
        attempts = engines.open(network).attempts
    except EngineFailed as error:
        return Tested(network.name, passed=False, sentence=str(error))
    taken, allowed = attempts[-1].seconds, network.trial.seconds
    if taken > allowed:
        late = f"The golden case took {duration(taken)}, and {duration(allowed)} are allowed."
        return Tested(network.name, passed=False, sentence=late, attempts=attempts)
    return Tested(network.name, passed=True, sentence=told(engines.device, attempts), attempts=attempts)
