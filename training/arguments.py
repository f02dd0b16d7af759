"""The command line of ``python -m training``: which verbs there are and what each takes."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from training.spine.verbs import add_spine_verbs

HERE = Path(__file__).parent
DATA = Path("../shared/data/brain")
BRAINS = "runs/brain-{fold}/network.safetensors"
Adds: TypeAlias = Callable[[str, str, str], ArgumentParser]
"""Name, function and text → the verb's own parser."""


def parser(description: str) -> ArgumentParser:
    """Return the parser of all verbs."""
    whole = ArgumentParser(
        prog="python -m training", description=description, formatter_class=RawDescriptionHelpFormatter
    )
    verbs = whole.add_subparsers(dest="verb", required=True)

    def verb(name: str, action: str, text: str) -> ArgumentParser:
        added = verbs.add_parser(name, help=text, description=text)
        added.set_defaults(module="training.commands", action=action)
        added.add_argument("--threads", type=int, default=0, help="CPU threads; 0 takes what there is")
        added.add_argument("--data", type=Path, default=DATA, help="folder of the brain data sets")
        added.add_argument("--split", type=Path, default=HERE / "results" / "split.json")
        added.add_argument("--runs", type=Path, default=Path("runs"), help="where runs live; not committed")
        added.add_argument("--results", type=Path, default=HERE / "results", help="where runs are recorded")
        return added

    _data_verbs(verb)
    _training_verbs(verb)
    _measuring_verbs(verb)
    add_spine_verbs(verbs)
    return whole


def _data_verbs(verb: Adds) -> None:
    qc = verb("qc", "qc", "Look at the scans before learning from them.")
    qc.add_argument("--json", type=Path, default=Path("runs/qc.json"))
    qc.add_argument("--sheet", type=Path, default=Path("runs/contact-sheet.png"))

    split = verb("split", "split", "Deal the labelled patients into folds.")
    split.add_argument("--folds", type=int, default=3)
    split.add_argument("--seed", type=int, default=0)

    pack = verb("pack", "pack", "Write scans as one array file.")
    pack.add_argument("--heads", action="store_true", help="whole heads, for the brain network")
    pack.add_argument("--brains", default=BRAINS, help="the folds' brain networks")
    pack.add_argument("--out", type=Path, required=True)

    pseudo = verb("pseudo", "pseudo", "Let a network label the unlabelled scans of a pack.")
    pseudo.add_argument("--pack", type=Path, required=True)
    pseudo.add_argument("--network", type=Path, required=True)
    pseudo.add_argument("--trust", type=float, default=0.3, help="how much such a slice weighs")
    pseudo.add_argument("--out", type=Path, required=True)


def _training_verbs(verb: Adds) -> None:
    fit = verb("fit", "fit_one", "Train one network and record the run.")
    fit.add_argument("name")
    fit.add_argument("--config", type=Path, required=True)
    fit.add_argument("--fold", default="all")
    fit.add_argument("--minutes", type=float, help="stop after this time; the learning rate falls accordingly")
    _training(fit)

    compare = verb("compare", "compare", "Train networks alike but for their kind and measure them.")
    compare.add_argument("--networks", required=True, help="names, with commas between")
    compare.add_argument("--config", type=Path, required=True)
    compare.add_argument("--fold", default="0")
    _several(compare)

    batch = verb("batch", "batch", "Train a list of runs within one time limit.")
    batch.add_argument("jobs", type=Path, help="JSON: a list of name, config and fold")
    _several(batch)

    search = verb("search", "grid_search", "Try every combination of a grid by patient-wise cross-validation.")
    search.add_argument("name")
    search.add_argument("--grid", type=Path, required=True, help="JSON: key of the config → list of values")
    search.add_argument("--config", type=Path, required=True)
    search.add_argument("--pack", type=Path, required=True)
    search.add_argument("--minutes", type=float, required=True, help="for all of it together")


def _measuring_verbs(verb: Adds) -> None:
    crossval = verb("crossval", "crossval", "Measure the folds' networks on the patients that they never saw.")
    crossval.add_argument("name", help="the name of the record")
    crossval.add_argument("--networks", default="runs/teacher-{fold}/network.safetensors")
    crossval.add_argument("--brains", default=BRAINS)

    keep = verb("keep", "keep", "Keep a trained network, with the thresholds that a cross-validation chose.")
    keep.add_argument("network", type=Path, help="the run's checkpoint")
    keep.add_argument("crossval", help="the name of the cross-validation's record")
    keep.add_argument("--out", type=Path, default=Path("training/checkpoints/teacher.safetensors"))

    evaluate = verb("evaluate", "evaluate", "Measure a checkpoint or a model package on a folder of labelled scans.")
    _model(evaluate)
    evaluate.add_argument("--json", type=Path)

    pictures = verb("pictures", "pictures", "Draw scan, truth, prediction and difference.")
    _model(pictures)
    pictures.add_argument("--out", type=Path, default=Path("runs/pictures"))

    anomaly = verb("anomaly", "anomaly", "Compare ways of finding anomalies without labels, and teach the best one.")
    anomaly.add_argument("--pack", type=Path, help="made if it is not there; RUNS/anomaly/pack.npz unless named")
    anomaly.add_argument("--brains", default=BRAINS)
    anomaly.add_argument("--steps", type=int, default=240, help="training steps of each network")
    anomaly.add_argument("--only", nargs="+", help="measure these methods; what is measured is kept")

    explain = verb("explain", "explain", "Draw why a network marked what it marked, or write the graph that does.")
    explain.add_argument("model", type=Path, help="a checkpoint")
    explain.add_argument("scan", type=Path, nargs="?", help="a FLAIR as NIfTI")
    explain.add_argument("--brain", type=Path, default=HERE / "checkpoints" / "brain.safetensors")
    explain.add_argument("--target", default="lesion", help="brain, ventricle or lesion")
    explain.add_argument("--slices", type=int, default=4, help="how many slices to draw")
    explain.add_argument("--out", type=Path, default=Path("runs/explain.png"))
    explain.add_argument("--onnx", type=Path, help="write network and relevance as one plain graph here")

    verb("table", "table", "Write the comparison of all recorded runs as Markdown, CSV and HTML.")


def _training(added: ArgumentParser) -> None:
    added.add_argument("--pack", type=Path, required=True)
    added.add_argument("--devices", type=int, default=1, help="GPUs; torchrun works as well")
    added.add_argument("--encoder-weights", type=Path, help="ImageNet weights in torchvision's key layout")
    added.add_argument("--start-from", type=Path, help="a checkpoint to go on from")


def _several(added: ArgumentParser) -> None:
    _training(added)
    added.add_argument("--minutes", type=float, required=True, help="for all of them together")
    added.add_argument("--brains", default=BRAINS)
    added.add_argument("--no-measure", dest="measure", action="store_false", help="train only")


def _model(added: ArgumentParser) -> None:
    added.add_argument("model", type=Path, help="a checkpoint, or the folder of a model package")
    added.add_argument("folder", type=Path)
    added.add_argument("--brain", type=Path, default=HERE / "checkpoints" / "brain.safetensors")
    added.add_argument("--layout", default="plain", help="how the folder is laid out")
