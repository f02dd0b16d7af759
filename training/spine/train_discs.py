"""Train the disc grades: out of fold over patients, then on everybody."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import lightning.pytorch as pl
import numpy as np

from appliance.errors import Misuse
from appliance.measure.grades import expected_grade, told_grade
from training.datasets.spider import TASKS, read_mid
from training.record import write_json
from training.spine.answers import torch_answer
from training.spine.discs import HALFWAY, DiscTask, GradedDisc, cut_discs, disc_data, grade_discs
from training.spine.fitting import fit, save_weights
from training.spine.folds import patient_folds
from training.spine.metrics import auc, balanced, bootstrapped, kappa
from training.spine.records import RunRecord, data_hash, write_record, write_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from training.spine.answers import Answer

PFIRRMANN = tuple(TASKS).index("pfirrmann")
CUTS = "cuts.json"


@dataclass(frozen=True, slots=True)
class DiscPlan:
    """How long and how."""

    epochs: int = 30
    batch: int = 32
    folds: int = 3
    only: int = 0
    """Stop after this many folds, where time is short: figures then cover their patients only. 0 is all."""
    seed: int = 40
    minutes: float = 0.0
    """Of each network; at 0 the epochs alone decide."""


def train_discs(discs: Sequence[GradedDisc], plan: DiscPlan, work: Path) -> DiscTask:
    """Fit one network."""
    pl.seed_everything(plan.seed, verbose=False)
    task = DiscTask()
    data = disc_data(discs)
    fit(task, data, work, epochs=plan.epochs, batch=plan.batch, seed=plan.seed, minutes=plan.minutes)
    return task


def cross_validate(
    discs: Sequence[GradedDisc], plan: DiscPlan, work: Path
) -> tuple[list[GradedDisc], list[NDArray[np.float64]]]:
    """Grade discs by a network that has not seen their patient."""
    folds = _fold_of_patient(discs, plan)
    told: list[GradedDisc] = []
    graded: list[list[NDArray[np.float64]]] = []
    for fold in range(plan.only or plan.folds):
        task = train_discs([disc for disc in discs if folds[disc.patient] != fold], plan, work / f"fold{fold}")
        facts = {"network": "discs", "not_learnt_from": f"fold {fold}"}
        save_weights(task.net, work / f"fold{fold}.safetensors", facts)
        new = [disc for disc in discs if folds[disc.patient] == fold]
        graded.append(grade_discs(torch_answer(task.net), new))
        told += new
    return told, [np.concatenate(head) for head in zip(*graded, strict=True)]


def folds_of(discs: Sequence[GradedDisc], plan: DiscPlan) -> NDArray[np.int64]:
    """Give the fold that holds out each disc."""
    folds = _fold_of_patient(discs, plan)
    return np.array([folds[disc.patient] for disc in discs])


def _fold_of_patient(discs: Sequence[GradedDisc], plan: DiscPlan) -> dict[int, int]:
    return patient_folds({disc.patient: disc.patient for disc in discs}, plan.folds, plan.seed)


def disc_metrics(
    discs: Sequence[GradedDisc],
    graded: Sequence[NDArray[np.float64]],
    pfirrmann_told: NDArray[np.int64],
    weighting: str,
) -> dict[str, object]:
    """Count the figures of one weighting."""
    rows = np.array([k for k, disc in enumerate(discs) if disc.weighting == weighting], dtype=np.int64)
    truth = np.array([discs[k].grades for k in rows])
    patients = np.array([discs[k].patient for k in rows])
    told = pfirrmann_told[rows]
    pfirrmann = truth[:, PFIRRMANN]
    numbers = np.array([discs[k].number for k in rows])
    return {
        "n": {"discs": len(rows), "patients": len(np.unique(patients))},
        "kappa": {"pfirrmann": bootstrapped(lambda r: kappa(pfirrmann[r], told[r], "quadratic"), patients)},
        "pfirrmann": {
            "accuracy": round(float((told == pfirrmann).mean()), 4),
            "majority_rate": round(float(np.bincount(pfirrmann).max() / len(pfirrmann)), 4),
            "within_one": round(float((abs(told - pfirrmann) <= 1).mean()), 4),
            "balanced_accuracy": round(balanced(pfirrmann, told), 4),
            "kappa_linear": round(kappa(pfirrmann, told, "linear"), 4),
        },
        "auc": _aucs([told[rows] for told in graded], truth, patients),
        "auc_level_only": {"narrowing": _level_only(numbers, truth[:, 1], patients)},
    }


def chosen_cuts(
    discs: Sequence[GradedDisc], probabilities: NDArray[np.float64], rows: NDArray[np.bool_]
) -> tuple[float, ...]:
    """Choose cut points on some discs, on T2, where Pfirrmann is defined: grades come as often as they were given."""
    kept = rows & np.array([disc.weighting == "T2" for disc in discs])
    truth = np.array([disc.grades[PFIRRMANN] for disc in discs])[kept]
    if not len(truth):
        return HALFWAY
    shares = np.cumsum(np.bincount(truth, minlength=len(HALFWAY) + 1))[:-1] / len(truth)
    return tuple(float(cut) for cut in np.quantile(expected_grade(probabilities[kept]), shares))


def told_out_of_fold(
    discs: Sequence[GradedDisc], probabilities: NDArray[np.float64], folds: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Tell each fold's grades with the cut points of the other folds; with one fold alone, the nearest grade."""
    told = np.zeros(len(discs), dtype=np.int64)
    for fold in np.unique(folds):
        cuts = chosen_cuts(discs, probabilities, folds != fold)
        told[folds == fold] = told_grade(probabilities[folds == fold], cuts)
    return told


