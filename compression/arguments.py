"""The command line of ``python -m compression``: which verbs there are and what each takes."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.models.spec import Task

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKPOINTS = Path("training/checkpoints")
RESULTS = Path("compression/results")
FACTORY = Path("appliance/factory")
VERSION = "1.0.0"
SPLIT = Path("training/results/split.json")
BUDGET = 240.0
RATIO = 0.35
ROUNDS = 4
SEGMENTERS = Path("runs/spine/spine-sagittal")
TEACHERS = "runs/teacher-long-{fold}/network.safetensors"


def parser(description: str) -> ArgumentParser:
    """Return the parser of all verbs."""
    whole = ArgumentParser(
        prog="python -m compression", description=description, formatter_class=RawDescriptionHelpFormatter
    )
    verbs = whole.add_subparsers(dest="verb", required=True)

    def verb(name: str, text: str) -> ArgumentParser:
        added = verbs.add_parser(name, help=text, description=text)
        added.set_defaults(action=name)
        added.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of all data sets")
        added.add_argument("--runs", type=Path, default=Path("runs"), help="where packs and runs live")
        added.add_argument("--results", type=Path, default=RESULTS, help="where stages are recorded")
        added.add_argument("--checkpoints", type=Path, default=CHECKPOINTS)
        added.add_argument("--threads", type=int, default=1, help="CPU threads for PyTorch")
        return added

    _add_teaching(verb)
    _add_shipping(verb)
    return whole


def _add_teaching(verb: Callable[[str, str], ArgumentParser]) -> None:
    distil = verb("distil", "Teach one student, or its control.")
    distil.add_argument("name")
    distil.add_argument("--fold", required=True, help="0, 1, … or all")
    distil.add_argument("--teachers", default=TEACHERS, help="the folds' teachers")
    distil.add_argument("--split", type=Path, default=SPLIT)
    distil.add_argument("--minutes", type=float)
    distil.add_argument("--alone", action="store_true", help="without a teacher: the control")

    prune = verb("prune", "Take channels out of a student, and teach it on.")
    prune.add_argument("name")
    prune.add_argument("--student", type=Path, required=True)
    prune.add_argument("--alone", action="store_true", help="without a teacher: the control")
    prune.add_argument("--ratio", type=float, required=True, help="share of the channels that go")
    prune.add_argument("--fold", required=True, help="0, 1, … or all")
    prune.add_argument("--teachers", default=TEACHERS, help="the folds' teachers")
    prune.add_argument("--split", type=Path, default=SPLIT)
    prune.add_argument("--minutes", type=float)

    invented = verb("phantoms", "Write a pack with invented heads behind its real ones, to train a full model on.")
    invented.add_argument("--out", type=Path, required=True)

    sagittal = verb("sagittal", "Prune the sagittal segmenter, teach it on, and measure it out of fold.")
    sagittal.add_argument("--teachers", type=Path, default=SEGMENTERS, help="folder of the folds' segmenters")
    sagittal.add_argument("--ratio", type=float, help="share of the channels that go")
    sagittal.add_argument("--epochs", type=int)
    sagittal.add_argument("--minutes", type=float, help="for all its networks together")
    sagittal.add_argument("--alone", action="store_true", help="without a teacher: the control")


def _add_shipping(verb: Callable[[str, str], ArgumentParser]) -> None:
    measure = verb("measure", "Measure the folds' networks on the patients that they never saw.")
    measure.add_argument("name", help="the name of the record")
    measure.add_argument("--networks", required=True, help="with {fold} in it")
    measure.add_argument("--int8", action="store_true", help="quantised")
    measure.add_argument("--mirrored", action="store_true", help="with each slice's mirror image")
    measure.add_argument("--choose", action="store_true", help="choose thresholds on who the one fold learnt from")
    measure.add_argument("--folds", type=int, nargs="*", default=[], help="only these folds")
    measure.add_argument("--split", type=Path, default=SPLIT)

    package = verb("package", "Write model packages from checkpoints.")
    package.add_argument("tasks", nargs="*", default=list(Task), choices=[*Task, []], help="all of them unless named")
    package.add_argument("--out", type=Path, default=FACTORY)
    package.add_argument("--version", default=VERSION)
    package.add_argument("--lesions", type=Path, help="the lesion network that ships")
    package.add_argument("--segmenter", type=Path, help="the sagittal student; its teacher ships until there is one")
    package.add_argument("--guarded", action="store_true", help="take layers back to FP32 where INT8 loses too much")
    package.add_argument("--teacher", default="teacher", help="the record of what the teacher could do")
    package.add_argument("--student", default="student", help="the record of what the student can do")

    models = verb("models", "Go the whole way from data to factory packages, or on from where it stopped.")
    models.add_argument("--budget", type=float, default=BUDGET, help="minutes for all the trainings together")
    models.add_argument("--ratio", type=float, default=RATIO, help="share of the channels that go in a round")
    models.add_argument("--rounds", type=int, default=ROUNDS, help="how often a student is pruned and taught")
    models.add_argument("--out", type=Path, default=FACTORY)

    verb("frontier", "Measure what every recorded stage costs, and draw it.")
    shipped = verb("shipped", "Measure what the factory packages cost, beside the full networks that they came from.")
    shipped.add_argument("--out", type=Path, default=FACTORY, help="where the packages are")
