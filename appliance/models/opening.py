"""From a checked package to something that runs: which graph goes to which engine, and by what it is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.engine.network import Graph, Network, Precision, Trial
from appliance.engine.session import Ports
from appliance.errors import BadModel
from appliance.models.golden import RELEVANCE, WHERE
from appliance.models.spec import Role

if TYPE_CHECKING:
    from appliance.models.package import ModelPackage
    from appliance.models.spec import NetworkSpec

PRECISIONS = {
    Role.CPU_INT8: Precision.INT8,
    Role.GPU_FP16: Precision.FP16,
    Role.CPU_FP32: Precision.FP32,
    Role.EXPLAIN: Precision.FP32,
}
ON_CPU = (Role.CPU_INT8, Role.CPU_FP32)
ON_GPU = (Role.GPU_FP16, Role.CPU_FP32)
"""In the order in which they are tried; what is not in the package is left out."""


def network_of(package: ModelPackage, name: str) -> Network:
    """Return one of a package's networks, ready to be opened."""
    spec = _spec(package, name)
    outputs = tuple(output.name for output in spec.outputs)
    golden = package.golden
    return Network(
        f"{package.spec.name}/{name}",
        Ports((spec.input.name,), outputs),
        _graphs(package, spec, ON_CPU),
        _graphs(package, spec, ON_GPU),
        Trial(
            (golden[f"{name}.{spec.input.name}"],),
            {output: golden[f"{name}.{output}"] for output in outputs},
            spec.golden.seconds,
        ),
        spec.largest_batch,
    )


def explainer_of(package: ModelPackage, name: str) -> Network | None:
    """Return what explains a network's answers, or ``None`` if the package has none; it runs on the processor."""
    spec = _spec(package, name)
    if Role.EXPLAIN not in spec.graphs:
        return None
    image = package.golden[f"{name}.{spec.input.name}"][:1]
    where, relevance = (package.golden[f"{name}.{Role.EXPLAIN}.{tensor}"] for tensor in (WHERE, RELEVANCE))
    return Network(
        f"{package.spec.name}/{name}/{Role.EXPLAIN}",
        Ports((spec.input.name, WHERE), (spec.outputs[0].name, RELEVANCE)),
        _graphs(package, spec, (Role.EXPLAIN,)),
        (),
        Trial((image, where), {RELEVANCE: relevance}, spec.golden.seconds),
        largest_batch=1,
    )


def _graphs(package: ModelPackage, spec: NetworkSpec, roles: tuple[Role, ...]) -> tuple[Graph, ...]:
    return tuple(
        Graph(PRECISIONS[role], package.contents[spec.graphs[role]], spec.golden.tolerances[role])
        for role in roles
        if role in spec.graphs
    )


def _spec(package: ModelPackage, name: str) -> NetworkSpec:
    if name not in package.spec.networks:
        raise BadModel(
            f"The model package {package.spec.name} holds no network called {name}.",
            advice="Install a package that was made for this version of the program.",
        )
    return package.spec.networks[name]
