"""The recipes of ``spine-axial`` (locator, grader) and ``spine-sagittal`` (segmenter, discs)."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from safetensors import safe_open

from appliance.models.spec import Activation, OutputSpec, Preparation, PreparedAs, Task, TrainedOn
from appliance.spine_inputs import (
    CROP,
    LOCATOR,
    PATCH,
    SAGITTAL,
    axial_crop,
    disc_inputs,
    locator_input,
    sagittal_input,
)
from compression.eight_bits import EightBits
from compression.phantoms import crop_golden, disc_golden, locator_golden, sagittal_golden
from compression.pruned import load_spine
from compression.recipe import CardWords, NetworkRecipe, PackageRecipe
from compression.rewrite import quantisable
from compression.spine_scores import axial_scoring, evenly, kept, sagittal_scoring, tissue_score
from training.datasets.spider import CLASSES, TASKS, read_masked, read_mid
from training.datasets.sudirman import GRADES, HEADS, read_axial
from training.spine.answers import torch_answer
from training.spine.axial import locate
from training.spine.discs import cut_discs
from training.spine.relevance import OneHead

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import nn

    from appliance.models.spec import Measured
    from training.datasets.spider import MidSlice

CALIBRATION_SLICES = 120
BEHIND_THE_CONVOLUTIONS = ("Gemm", "MatMul", "ReduceMean", "ReduceMax", "Slice")
"""What costs nothing and would lose much: facts of a disc share no scale with its picture."""
WORTH_A_LAYER = 0.003
"""Dice: half of what the gate allows, so that no single tissue loses it all."""
CANAL = "canal"
"""Whose worst grade is explained: it is what a surgeon asks for first."""
LANDMARKS = ("disc", "canal")
SUDIRMAN = TrainedOn(
    "Lumbar axial T1 with the radiologists' notes", 410, "CC BY 4.0", "Sudirman et al. 2019, 10.17632/k57fr854j2.2"
)
SPIDER = TrainedOn(
    "SPIDER: lumbar sagittal MRI", 218, "CC BY 4.0", "van der Graaf et al. 2024, 10.1038/s41597-024-03090-w"
)
AXIAL_WORDS = CardWords(
    title="Narrowing of the lumbar canal on axial slices",
    purpose="Finds disc and dural sac in an axial slice through a lumbar disc, and grades how narrow the canal is.",
    limits=(
        (
            "The canal's grades were read off report text by people who saw no image; they are weak, and so is what "
            "was learnt from them. Compare with the figure that the level alone gives."
        ),
        "It learnt from T1 alone. On T2 nothing could be measured: no graded T2 slices were to be had.",
        "Foramina and lateral recesses are graded by the same network, and no accuracy is claimed for them.",
    ),
    not_for=(
        "Diagnosis, or deciding about surgery, without a radiologist.",
        "Ruling out stenosis: a grade of “No” is not a normal spine.",
        "The neck, the chest, or children.",
    ),
)
SAGITTAL_WORDS = CardWords(
    title="Vertebrae, discs and canal on sagittal slices",
    purpose=(
        "Marks vertebrae, discs and the dural sac on sagittal slices of the lumbar spine, for measuring the canal at "
        "each level, and grades each disc."
    ),
    limits=(
        "Masks of 33 patients and grades of 170, all of one study.",
        "Levels are counted from the lowest disc upward; a transitional vertebra shifts all of them.",
        "Grades other than Pfirrmann's are rare in the data, and uncertain.",
    ),
    not_for=(
        "Diagnosis, or deciding about surgery, without a radiologist.",
        "The neck or the chest, children, tumours, fractures or infection.",
    ),
)


def axial_package(locator: Path, grader: Path, data: Path, measured: Sequence[Measured]) -> PackageRecipe:
    """Put the axial package together from two checkpoints and the slices that they learnt from."""
    finder, trained = quantisable(_network(locator, "locator")), _network(grader, "grader")
    grades = quantisable(trained)
    slices = evenly(read_axial(data).slices, CALIBRATION_SLICES)
    crops = [axial_crop(one.slice.pixels.astype(np.float32), one.canal) for one in locate(torch_answer(finder), slices)]
    groups = dict.fromkeys(HEADS, GRADES)
    networks = {
        "locator": NetworkRecipe(
            finder,
            Preparation(PreparedAs.SPINE_AXIAL_LOCATOR, asdict(LOCATOR)),
            (None, 1, LOCATOR.side, LOCATOR.side),
            (_plane("logits", LANDMARKS, LOCATOR.side // finder.stride, Activation.NONE),),
            [locator_input(item.pixels.astype(np.float32))[None, None] for item in slices],
            locator_golden(),
        ),
        "grader": NetworkRecipe(
            grades,
            Preparation(PreparedAs.SPINE_AXIAL_CROP, asdict(CROP)),
            (None, 1, CROP.rows, CROP.columns),
            (grouped(groups),),
            [crop[None, None] for crop in crops],
            crop_golden(),
            explained=(OneHead(trained, HEADS.index(CANAL)).eval(), len(GRADES) - 1),
            in_eight=EightBits(BEHIND_THE_CONVOLUTIONS),
        ),
    }
    judge = partial(kept, scoring=axial_scoring(data))
    return PackageRecipe(Task.SPINE_AXIAL, networks, {}, (SUDIRMAN,), tuple(measured), AXIAL_WORDS, judge=judge)


def sagittal_package(
    segmenter: Path, discs: Path, masks: Path, mid: Path, measured: Sequence[Measured]
) -> PackageRecipe:
    """Put the sagittal package together from two checkpoints and the slices that they learnt from."""
    finder, grader = (quantisable(_network(*one)) for one in ((segmenter, "segmenter"), (discs, "discs")))
    found = cut_discs(torch_answer(finder), _graded(read_mid(mid))).discs
    groups = {name: tuple(str(grade) for grade in range(count)) for name, count in TASKS.items()}
    networks = {
        "segmenter": NetworkRecipe(
            finder,
            Preparation(PreparedAs.SPINE_SAGITTAL, asdict(SAGITTAL)),
            (None, 1, None, None),
            (_plane("logits", CLASSES, None, Activation.SOFTMAX),),
            [sagittal_input(item.pixels)[None, None] for item in evenly(read_masked(masks), CALIBRATION_SLICES)],
            sagittal_golden(),
            score=tissue_score(masks),
            largest_drop=WORTH_A_LAYER,
        ),
        "discs": NetworkRecipe(
            grader,
            Preparation(PreparedAs.SPINE_DISC, asdict(PATCH)),
            (None, 1 + PATCH.facts, PATCH.side, PATCH.side),
            (grouped(groups),),
            [disc_inputs(disc.patches[1:2], disc.facts) for disc in evenly(found, CALIBRATION_SLICES)],
            disc_golden(PATCH.facts),
            in_eight=EightBits(BEHIND_THE_CONVOLUTIONS, clipped=False),
        ),
    }
    judge = partial(kept, scoring=sagittal_scoring(masks, mid))
    cuts = pfirrmann_cuts(discs)
    return PackageRecipe(Task.SPINE_SAGITTAL, networks, cuts, (SPIDER,), tuple(measured), SAGITTAL_WORDS, judge=judge)


def pfirrmann_cuts(discs: Path) -> dict[str, float]:
    """Return the expected grades, counted from 1, from which each is told, where a checkpoint says them."""
    with safe_open(discs, framework="pt") as stored:
        said = (stored.metadata() or {}).get("pfirrmann_cuts", "[]")
    return {f"pfirrmann_from_{grade}": cut + 1 for grade, cut in enumerate(json.loads(said), start=2)}


def grouped(groups: dict[str, tuple[str, ...]]) -> OutputSpec:
    """Name the classes of several heads that stand side by side."""
    classes = tuple(f"{head}:{grade}" for head, grades in groups.items() for grade in grades)
    return OutputSpec("logits", (None, len(classes)), classes, Activation.SOFTMAX_BY_GROUP)


def _plane(name: str, classes: tuple[str, ...], side: int | None, activation: Activation) -> OutputSpec:
    return OutputSpec(name, (None, len(classes), side, side), classes, activation)


def _network(path: Path, role: str) -> nn.Module:
    found, network = load_spine(path)
    if found != role:
        raise ValueError(f"{path.name} holds the {found}, not the {role}")
    return network


def _graded(items: Sequence[MidSlice]) -> list[MidSlice]:
    return evenly([item for item in items if item.grades], CALIBRATION_SLICES // 4)
