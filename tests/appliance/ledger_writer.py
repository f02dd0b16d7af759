"""A process that writes entries until it is killed, and prints each anchor once its entry is on the disk."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from appliance.ledger import FolderLock, Output, Run, StudyInput, Timing, open_ledger

RUN = Run((("lesions", "1.0.0"), ("brain", "1.0.0")), "openvino-int8", "0.1.0")


def main() -> None:
    folder = Path(sys.argv[1])
    with FolderLock(folder):
        opened = open_ledger(folder, operator="night shift", app_version="0.1.0")
        with opened.ledger as ledger:
            for number in count():
                study = StudyInput(f"study-{number % 7}", f"{number:064x}")
                ledger.found(study)
                ledger.reading(study, RUN)
                outputs = tuple(Output(f"{study.key}/{k}.nii.gz", f"{k:064x}", 1000) for k in range(40))
                print(ledger.done(study, RUN, outputs, (Timing("all", 1.5),)), flush=True)


if __name__ == "__main__":
    main()
