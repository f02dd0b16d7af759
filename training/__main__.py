"""``python -m training VERB``: the publisher's side, from scans to measured networks.

qc        look at the scans before using them           split     deal the labelled patients into folds
pack      scans → one array file                        pseudo    let a network label unlabelled scans
fit       train one network                             compare   train several networks alike
batch     train a list within a time limit              search    grid search
crossval  measure folds on who they never saw           evaluate  measure a model on a folder
pictures  scan, truth, prediction, difference           table     the comparison of all recorded runs

spine-fit      train a spine network and record it      spine-contrast  T1 against T2 where both are here
spine-notes    the written rule against the coding      spine-measure   draw the canal's measuring lines
spine-png      DICOM → PNG                              evaluate        also takes folders of spine slices
anomaly   what looks unlike lesion-free slices          explain   why a network marked what it marked
"""

from __future__ import annotations

import logging
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from appliance.errors import ExitCode, OutpostError
from training.arguments import parser

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one verb and return the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    args = parser(__doc__).parse_args(arguments)
    if args.threads:
        os.environ["OMP_NUM_THREADS"] = str(args.threads)
    import torch  # noqa: PLC0415 - the number of threads must be set first

    commands = import_module(args.module)
    torch.set_num_threads(args.threads or torch.get_num_threads())
    try:
        getattr(commands, args.action)(args)
    except OutpostError as error:
        print(error, file=sys.stderr)
        return int(error.exit_code)
    return int(ExitCode.ALL_READ)


if __name__ == "__main__":
    sys.exit(main())
