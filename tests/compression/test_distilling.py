"""A student learns from a teacher's answers, alone if told so, and a killed run ends where an unbroken one does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from packs import small_pack

from appliance.errors import Misuse
from compression.distil import Course, DistilConfig, Distilling, costs, distil
from compression.lesson_samples import LessonSlices, collated
from compression.teaching import Lessons, lessons
from training.augment import Augmentation
from training.checkpoint import CheckpointSpec, save_checkpoint
from training.networks.registry import NetworkSpec, build

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*isinstance.treespec.*"),
    pytest.mark.filterwarnings("ignore:.*GPU available.*"),
]
PATIENTS = ("a/1", "a/2", "b/3")
CONFIG = DistilConfig(
    network=NetworkSpec("student", widths=(4, 6, 8, 8), dropout=0.0),
    batch=2,
    epochs=2,
    samples_per_epoch=4,
    crop=(32, 32),
    dataset_shares={"a": 0.5, "b": 0.5},
)


def taught(slices: int, size: int = 32) -> Lessons:
    draw = np.random.default_rng(1)
    likely = draw.integers(0, 256, (slices, 3, size, size)).astype(np.uint8)
    return Lessons(likely, draw.normal(size=(slices, 5, size // 16, size // 16)).astype(np.float16), 1000)


def course(folder: Path, config: DistilConfig = CONFIG) -> Course:
    pack = small_pack(PATIENTS)
    return Course(config, pack, taught(len(pack.images)), frozenset(PATIENTS), folder)


class Pulled(Exception):
    """The power went."""


def pull_the_plug(self: Distilling, *_: object) -> None:
    """Stop at the first step of the second epoch, drawing as the real thing does until then."""
    if self.global_step == CONFIG.samples_per_epoch // CONFIG.batch:
        raise Pulled
    torch.manual_seed(self.config.seed * 1_000_003 + self.global_step)


def weights(network: torch.nn.Module) -> torch.Tensor:
    return torch.cat([tensor.flatten() for tensor in network.parameters()])


def test_a_killed_run_ends_with_the_weights_of_an_unbroken_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = distil(course(tmp_path / "whole")).network
    with monkeypatch.context() as patch:
        patch.setattr(Distilling, "on_train_batch_start", pull_the_plug)
        with pytest.raises(Pulled):
            distil(course(tmp_path / "broken"))
    assert torch.equal(weights(whole), weights(distil(course(tmp_path / "broken")).network))


def test_the_control_learns_without_a_teacher_and_ends_elsewhere(tmp_path: Path) -> None:
    with_teacher = distil(course(tmp_path / "with")).network
    alone = distil(course(tmp_path / "alone", CONFIG.without_teacher())).network
    assert not torch.equal(weights(with_teacher), weights(alone))


def test_nobody_to_learn_from_is_said_before_training(tmp_path: Path) -> None:
    empty = replace(course(tmp_path), learners=frozenset({"nobody/0"}))
    with pytest.raises(Misuse, match="nobody to learn from"):
        distil(empty)


def test_a_phantom_is_believed_by_its_truth_alone() -> None:
    pack = small_pack(PATIENTS)
    slices = LessonSlices(pack, taught(len(pack.images) - 1), Augmentation(), (32, 32))
    known, invented = slices[0, 1], slices[len(pack.images) - 1, 1]
    assert known.taught == 1
    assert invented.taught == 0
    batch = collated([invented])
    assert costs(torch.zeros(1, 3, 32, 32), batch, CONFIG)["soft"] == 0


def test_answers_like_the_teacher_s_cost_less() -> None:
    pack = small_pack(PATIENTS)
    batch = collated([LessonSlices(pack, taught(len(pack.images)), Augmentation(), (32, 32))[0, 1]])
    like_it = torch.logit(batch.likely.clamp(1e-3, 1 - 1e-3))
    cost = {sign: float(costs(sign * like_it, batch, CONFIG)["soft"]) for sign in (1, -1)}
    assert cost[1] < cost[-1]


def test_a_teacher_is_asked_once(tmp_path: Path) -> None:
    pack = small_pack(PATIENTS[:1], slices=2)
    torch.manual_seed(0)
    paths = []
    for name in ("one", "two"):
        path = tmp_path / name / "network.safetensors"
        network = build(NetworkSpec("teacher", widths=(4, 4, 4, 4, 5), dropout=0.0))
        save_checkpoint(network, CheckpointSpec(NetworkSpec("teacher", widths=(4, 4, 4, 4, 5), dropout=0.0)), path)
        paths.append(path)
    first = lessons(pack, paths, tmp_path / "kept")
    before = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "kept").iterdir()}
    second = lessons(pack, paths, tmp_path / "kept")
    assert np.array_equal(first.likely, second.likely)
    assert first.parameters == 2 * lessons(pack, paths[:1], tmp_path / "kept").parameters
    assert {file.name: file.stat().st_mtime_ns for file in (tmp_path / "kept").iterdir()} == before
    assert first.features.shape == (2, 5, 2, 2)
