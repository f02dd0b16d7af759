"""Writes a model package: graphs, golden case, card and ``model.json``, whole and checked or not at all.

The package is written beside its place, read back by the clinic's own ``load_package``, and computes its golden
cases on this machine's engine before it is moved there.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
import torch

from appliance import __version__
from appliance.engine.engines import Engines
from appliance.engine.session import Ports
from appliance.exact_json import written
from appliance.models import load_package, self_test
from appliance.models.agreement import CARD, DESCRIPTION, GOLDEN
from appliance.models.golden import ENDING, RELEVANCE, WHERE
from appliance.models.spec import SCHEMA, FileRecord, Golden, ModelSpec, NetworkSpec, Role, TensorSpec
from appliance.settings import Computing, Limits
from compression.agreeing import apart, opened, tolerance_for
from compression.asking import answer_of
from compression.card import card
from compression.compact import compact
from compression.divisors import with_safe_divisors
from compression.eight_bits import eight_bit, eight_bit_within
from compression.gate import Refusal, judged, refuse
from compression.graphs import halved, reference, stored_in_halves
from compression.recipe import LARGEST_BATCH
from training.explain.export import write_explain_onnx

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from appliance.engine.network import Floats
    from compression.agreeing import Apart
    from compression.recipe import NetworkRecipe, PackageRecipe

SECONDS = 20.0
"""What a golden case may take: more than a hundred times what it takes here."""
BY_IMAGE = 2
"""Axes of an answer about whole images."""
STEPS = 2.0**15
"""Golden answers are rounded to so many steps over their spread: far below every tolerance, and they pack to half."""
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """One network, made."""

    spec: NetworkSpec
    contents: Mapping[Role, bytes]
    golden: Mapping[str, Floats]
    apart: tuple[Apart, ...]

    @property
    def files(self) -> dict[str, bytes]:
        """Return its graphs by the names of their files."""
        return {self.spec.graphs[role]: content for role, content in self.contents.items()}


def build(recipe: PackageRecipe, parent: Path, version: str, *, guarded: bool = False) -> Path:
    """Make a package below ``parent``, in the place of an earlier one of the same name.

    ``guarded`` takes layers back to FP32 where eight bits cost too much; it asks the network hundreds of times.
    """
    made = {name: make_network(name, network, guarded=guarded) for name, network in recipe.networks.items()}
    refuse([_disagreement(name, one) for name, network in made.items() for one in network.apart if not one.agrees])
    if recipe.judge:
        refuse(judged(recipe.judge({name: one.contents for name, one in made.items()})))
    files = {name: content for network in made.values() for name, content in network.files.items()}
    files[GOLDEN] = zipped({name: array for network in made.values() for name, array in network.golden.items()})
    files[CARD] = card(recipe, version, {name: network.spec for name, network in made.items()}).encode()
    spec = _spec(recipe, version, made, files)
    files[DESCRIPTION] = written(spec).encode()
    return _placed(files, parent, spec.name)


def make_network(name: str, recipe: NetworkRecipe, *, guarded: bool = False) -> Made:
    """Export, quantise and halve one network, and compute its golden case."""
    whole = reference(recipe)
    graphs = {
        Role.CPU_INT8: _quantised(whole, recipe, guarded=guarded),
        Role.GPU_FP16: halved(whole, recipe.kept_in_half),
        Role.CPU_FP32: stored_in_halves(whole),
    }
    contents = {role: compact(graph).SerializeToString() for role, graph in graphs.items()}
    answers = _answers(recipe)
    golden = {f"{name}.{recipe.input_name}": recipe.golden} | {f"{name}.{key}": value for key, value in answers.items()}
    allowed = {role: tolerance_for(role, answers[recipe.outputs[0].name]) for role in contents}
    inputs = {recipe.input_name: recipe.golden}
    off = [one for role, content in contents.items() for one in apart(role, content, inputs, answers, allowed[role])]
    if recipe.explained is not None:
        contents[Role.EXPLAIN], extra = _explained(name, recipe)
        golden |= extra
        relevance = extra[f"{name}.{Role.EXPLAIN}.{RELEVANCE}"]
        allowed[Role.EXPLAIN] = tolerance_for(Role.EXPLAIN, relevance)
        asked = {recipe.input_name: recipe.golden[:1], WHERE: extra[f"{name}.{Role.EXPLAIN}.{WHERE}"]}
        off += apart(Role.EXPLAIN, contents[Role.EXPLAIN], asked, {RELEVANCE: relevance}, allowed[Role.EXPLAIN])
    names = {role: f"{name}.{role}.onnx" for role in contents}
    spec = NetworkSpec(
        recipe.preparation,
        TensorSpec(recipe.input_name, recipe.shape),
        recipe.outputs,
        LARGEST_BATCH,
        names,
        Golden(allowed, SECONDS),
    )
    return Made(spec, contents, golden, tuple(off))


def _quantised(whole: onnx.ModelProto, recipe: NetworkRecipe, *, guarded: bool) -> onnx.ModelProto:
    """Quantise; guarded, and where a score says what counts, no layer may cost too much of it."""
    score, given = recipe.score, (whole, recipe.input_name, recipe.calibration)
    if score is None or not guarded:
        return eight_bit(*given, recipe.in_eight)
    return eight_bit_within(
        *given, lambda graph: score(answer_of(graph.SerializeToString())), recipe.largest_drop, recipe.in_eight
    )


def zipped(arrays: Mapping[str, Floats]) -> bytes:
    """Write arrays as ``npz``, the same bytes for the same arrays."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.save(member, np.ascontiguousarray(array, dtype="<f4"))
            archive.writestr(zipfile.ZipInfo(name + ENDING, ZIP_DATE), member.getvalue(), zipfile.ZIP_DEFLATED, 9)
    return file.getvalue()


