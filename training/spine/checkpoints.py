"""The spine's networks on the disk: by role, whether a checkpoint of ours or a graph of a model package.

    locator    disc and canal in an axial slice       segmenter  vertebra, disc, canal of a sagittal slice
    grader     the crop around the canal              discs      the patch around one disc

A source is one checkpoint (its siblings in the folder are found too), a folder of checkpoints, or a
model package (``model.json`` names its graphs).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

from appliance.errors import Misuse, NothingToRead, Unreadable
from training.datasets.spider import CLASSES, TASKS
from training.datasets.sudirman import GRADES, HEADS
from training.spine.answers import Answer, onnx_answer, torch_answer
from training.spine.discs import HALFWAY, disc_grader
from training.spine.fitting import load_weights
from training.spine.networks import FiveBlocks, Grader, Locator, SpineNet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import nn

GRAPHS = ("cpu-int8", "cpu-fp32", "gpu-fp16")
"""Which graph of a package is asked, the first that is there: what the clinic runs comes first."""
CUT_NAMES = tuple(f"pfirrmann_from_{grade}" for grade in range(2, TASKS["pfirrmann"] + 1))
"""A package's thresholds: the expected grade, counted from 1, from which a grade is told."""
_HEADS = [len(GRADES)] * len(HEADS)
BUILDERS: dict[str, Callable[[], nn.Module]] = {
    "locator": Locator,
    "grader": lambda: Grader(_HEADS),
    "five-blocks": lambda: FiveBlocks(_HEADS),
    "segmenter": lambda: SpineNet(len(CLASSES)),
    "discs": disc_grader,
}


def load_network(path: Path) -> tuple[str, nn.Module]:
    """Build the network that a checkpoint holds; its role comes first."""
    try:
        with safe_open(path, framework="pt") as stored:
            role = (stored.metadata() or {}).get("network", "")
    except (OSError, SafetensorError) as error:
        raise Unreadable(f"{path.name} is not a checkpoint ({error}).", advice="Give a .safetensors file.") from error
    if role not in BUILDERS:
        raise Unreadable(
            f"{path.name} does not say which spine network it is.", advice="Give one that spine-fit wrote."
        )
    net = BUILDERS[role]()
    load_weights(net, path)
    return role, net


def find_answers(source: Path, graph: str | None = None) -> dict[str, Answer]:
    """Role → network, for everything that the source holds."""
    if (source / "model.json").is_file():
        return _package(source, graph)
    files = sorted(source.glob("*.safetensors")) if source.is_dir() else [source, *_siblings(source)]
    answers: dict[str, Answer] = {}
    for path in files:
        try:
            role, net = load_network(path)
        except Unreadable:
            if path == source:
                raise
            continue
        answers.setdefault("grader" if role == "five-blocks" else role, torch_answer(net))
    if not answers:
        raise NothingToRead(f"{source.name} holds no spine network.", advice="Give the folder that spine-fit wrote.")
    return answers


def pfirrmann_cuts(source: Path) -> tuple[float, ...]:
    """Give the cut points that came with the disc network, counted from grade 0; halfway where none did."""
    if (source / "model.json").is_file():
        thresholds = json.loads((source / "model.json").read_text(encoding="utf-8")).get("thresholds", {})
        named = [thresholds.get(name) for name in CUT_NAMES]
        return HALFWAY if None in named else tuple(float(value) - 1 for value in named)
    for path in sorted(source.glob("*.safetensors")) if source.is_dir() else [source, *_siblings(source)]:
        with safe_open(path, framework="pt") as stored:
            facts = stored.metadata() or {}
        if facts.get("network") == "discs" and "pfirrmann_cuts" in facts:
            return tuple(json.loads(facts["pfirrmann_cuts"]))
    return HALFWAY


def needed(answers: dict[str, Answer], role: str) -> Answer:
    """Give the network of a role, or say that it is missing."""
    if role not in answers:
        raise Misuse(f"The {role} network is missing.", advice="Give a folder or a package that holds it.")
    return answers[role]


def _siblings(path: Path) -> list[Path]:
    return sorted(other for other in path.parent.glob("*.safetensors") if other != path)


def _package(folder: Path, graph: str | None) -> dict[str, Answer]:
    try:
        networks = json.loads((folder / "model.json").read_text(encoding="utf-8"))["networks"]
        graphs = {role: network["graphs"] for role, network in networks.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unreadable(
            f"model.json of {folder.name} cannot be read ({error}).", advice="Make the package again."
        ) from error
    answers = {}
    for role, files in graphs.items():
        chosen = next((files[name] for name in ([graph] if graph else GRAPHS) if name in files), None)
        if chosen is None:
            raise Misuse(f"The network {role} has no graph {graph}.", advice=f"Use one of: {', '.join(files)}.")
        answers[role] = onnx_answer(folder / chosen)
    return answers