def _aucs(
    graded: Sequence[NDArray[np.float64]], truth: NDArray[np.int64], patients: NDArray[np.int64]
) -> dict[str, dict[str, float]]:
    found = {}
    for head, name in enumerate(TASKS):
        if name != "pfirrmann":
            wanted, score = (truth[:, head] > 0).astype(int), 1 - graded[head][:, 0]
            found[name] = bootstrapped(lambda r, w=wanted, s=score: auc(w[r], s[r]), patients)
    return found


def _level_only(numbers: NDArray[np.int64], truth: NDArray[np.int64], patients: NDArray[np.int64]) -> dict[str, float]:
    """Take as score the share of narrowed discs at that level among the measured ones: the level's own best."""
    shares = {number: truth[numbers == number].mean() for number in np.unique(numbers)}
    score = np.array([shares[number] for number in numbers])
    return bootstrapped(lambda r: auc(truth[r], score[r]), patients)


def run(data: Path, segmenter: Answer, work: Path, results: Path, plan: DiscPlan) -> None:
    """Cut, cross-validate and record."""
    began = time.monotonic()
    slices = [item for item in read_mid(data) if item.grades]
    cut = cut_discs(segmenter, slices)
    discs, graded = cross_validate(cut.discs, plan, work)
    told = told_out_of_fold(discs, graded[PFIRRMANN], folds_of(discs, plan))
    cuts = chosen_cuts(discs, graded[PFIRRMANN], np.ones(len(discs), dtype=bool))
    write_json({"pfirrmann": list(cuts)}, work / CUTS)
    metrics = {
        "graded_discs": cut.graded,
        "not_found": cut.missing,
        "pfirrmann_cuts": cuts,
        **{name: disc_metrics(discs, graded, told, name) for name in sorted({disc.weighting for disc in discs})},
    }
    sha = data_hash([*(item.pixels for item in slices), np.array([disc.grades for disc in cut.discs])])
    settings = {name: getattr(plan, name) for name in DiscPlan.__slots__}
    write_record(results, RunRecord(results.name, settings, plan.seed, sha, time.monotonic() - began, metrics))
    columns = ("patient", "weighting", "disc", "pfirrmann", "pfirrmann_told", "narrowing", "p_narrowing")
    rows = [
        (d.patient, d.weighting, d.number, d.grades[0] + 1, int(t) + 1, d.grades[1], float(p))
        for d, t, p in zip(discs, told, graded[1][:, 1], strict=True)
    ]
    write_rows(work / "out_of_fold.csv", columns, rows)


def train_final(data: Path, segmenter: Answer, work: Path, checkpoints: Path, plan: DiscPlan) -> None:
    """Learn from everybody and keep the weights, with the cut points that the folds chose."""
    if not (work / CUTS).is_file():
        raise Misuse("The cut points of the grades are not chosen yet.", advice="Train the folds first.")
    cuts = json.loads((work / CUTS).read_text(encoding="utf-8"))["pfirrmann"]
    discs = cut_discs(segmenter, [item for item in read_mid(data) if item.grades]).discs
    save_weights(
        train_discs(discs, plan, work / "all").net,
        checkpoints / "spine-sagittal-discs.safetensors",
        {"network": "discs", "pfirrmann_cuts": json.dumps(cuts)},
    )
