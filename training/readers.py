"""A reader from trained networks: two checkpoints, or a model package of the clinic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
from scipy.special import expit

from appliance.errors import Misuse
from appliance.preprocess import BrainInput, LesionInput
from training.checkpoint import load_checkpoint
from training.packed import OUTPUTS
from training.predict import answer
from training.reading import Answer, Reader
from training.record import read_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from torch import nn

    from appliance.preprocess import Floats, Prepared


def from_checkpoints(lesions: Path, brain: Path, *, mirrored: bool = True) -> Reader:
    """Return a reader on PyTorch; ``mirrored`` averages each slice's answer with that of its mirror image."""
    brain_network, brain_spec = load_checkpoint(brain)
    network, spec = load_checkpoint(lesions)
    if not brain_spec.heads or spec.heads:
        raise Misuse(f"{lesions.name} and {brain.name} are not a lesion and a brain network.", advice="Swap them.")
    return Reader(
        find_brain=answer_of(brain_network, mirrored=False),
        find_lesions=answer_of(network, mirrored=mirrored),
        brain_input=brain_spec.brain_input,
        lesion_input=spec.lesion_input,
        thresholds=spec.thresholds,
        smallest_lesion_ml=spec.smallest_lesion_ml,
    )


def reader_from(model: Path, brain: Path) -> Reader:
    """Return a reader from a lesion checkpoint (beside a brain one), or from the folder of a model package."""
    return from_package(model) if model.is_dir() else from_checkpoints(model, brain)


def from_package(folder: Path, role: str = "cpu-fp32") -> Reader:
    """Return a reader on ONNX Runtime; ``role`` says which of the package's graphs."""
    spec = read_json(folder / "model.json")
    networks = {entry["preparation"]["kind"]: entry for entry in spec["networks"].values()}
    if set(networks) != {"head", "brain"}:
        raise Misuse(f"{folder.name} is not a package that reads brain lesions.", advice="Give such a package.")
    limits = spec["thresholds"]
    return Reader(
        find_brain=_onnx_answer(folder / _graph(networks["head"], role), networks["head"]["outputs"][0]),
        find_lesions=_onnx_answer(folder / _graph(networks["brain"], role), networks["brain"]["outputs"][0]),
        brain_input=BrainInput(**networks["head"]["preparation"]["parameters"]),
        lesion_input=LesionInput(**networks["brain"]["preparation"]["parameters"]),
        thresholds=tuple(limits[name] for name in OUTPUTS),
        smallest_lesion_ml=limits["smallest_lesion_ml"],
    )


def _graph(network: dict[str, Any], role: str) -> str:
    graphs = network["graphs"]
    return graphs.get(role) or graphs["cpu-int8"]


def _onnx_answer(path: Path, output: dict[str, Any]) -> Answer:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def answered(prepared: Prepared, slices: Iterable[int]) -> Floats:
        wanted = list(slices)
        found = np.stack([session.run([output["name"]], {name: prepared.batch([k])})[0][0] for k in wanted])
        answers = np.zeros((len(prepared.slices), *found.shape[1:]), dtype=np.float32)
        answers[wanted] = expit(found) if output["activation"] == "sigmoid" else found
        return answers

    return answered


def answer_of(network: nn.Module, *, mirrored: bool) -> Answer:
    """Return a network as a function from prepared slices to probabilities."""

    def answered(prepared: Prepared, slices: Iterable[int]) -> Floats:
        return answer(network, prepared, slices, mirrored=mirrored)

    return answered
