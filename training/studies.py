"""Several runs that belong together: a batch within one time limit, a comparison, a grid search.

Each run is recorded by itself, so a batch that is cut off keeps what it finished.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
import torch

from appliance.errors import Misuse
from training.config import RunConfig, config_from, load_config
from training.fit import Run, fit
from training.measures import figures, pooled, tally
from training.packed import LESION, OUTPUTS, VENTRICLE
from training.samples import WholeSlices

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from torch import nn

    from training.packed import Pack
    from training.splits import Split

MARGIN_PX = 2
LEAST_MINUTES = 0.5
"""A run that gets less than this of a batch's time is not begun."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a batch."""

    name: str
    config: RunConfig
    fold: str


def load_jobs(path: Path) -> list[Job]:
    """Read jobs: a JSON list of ``{"name", "config", "fold"}``, configs being files beside it."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return [Job(e["name"], load_config(path.parent / e["config"], RunConfig), str(e["fold"])) for e in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Misuse(f"{path.name} is no list of jobs ({error}).", advice="Name, config and fold for each.") from error


def comparison(names: Sequence[str], base: RunConfig, fold: str) -> list[Job]:
    """Return one job a network, alike in everything but the network."""
    return [Job(f"compare-{name}", replace(base, network=replace(base.network, name=name)), fold) for name in names]


def run_batch(jobs: Sequence[Job], minutes: float, run: Callable[[Job, float], None]) -> list[str]:
    """Run the jobs one after the other, each with its equal share of what time is left; return those done."""
    ends, done = time.monotonic() + 60 * minutes, []
    for position, job in enumerate(jobs):
        share = (ends - time.monotonic()) / 60 / (len(jobs) - position)
        if share < LEAST_MINUTES:
            break
        run(job, share)
        done.append(job.name)
    return done


def search(
    grid: Mapping[str, Sequence[Any]], base: RunConfig, pack: Pack, parts: Split, folder: Path, minutes: float
) -> list[dict[str, Any]]:
    """Try every combination on every fold; score it on the fold's held-out patients, and rank."""
    sampler = optuna.samplers.GridSampler(grid, seed=base.seed)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    share = minutes / (np.prod([len(values) for values in grid.values()]) * len(parts.folds))

    def scored(trial: optuna.Trial) -> float:
        chosen = {key: trial.suggest_categorical(key, list(values)) for key, values in grid.items()}
        config = changed(base, chosen)
        scores = [
            _fold_score(config, pack, parts, fold, folder / f"trial-{trial.number}-{fold}", share)
            for fold in range(len(parts.folds))
        ]
        trial.set_user_attr("folds", scores)
        return float(np.mean(scores))

    study.optimize(scored)
    rows = [{"score": trial.value, "folds": trial.user_attrs["folds"]} | trial.params for trial in study.trials]
    return sorted(rows, key=lambda row: -row["score"])


def changed(base: RunConfig, values: Mapping[str, Any]) -> RunConfig:
    """Return a config with some keys changed; ``network.dropout`` reaches into a part."""
    table: dict[str, Any] = {}
    for key, value in values.items():
        part, _, inner = key.rpartition(".")
        if part:
            table[part] = replace(table.get(part, getattr(base, part)), **{inner: value})
        else:
            config_from(RunConfig, {key: value})
            table[key] = value
    return replace(base, **table)


def _fold_score(config: RunConfig, pack: Pack, parts: Split, fold: int, folder: Path, minutes: float) -> float:
    present = frozenset(pack.patients.tolist()) & parts.everyone
    held_out = parts.held_out(fold) & present
    outcome = fit(Run(config, present - held_out, frozenset(), folder, minutes), pack)
    dice = packed_dice(outcome.network, pack, held_out)
    return float(np.mean(list(dice.values())))


@torch.inference_mode()
def packed_dice(network: nn.Module, pack: Pack, patients: frozenset[str]) -> dict[str, float]:
    """Return the pooled Dice of ventricle and lesion over the packed slices of some patients: quick, for searching."""
    indices = np.flatnonzero(np.isin(pack.patients[pack.scan_of], sorted(patients)) & (pack.weights > 0))
    shown = WholeSlices(pack, indices, MARGIN_PX)
    found: dict[str, list[Any]] = {}
    for place, index in enumerate(indices):
        example = shown[place]
        likely = torch.sigmoid(network(example.image[None]))[0].numpy()
        for output, bit in ((1, VENTRICLE), (2, LESION)):
            if pack.known[pack.scan_of[index]] & bit:
                truth = example.truth[output].numpy() > 0
                counts = tally(truth, likely[output] > 0.5, likely[output], 1.0, lesions=False)
                found.setdefault(OUTPUTS[output], []).append(counts)
    return {name: figures(pooled(counts), lesions=False).dice or 0.0 for name, counts in found.items()}
