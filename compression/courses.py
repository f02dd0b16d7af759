"""Which student learns from whom: the student of a fold from that fold's teacher alone, so that nobody cheats.

The student that ships learns from all folds' teachers together, on everybody.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.errors import Misuse
from compression.distil import Course, DistilConfig, distil
from compression.phantom_pack import DATASET, phantom_pack
from compression.teaching import Lessons, lessons
from training.checkpoint import CheckpointSpec, save_checkpoint
from training.packed import joined, load_pack, pack_hash, save_pack
from training.record import RunRecord, write_curve, write_run
from training.splits import load_split

if TYPE_CHECKING:
    from torch import nn

    from training.packed import Pack
    from training.splits import Split

NETWORK = "network.safetensors"
ALL = "all"
PHANTOMS = 14


def pack_with_phantoms(runs: Path, brain: Path) -> tuple[Pack, int]:
    """Return the brains and, behind them, invented ones; and how many slices are real."""
    real, invented = load_pack(runs / "brains.npz"), runs / "phantoms.npz"
    if not invented.is_file():
        save_pack(phantom_pack(PHANTOMS, brain), invented)
    return joined([real, load_pack(invented)]), len(real.images)


def teachers_of(pattern: str, fold: str, split: Split) -> list[Path]:
    """Return the networks that may teach in a fold: its own, or all of them for the student that ships."""
    numbers = range(len(split.folds)) if fold == ALL else [fold]
    paths = list(dict.fromkeys(Path(pattern.format(fold=number)) for number in numbers))
    for path in paths:
        if not path.is_file():
            raise Misuse(f"The teacher {path} is not there.", advice="Train it first, or name another with --teachers.")
    return paths


def learners_of(pack: Pack, fold: str, split: Split) -> tuple[frozenset[str], frozenset[str]]:
    """Return who is learnt from and who is held out."""
    everyone = frozenset(pack.patients.tolist())
    if fold == ALL:
        return everyone, frozenset()
    held_out = split.held_out(int(fold))
    return everyone - held_out, held_out


def teach(
    name: str,
    fold: str,
    teachers: str,
    *,
    runs: Path,
    brain: Path,
    split_file: Path,
    results: Path,
    minutes: float | None,
    config: DistilConfig,
    start: tuple[str, nn.Module] | None = None,
) -> Path:
    """Teach one student, keep its weights below ``runs`` and its record below the results."""
    kept = runs / name / NETWORK
    if kept.is_file():
        return kept
    split = load_split(split_file)
    pack, _ = pack_with_phantoms(runs, brain)
    asked = teachers_of(teachers, fold, split)
    taught: Lessons = lessons(load_pack(runs / "brains.npz"), asked, runs / "lessons")
    learners, held_out = learners_of(pack, fold, split)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    outcome = distil(Course(config, pack, taught, learners, runs / name, minutes, start and start[1]))
    record = RunRecord(
        name,
        config,
        tuple(sorted(one for one in learners if not one.startswith(DATASET))),
        tuple(sorted(held_out)),
        pack_hash(pack),
        outcome,
        started,
        start and start[0],
    )
    write_run(record, results / name)
    write_curve(outcome.curve, results / name)
    spec = CheckpointSpec(replace(config.network, widths=tuple(config.network.widths)), run=name)
    save_checkpoint(outcome.network, spec, kept)
    return kept