def _answers(recipe: NetworkRecipe) -> dict[str, Floats]:
    """Ask PyTorch: the graphs have to agree with it, not with themselves."""
    with torch.inference_mode():
        said = recipe.network.eval()(torch.from_numpy(recipe.golden))
    parts = said if isinstance(said, tuple) else (said,)
    return {output.name: _rounded(part.numpy()) for output, part in zip(recipe.outputs, parts, strict=True)}


def _explained(name: str, recipe: NetworkRecipe) -> tuple[bytes, dict[str, Floats]]:
    assert recipe.explained is not None
    network, target = recipe.explained
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "explain.onnx"
        write_explain_onnx(network, recipe.golden.shape[1:], target, path)
        content = compact(with_safe_divisors(stored_in_halves(onnx.load(path)))).SerializeToString()
    image, output = recipe.golden[:1], recipe.outputs[0].name
    where = _asked_about(network, image, target, whole=len(recipe.outputs[0].shape) == BY_IMAGE)
    session = opened("ONNX Runtime", content, Ports((recipe.input_name, WHERE), (output, RELEVANCE)))
    relevance = session.run({recipe.input_name: image, WHERE: where})[RELEVANCE]
    place = f"{name}.{Role.EXPLAIN}"
    return content, {f"{place}.{WHERE}": where, f"{place}.{RELEVANCE}": _rounded(relevance)}


def _asked_about(network: nn.Module, image: Floats, target: int, *, whole: bool) -> Floats:
    """Mark what the golden case explains: what is told as the target, or one place where the whole image is graded."""
    if whole:
        where = np.zeros((1, 1, *image.shape[2:]), dtype=np.float32)
        where[..., 0, 0] = 1
        return where
    with torch.inference_mode():
        return (network(torch.from_numpy(image))[:, target : target + 1] > 0).float().numpy()


def _rounded(values: Floats) -> Floats:
    step = 2.0 ** np.ceil(np.log2(max(float(np.ptp(values)), 1e-3))) / STEPS
    return (np.rint(values / step) * step).astype(np.float32)


def _spec(recipe: PackageRecipe, version: str, made: Mapping[str, Made], files: Mapping[str, bytes]) -> ModelSpec:
    return ModelSpec(
        schema=SCHEMA,
        task=recipe.task,
        version=version,
        minimum_app_version=__version__,
        made_on=datetime.now(UTC).date().isoformat(),
        networks={name: network.spec for name, network in made.items()},
        thresholds=recipe.thresholds,
        calibration=recipe.calibration,
        trained_on=recipe.trained_on,
        measured=recipe.measured,
        files={name: FileRecord(hashlib.sha256(content).hexdigest(), len(content)) for name, content in files.items()},
    )


def _placed(files: Mapping[str, bytes], parent: Path, name: str) -> Path:
    """Write beside the place, check, and only then move."""
    parent.mkdir(parents=True, exist_ok=True)
    place = parent / name
    with tempfile.TemporaryDirectory(prefix=".making-", dir=parent) as making:
        folder = Path(making) / name
        folder.mkdir()
        for file, content in files.items():
            (folder / file).write_bytes(content)
        _check(folder)
        if place.exists():
            shutil.move(place, Path(making) / "before")
        folder.replace(place)
    return place


def _check(folder: Path) -> None:
    package = load_package(folder, Limits())
    with Engines(Computing()) as engines:
        results = list(self_test(package, engines))
    refuse([Refusal(one.network, "its golden case failed", one.sentence) for one in results if not one.passed])


def _disagreement(network: str, one: Apart) -> Refusal:
    return Refusal(
        network,
        f"{one.runtime} computes {one.role} differently from PyTorch",
        f"off by {one.largest:.3g} at most and {one.mean:.3g} on average, where {one.allowed.largest:.3g} and "
        f"{one.allowed.mean:.3g} are allowed",
    )
