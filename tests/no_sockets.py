"""Runs Python in a process that the kernel kills the moment anything in it opens a network socket.

Replacing ``socket.socket`` sees Python alone; ONNX Runtime and whatever else is native go past it. A seccomp
filter sees them all, needs no privileges, and holds for every thread. Sockets within the machine (AF_UNIX)
are let through: the C library uses them to look up users.
"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

KILLED_FOR_A_SOCKET = -signal.SIGSYS if sys.platform == "linux" else None

FORBID = """
import ctypes, struct
ALLOW, KILL = 0x7FFF0000, 0x80000000
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
SOCKET = {"x86_64": 41, "aarch64": 198}[MACHINE]
steps = [
    (LOAD, 0, 0, 0),          # which system call
    (EQUAL, 0, 3, SOCKET),    # not socket(): allow
    (LOAD, 0, 0, 16),         # its first argument, the family
    (EQUAL, 1, 0, 1),         # AF_UNIX: allow
    (RETURN, 0, 0, KILL),
    (RETURN, 0, 0, ALLOW),
]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]
program = Program(len(steps), ctypes.addressof(code))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0, ctypes.get_errno()
"""


def run_without_sockets(
    code: str, *arguments: str, home: Path, seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run code that imports from this repository, with a home folder of its own; see what it left there."""
    repository = str(Path(__file__).resolve().parent.parent)
    env = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    begin = FORBID.replace("MACHINE", repr(platform.machine()))
    return subprocess.run(
        [sys.executable, "-c", f"{begin}\n{code}", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
        env=env | {"HOME": str(home), "PYTHONPATH": repository},
    )
