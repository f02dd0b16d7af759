"""Memory must not grow from study to study because a C library keeps what was freed."""

import ctypes
import subprocess
import sys

import pytest

from appliance import heap

SIZES_MB = (30, 24, 18, 12, 6)
STUDIES = """
import sys
import numpy as np
from pathlib import Path
from appliance.heap import return_large_blocks

if sys.argv[1] == "told":
    assert return_large_blocks()
resident = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4096
before = resident()
small = []
for size in ({sizes}):
    held = []
    for _ in range(6):
        held.append(np.ones(size << 20, dtype=np.uint8))
        small.append(np.ones(60_000, dtype=np.uint8))
    del held
print(resident() - before)
"""

HOLES = """
import sys
import numpy as np
from pathlib import Path
from appliance.heap import give_back_free_pages, return_large_blocks

return_large_blocks()
resident = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4096
before = resident()
blocks = [np.ones(60_000, dtype=np.uint8) for _ in range(1000)]
held = blocks[::2]
del blocks
if sys.argv[1] == "told":
    assert give_back_free_pages()
print(resident() - before)
"""


def kept_bytes(way: str, program: str = STUDIES) -> int:
    sizes = ", ".join(map(str, SIZES_MB))
    command = [sys.executable, "-c", program.replace("{sizes}", sizes), way]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_arrays_of_one_study_do_not_stay_in_memory_during_the_next() -> None:
    assert kept_bytes("told") < 12 << 20


def test_holes_between_small_blocks_go_back_to_the_system_when_it_is_told() -> None:
    assert kept_bytes("told", HOLES) < 0.7 * kept_bytes("left alone", HOLES)


def test_a_c_library_that_cannot_be_told_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    assert not heap.return_large_blocks()
    assert not heap.give_back_free_pages()


def test_another_system_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert not heap.return_large_blocks()
    assert not heap.give_back_free_pages()


def test_a_refused_setting_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        @staticmethod
        def mallopt(_name: int, _value: int) -> int:
            return 0

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: Refusing())
    assert not heap.return_large_blocks()
