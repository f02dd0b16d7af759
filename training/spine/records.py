"""What is kept of a run: its settings, its seed, a hash of its data, the machine, the time it took, its figures."""

from __future__ import annotations

import csv
import hashlib
import json
import platform
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np


def device_words() -> str:
    """Say what computed."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"CPU {platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}"


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One recorded run; ``metrics`` is whatever the run measured, out of fold unless it says otherwise."""

    name: str
    settings: Mapping[str, object]
    seed: int
    data_sha256: str
    seconds: float
    metrics: Mapping[str, object]
    device: str = field(default_factory=device_words)


def data_hash(arrays: Iterable[np.ndarray]) -> str:
    """One hash over all pixels and labels, in order."""
    total = hashlib.sha256()
    for array in arrays:
        total.update(f"{array.dtype}{array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def write_record(folder: Path, record: RunRecord) -> None:
    """Write ``run.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(record), indent=1, sort_keys=True)
    (folder / "run.json").write_text(text + "\n", encoding="utf-8")


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a small table; floats are rounded to four places."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([f"{v:.4f}" if isinstance(v, float) else v for v in row] for row in rows)
