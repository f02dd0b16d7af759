"""The first thing that the executable runs, before any command.

In this order: a process that was started to help another (multiprocessing) does that and nothing else; a newer
program that an update left on this machine is started instead; a program folder or stick that is not whole says so
and ends; the GPU pack is made known, if it lies here and is whole; then the command.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

GPU_PACK = "gpu"
ADVICE = (
    "Do not use this copy. Pull the stick out only after the system says that it may be; "
    "write it again, or copy the program again from where it came from."
)
LIBRARIES = "LD_LIBRARY_PATH"


def main() -> int:
    """Start the program that is to be started."""
    from appliance import __version__  # noqa: PLC0415 - a helping process loads what it is told to
    from appliance.update.handover import program_to_start  # noqa: PLC0415 - the same

    give_back_library_path()
    folder = Path(sys.executable).resolve().parent
    if newer := program_to_start(__version__):
        return hand_over(newer)
    if fault := fault_of(folder):
        print(f"outpost: {fault}. {ADVICE}", file=sys.stderr)
        return 1
    if not ("--version" in sys.argv or use_gpu_pack(folder / GPU_PACK)):
        print("outpost: The GPU pack is not whole, so it is not used. Copy it again.", file=sys.stderr)

    from appliance.__main__ import main as command  # noqa: PLC0415 - not before it is known to be whole

    return command()


def fault_of(program: Path) -> str:
    """Say what is missing or cut short in the program folder, or that its stick was never finished."""
    from appliance.seal import MARK, first_fault, is_sealed  # noqa: PLC0415 - as above

    if (program.parent / MARK).exists():
        return f"The stick {program.parent.name or program.parent} was not written to its end"
    return first_fault(program) if is_sealed(program) else ""


def use_gpu_pack(pack: Path) -> bool:
    """Let ONNX Runtime be found in the pack; ``False`` if the pack is there but damaged."""
    from appliance.seal import first_fault  # noqa: PLC0415 - as above

    if not pack.is_dir():
        return True
    if first_fault(pack):
        return False
    sys.path.append(str(pack))
    return True


def hand_over(program: Path) -> int:
    """Become another program, with the same arguments."""
    words = [str(program), *sys.argv[1:]]
    if sys.platform != "win32":
        os.execv(program, words)  # noqa: S606 - it was verified
    return subprocess.run(words, check=False).returncode  # noqa: S603 - the same


def give_back_library_path() -> None:
    """Let the system's own programs (a viewer, a printer) load the system's libraries, not those of this folder."""
    before = os.environ.pop(f"{LIBRARIES}_ORIG", None)
    os.environ.pop(LIBRARIES, None)
    if before is not None:
        os.environ[LIBRARIES] = before


if __name__ == "__main__":
    multiprocessing.freeze_support()
    sys.exit(main())
