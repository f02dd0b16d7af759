"""Teach the sagittal students out of fold and on everybody, and record what teacher, student and INT8 student can do.

A fold's student is pruned from that fold's teacher and taught by it alone; it is measured on patients whom neither
ever saw. All three are read by the same code, as graphs on OpenVINO.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.errors import Misuse
from appliance.spine_inputs import sagittal_input
from compression.asking import answer_of
from compression.eight_bits import eight_bit
from compression.graphs import exported
from compression.pruned import load_spine
from compression.rewrite import quantisable
from compression.sagittal_student import taught
from compression.spine_scores import evenly
from compression.teaching import weights_of
from training.datasets.spider import read_masked, read_mid
from training.spine.fitting import save_weights
from training.spine.folds import patient_folds
from training.spine.records import RunRecord, data_hash, write_record
from training.spine.sagittal import CROP, segment
from training.spine.train_sagittal import sagittal_metrics

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import onnx
    from numpy.typing import NDArray
    from torch import nn

    from compression.sagittal_student import SagittalCourse
    from training.datasets.spider import MaskedSlice, MidSlice

ALL = "all"
CALIBRATION_SLICES = 60
FREE = {axis: f"axis{axis}" for axis in (0, 2, 3)}


@dataclass(frozen=True, slots=True)
class Places:
    """Where data, teachers and students are."""

    masks: Path
    mid: Path
    teachers: Path
    """A folder with ``fold0.safetensors`` … of the segmenter."""
    final: Path
    """The segmenter that learnt from everybody."""
    work: Path


@dataclass(frozen=True, slots=True, eq=False)
class Learners:
    """Who teaches a fold's student, and on what."""

    teacher: nn.Module
    masked: Sequence[MaskedSlice]
    unmasked: Sequence[MidSlice]
    held_out: Sequence[MaskedSlice]


def run(places: Places, course: SagittalCourse, results: Path) -> None:
    """Cross-validate the students and record it, then teach the one that ships."""
    began = time.monotonic()
    found = [_measured(one, _student(one, fold, places, course)) for fold, one in _folds(places, course)]
    masked = read_masked(places.masks)
    slices = [item for told in found for item in told.slices]
    metrics: dict[str, object] = {
        stage: sagittal_metrics(slices, [mask for told in found for mask in told.labels[stage]])
        for stage in found[0].labels
    }
    metrics["parameters"] = found[0].parameters
    sha = data_hash(array for item in masked for array in (item.pixels, item.labels))
    write_record(results, RunRecord(results.name, asdict(course), course.seed, sha, time.monotonic() - began, metrics))
    everybody = Learners(_teacher(places.final), masked, read_mid(places.mid), ())
    print(_student(everybody, ALL, places, course))


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """What each stage said of the slices that a fold held out."""

    slices: Sequence[MaskedSlice]
    labels: Mapping[str, list[NDArray[np.uint8]]]
    parameters: dict[str, int]


def _folds(places: Places, course: SagittalCourse) -> Iterator[tuple[str, Learners]]:
    masked, mid = read_masked(places.masks), read_mid(places.mid)
    folds = patient_folds({item.patient: item.patient for item in masked}, course.folds, course.seed)
    for fold in range(course.folds):
        teacher = places.teachers / f"fold{fold}.safetensors"
        if not teacher.is_file():
            raise Misuse(f"The teacher {teacher} is not there.", advice="Run: python -m training spine-fit sagittal")
        yield (
            str(fold),
            Learners(
                _teacher(teacher),
                [item for item in masked if folds[item.patient] != fold],
                [item for item in mid if folds.get(item.patient) != fold],
                [item for item in masked if folds[item.patient] == fold],
            ),
        )


def _teacher(path: Path) -> nn.Module:
    role, network = load_spine(path)
    if role != "segmenter":
        raise Misuse(f"{path.name} holds the {role}, not the segmenter.", advice="Give the segmenter's checkpoint.")
    return network


def _student(learners: Learners, fold: str, places: Places, course: SagittalCourse) -> Path:
    kept = places.work / f"{fold}.safetensors"
    if not kept.is_file():
        network = taught(learners.teacher, learners.masked, learners.unmasked, course, places.work / fold)
        save_weights(network, kept, {"network": "segmenter", "pruned": str(course.ratio)})
    return kept


def _measured(learners: Learners, student: Path) -> _Told:
    network = _teacher(student)
    whole = _graph(network)
    samples = [sagittal_input(item.pixels)[None, None] for item in evenly(learners.masked, CALIBRATION_SLICES)]
    graphs = {"teacher": _graph(learners.teacher), "student": whole, "student-int8": eight_bit(whole, "image", samples)}
    answers = {stage: answer_of(graph.SerializeToString()) for stage, graph in graphs.items()}
    labels = {stage: [segment(answer, item.pixels) for item in learners.held_out] for stage, answer in answers.items()}
    sizes = {"teacher": weights_of(learners.teacher), "student": weights_of(network)}
    return _Told(learners.held_out, labels, sizes)


def _graph(network: nn.Module) -> onnx.ModelProto:
    example = np.zeros((1, 1, *CROP), np.float32)
    return exported(quantisable(network), example, "image", ("logits",), {"image": FREE, "logits": FREE})
