"""The command line of ``python -m compression``: which verbs there are and what each takes."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

from appliance.models.spec import Task

CHECKPOINTS = Path("training/checkpoints")
FACTORY = Path("appliance/factory")
VERSION = "1.0.0"
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
        added.add_argument("--checkpoints", type=Path, default=CHECKPOINTS)
        added.add_argument("--threads", type=int, default=1, help="CPU threads for PyTorch")
        return added

    distil = verb("distil", "Teach one student, or its control.")
    distil.add_argument("name")
    distil.add_argument("--fold", required=True, help="0, 1, … or all")
    distil.add_argument("--teachers", default=TEACHERS, help="the folds' teachers")
    distil.add_argument("--split", type=Path, default=Path("training/results/split.json"))
    distil.add_argument("--minutes", type=float)
    distil.add_argument("--alone", action="store_true", help="without a teacher: the control")

    package = verb("package", "Write model packages from checkpoints.")
    package.add_argument("tasks", nargs="*", default=list(Task), choices=[*Task, []], help="all of them unless named")
    package.add_argument("--out", type=Path, default=FACTORY)
    package.add_argument("--version", default=VERSION)
    package.add_argument("--lesions", type=Path, help="the lesion network; the teacher unless given")
    return whole
