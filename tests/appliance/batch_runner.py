"""A process that reads a folder with the simulated reader, to be killed, starved of disk and run twice.

    batch_runner.py FOLDER OUT SECONDS-A-STEP BYTES-OF-A-FILE LARGEST-FILE

It prints each event's name as it happens, and the error that ended it, and exits as ``outpost run`` does.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "tests")]

from batches import SimulatedReader, batch, opened  # noqa: E402 - found by the line above

from appliance.errors import OutpostError  # noqa: E402 - the same
from appliance.pipeline import run_batch  # noqa: E402 - the same
from appliance.running import exit_code, stopped_by_hand  # noqa: E402 - the same


def main() -> int:
    folder, output, seconds, size = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[5]), int(sys.argv[5])))
    asked = batch(folder, output)
    last = None
    try:
        with stopped_by_hand(asked.stop):
            for event in run_batch(asked, lambda: opened(SimulatedReader(seconds=seconds, size=size))):
                print(type(event).__name__, flush=True)
                last = event
    except OutpostError as error:
        print(f"outpost: {error}", file=sys.stderr)
        return int(error.exit_code)
    return int(exit_code(last))


if __name__ == "__main__":
    sys.exit(main())
