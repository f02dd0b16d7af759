"""What was measured of each method, kept below ``runs``: a killed comparison goes on with the next method.

A stored measurement counts only for the same data, split, steps and seed; otherwise it is made again.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from training.anomaly.comparison import Measured
from training.anomaly.counting import Patient
from training.anomaly.learning import Effort

if TYPE_CHECKING:
    from pathlib import Path


def save_measured(measured: Measured, key: str, path: Path) -> None:
    """Write a measurement whole or not at all."""
    names = list(measured.counted)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part.npz")
    np.savez_compressed(
        partial,
        key=np.array(key),
        name=np.array(measured.name),
        patients=np.array(names),
        lesion=np.stack([measured.counted[name].lesion for name in names]),
        other=np.stack([measured.counted[name].other for name in names]),
        outside=np.array([measured.counted[name].outside for name in names]),
        shown=np.stack([measured.shown[name] for name in names]).astype(np.float16),
        efforts=np.array(json.dumps([asdict(effort) for effort in measured.efforts])),
    )
    partial.replace(path)


def load_measured(key: str, path: Path) -> Measured | None:
    """Read a measurement, unless there is none for this key."""
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as stored:
        if str(stored["key"]) != key:
            return None
        parts = zip(stored["patients"], stored["lesion"], stored["other"], stored["outside"], strict=True)
        counted = {str(name): Patient(lesion, other, float(outside)) for name, lesion, other, outside in parts}
        efforts = tuple(Effort(**effort) for effort in json.loads(str(stored["efforts"])))
        shown = dict(zip(counted, stored["shown"].astype(np.float32), strict=True))
        return Measured(str(stored["name"]), counted, efforts, shown)
