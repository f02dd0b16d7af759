"""How much of what the teacher could do is left at each stage, measured on patients that nobody of a fold ever saw.

Every stage is read by the same code, on OpenVINO, with the fold's own brain network; what turns probabilities into
masks is chosen on the other folds. A stage is a network of each fold, in FP32 or in INT8.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.errors import Misuse
from compression.asking import answer_with
from compression.brain import CALIBRATION_SLICES, LESIONS_IN_EIGHT, MARGIN_PX, slices_of
from compression.eight_bits import eight_bit
from compression.graphs import exported
from compression.pruned import load_any
from compression.rewrite import quantisable
from training.crossval import Choice, answer_held_out, choose, measured_honestly, scored
from training.datasets.collections import find_all
from training.evaluate import Measured, evaluate, report
from training.reading import Reader
from training.splits import load_split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.datasets.case import Case
    from training.splits import Split


FIXED = (0.5, 0.45, 0.02)
"""Thresholds of ventricle and lesion and the smallest lesion in ml, where a single fold leaves nobody to choose on."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One step on the way from teacher to package."""

    networks: str
    """Where the folds' networks are, with ``{fold}``."""
    int8: bool = False
    mirrored: bool = False
    """As the teacher is asked in training: each slice and its mirror image."""
    folds: tuple[int, ...] = ()
    """Only these; all that there are unless named."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where data and runs are."""

    brain_data: Path
    runs: Path
    split: Path
    brains: str = "runs/brain-{fold}/network.safetensors"


def choose_limits(stage: Stage, places: Places, name: str) -> Choice:
    """Choose what turns a fold's probabilities into masks on those whom the fold learnt from."""
    split = load_split(places.split)
    fold = stage.folds[0]
    learners = split.learned_from(fold)
    cases = [(fold, case) for case in labelled(places.brain_data) if case.patient_key in learners]
    reader = reader_for(stage, fold, places, split)
    answers = answer_held_out(cases, lambda _: reader, places.runs / "compression" / f"{name}-learners")
    return choose([scored(answer) for answer in answers])


def with_limits(reader: Reader, limits: Choice) -> Reader:
    """Return a reader that cuts its probabilities elsewhere."""
    thresholds = (reader.thresholds[0], limits.ventricle, limits.lesion)
    return replace(reader, thresholds=thresholds, smallest_lesion_ml=limits.smallest_ml)


def measure_stage(stage: Stage, places: Places, name: str, chosen: Choice | None = None) -> dict[str, Any]:
    """Measure a stage on everybody whom one of its folds held out."""
    split = load_split(places.split)
    wanted = stage.folds or range(len(split.folds))
    numbers = [fold for fold in wanted if Path(stage.networks.format(fold=fold)).is_file()]
    if not numbers:
        raise Misuse(f"There is no network {stage.networks}.", advice="Teach the folds' students first.")
    held = [(fold, case) for fold in numbers for case in labelled(places.brain_data) if _is_held_out(case, split, fold)]

    @cache
    def reader_of(fold: int) -> Reader:
        return reader_for(stage, fold, places, split)

    facts = {"stage": asdict(stage), "folds": numbers}
    if len(numbers) == 1:
        limits = chosen or Choice(*FIXED)
        reader = with_limits(reader_of(numbers[0]), limits)
        table = {"all": evaluate((case for _, case in held), lambda _: reader)}
        how = "thresholds chosen on who was learnt from" if chosen else "thresholds fixed beforehand"
        held_out = f"the patients of fold {numbers[0]}; {how}"
        return table | facts | {"limits": asdict(limits), "held_out": held_out}
    answers = answer_held_out(held, reader_of, places.runs / "compression" / name)
    measured, choices = measured_honestly(answers)
    return (
        table_of(measured)
        | facts
        | {
            "chosen_for_fold": {str(fold): asdict(choice) for fold, choice in choices.items()},
            "chosen_on_all": asdict(choose([scored(answer) for answer in answers])),
            "held_out": "each patient by the fold network that never saw it; thresholds chosen on the other folds",
        }
    )


def reader_for(stage: Stage, fold: int, places: Places, split: Split) -> Reader:
    """Open a fold's networks."""
    brain, brain_spec = load_any(Path(places.brains.format(fold=fold)))
    network, spec = load_any(Path(stage.networks.format(fold=fold)))
    learners = None if not stage.int8 else split.learned_from(fold)
    return Reader(
        find_brain=answer_with(_graph(brain, (1, 3, brain_spec.brain_input.rows, brain_spec.brain_input.columns))),
        find_lesions=answer_with(
            _graph(network, (1, 3, spec.lesion_input.rows, spec.lesion_input.columns), places, learners),
            mirrored=stage.mirrored,
        ),
        brain_input=brain_spec.brain_input,
        lesion_input=spec.lesion_input,
        thresholds=(brain_spec.thresholds[0], *FIXED[:2]),
        smallest_lesion_ml=FIXED[2],
    )


def labelled(brain_data: Path) -> list[Case]:
    """Return the cases with lesion masks."""
    return [case for group in find_all(brain_data).values() for case in group if case.lesion is not None]


def table_of(measured: Sequence[Measured]) -> dict[str, Any]:
    """Report each data set, and all together."""
    sets = sorted({one.case.dataset for one in measured})
    by_set = {name: report([one for one in measured if one.case.dataset == name]) for name in sets}
    return {"all": report(list(measured)), "datasets": by_set}


def _is_held_out(case: Case, split: Split, fold: int) -> bool:
    return case.patient_key in split.held_out(fold)


def _graph(
    network: Any,  # noqa: ANN401 - a module
    shape: tuple[int, ...],
    places: Places | None = None,
    learners: frozenset[str] | None = None,
) -> bytes:
    """Export, and quantise on slices of those who were learnt from."""
    graph = exported(quantisable(network), np.zeros(shape, np.float32), "image", ("logits",))
    if places is not None and learners is not None:
        samples = slices_of(places.runs / "brains.npz", MARGIN_PX, CALIBRATION_SLICES, patients=learners)
        graph = eight_bit(graph, "image", samples, LESIONS_IN_EIGHT)
    return graph.SerializeToString()
