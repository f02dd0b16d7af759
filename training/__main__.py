"""``python -m training VERB``: the publisher's side, from scans to measured networks.

split     deal the labelled patients into folds         qc        look at the scans before using them
pack      scans → one array file                        fit       train one network
crossval  measure fold networks on who they never saw   evaluate  measure a model on a folder
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.errors import ExitCode, OutpostError

if TYPE_CHECKING:
    from collections.abc import Sequence

DATA = Path("../shared/data/brain")


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one verb and return the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    args = _parser().parse_args(arguments)
    if args.threads:
        os.environ["OMP_NUM_THREADS"] = str(args.threads)
    import torch  # noqa: PLC0415 - the number of threads must be set first

    from training import commands  # noqa: PLC0415 - torch takes seconds to load; `--help` need not wait

    torch.set_num_threads(args.threads or torch.get_num_threads())
    try:
        getattr(commands, args.action)(args)
    except OutpostError as error:
        print(error, file=sys.stderr)
        return int(error.exit_code)
    return int(ExitCode.ALL_READ)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    results = Path(__file__).parent / "results"

    def verb(name: str, action: str, text: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=text, description=text)
        added.set_defaults(action=action)
        added.add_argument("--threads", type=int, default=0, help="CPU threads; 0 takes what there is")
        added.add_argument("--split", type=Path, default=results / "split.json")
        added.add_argument("--results", type=Path, default=results)
        added.add_argument("--data", type=Path, default=DATA, help="folder of the brain data sets")
        return added

    def training(added: argparse.ArgumentParser) -> None:
        added.add_argument("--pack", type=Path, required=True)
        added.add_argument("--minutes", type=float)
        added.add_argument("--devices", type=int, default=1)
        added.add_argument("--encoder-weights", type=Path)
        added.add_argument("--start-from", type=Path)

    split = verb("split", "split", "Deal the labelled patients into folds.")
    split.add_argument("--folds", type=int, default=3)
    split.add_argument("--seed", type=int, default=0)

    pack = verb("pack", "pack", "Write scans as one array file.")
    pack.add_argument("--heads", action="store_true", help="whole heads, for the brain network")
    pack.add_argument("--brains", default="runs/brain-{fold}/network.safetensors", help="the folds' brain networks")
    pack.add_argument("--out", type=Path, required=True)

    pseudo = verb("pseudo", "pseudo", "Let a network label the unlabelled scans of a pack.")
    pseudo.add_argument("--pack", type=Path, required=True)
    pseudo.add_argument("--network", type=Path, required=True)
    pseudo.add_argument("--trust", type=float, default=0.3, help="how much such a slice weighs")
    pseudo.add_argument("--out", type=Path, required=True)

    fit = verb("fit", "fit_one", "Train one network and record the run.")
    fit.add_argument("name")
    fit.add_argument("--config", type=Path, required=True)
    fit.add_argument("--fold", default="all")
    training(fit)

    crossval = verb("crossval", "crossval", "Measure the folds' networks on the patients that they never saw.")
    crossval.add_argument("name", help="the name of the record")
    crossval.add_argument("--networks", default="runs/teacher-{fold}/network.safetensors")
    crossval.add_argument("--brains", default="runs/brain-{fold}/network.safetensors")

    evaluate = verb("evaluate", "evaluate", "Measure a checkpoint or a model package on a folder of labelled scans.")
    evaluate.add_argument("model", type=Path)
    evaluate.add_argument("folder", type=Path)
    evaluate.add_argument("--json", type=Path)
    evaluate.add_argument("--brain", type=Path, default=Path(__file__).parent / "checkpoints" / "brain.safetensors")
    evaluate.add_argument("--adapter", default="plain", help="the layout of the folder")
    return parser


if __name__ == "__main__":
    sys.exit(main())
