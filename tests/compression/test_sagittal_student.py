"""The sagittal student learns from truth where there is any and from its teacher everywhere, and is judged before it
ships."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from appliance.errors import Misuse, Unreadable
from compression.figures import SHIPS, TISSUES, segmenter_kept
from compression.gate import judged
from compression.pruned import load_spine
from compression.sagittal_student import SagittalCourse, TaughtTask, narrowed, softened, taught, truth_cost
from compression.teaching import weights_of
from training.datasets.spider import MaskedSlice, MidSlice
from training.spine.fitting import save_weights
from training.spine.networks import SpineNet

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*isinstance.treespec.*"),
    pytest.mark.filterwarnings("ignore:.*GPU available.*"),
]
SHORT = SagittalCourse(epochs=1, batch=2)


def segmenter() -> SpineNet:
    torch.manual_seed(1)
    return SpineNet(4, widths=(8, 12, 16, 16, 20)).eval()


def masked(count: int) -> list[MaskedSlice]:
    draw = np.random.default_rng(2)
    labels = np.zeros((96, 80), np.uint8)
    labels[20:60, 20:40], labels[20:60, 45:50] = 1, 3
    return [
        MaskedSlice(f"{k}.png", k, draw.integers(0, 255, labels.shape).astype(np.uint8), labels) for k in range(count)
    ]


def unmasked(count: int) -> list[MidSlice]:
    return [MidSlice(item.file, 100 + item.patient, "T2", item.pixels, {}) for item in masked(count)]


def test_a_slice_without_a_mask_does_not_count_as_one_without_tissue() -> None:
    torch.manual_seed(0)
    logits = torch.randn(3, 4, 16, 16)
    labels = torch.randint(0, 4, (3, 16, 16))
    known = torch.tensor([True, False, True])
    other = labels.clone()
    other[1] = 0
    assert truth_cost(logits, labels, known) == truth_cost(logits, other, known)


def test_a_batch_without_any_mask_costs_nothing_and_can_still_be_learnt_from() -> None:
    logits = torch.randn(2, 4, 8, 8, requires_grad=True)
    cost = truth_cost(logits, torch.zeros(2, 8, 8, dtype=torch.long), torch.zeros(2, dtype=torch.bool))
    cost.backward()
    assert cost == 0
    assert logits.grad is not None


def test_agreeing_with_the_teacher_costs_nothing_and_differing_does() -> None:
    told = torch.randn(2, 4, 8, 8)
    assert softened(told, told, 2.0) == pytest.approx(0, abs=1e-6)
    assert softened(told.flip(1), told, 2.0) > 0.1


def test_the_teacher_s_weights_are_neither_learnt_nor_kept() -> None:
    teacher = segmenter()
    task = TaughtTask(narrowed(teacher, masked(2), 0.25), teacher, SHORT)
    kept = {id(weights) for weights in task.parameters()}
    assert not kept & {id(weights) for weights in teacher.parameters()}
    assert all(name.startswith(("net.", "project.")) for name in task.state_dict())


def test_a_taught_student_is_narrower_and_comes_back_from_the_disk_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher = segmenter()
    monkeypatch.setattr("training.spine.sagittal.CROP", (64, 64))
    monkeypatch.setattr("compression.sagittal_student.CROP", (64, 64))
    student = taught(teacher, masked(3), unmasked(3), SHORT, tmp_path / "run")
    assert weights_of(student) < weights_of(teacher)
    save_weights(student, tmp_path / "student.safetensors", {"network": "segmenter"})
    monkeypatch.setitem(load_spine.__globals__["BUILDERS"], "segmenter", segmenter)
    role, read = load_spine(tmp_path / "student.safetensors")
    image = torch.rand(1, 1, 64, 64)
    with torch.no_grad():
        assert torch.allclose(read(image), student.half().float()(image), atol=1e-3)
    assert role == "segmenter"


def test_the_control_never_asks_the_teacher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    teacher = segmenter()
    student = narrowed(teacher, masked(2), 0.25)
    task = TaughtTask(student, teacher, SHORT.without_teacher())
    monkeypatch.setattr("compression.sagittal_student.CROP", (64, 64))
    asked: list[int] = []
    teacher.register_forward_hook(lambda *_: asked.append(1))
    images, labels = torch.rand(2, 1, 64, 64), torch.zeros(2, 64, 64, dtype=torch.long)
    task.cost((images, labels, torch.tensor([True, False])))
    assert not asked


def test_a_file_that_is_no_spine_network_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.safetensors").write_bytes(b"no")
    with pytest.raises(Unreadable, match=r"odd\.safetensors"):
        load_spine(tmp_path / "odd.safetensors")


def recorded(folder: Path, disc: float, quantised: float) -> Path:
    def stage(of_disc: float) -> dict[str, object]:
        return {"dice": {name: {"value": of_disc if name == "disc" else 0.9} for name in TISSUES}}

    metrics = {"teacher": stage(0.88), "student": stage(disc), SHIPS: stage(quantised)}
    (folder / "run.json").write_text(json.dumps({"metrics": metrics}), encoding="utf-8")
    return folder


def test_a_student_that_lost_too_much_of_one_tissue_is_refused_by_that_name(tmp_path: Path) -> None:
    refusals = judged(segmenter_kept(recorded(tmp_path, 0.86, 0.86)))
    assert ["segmenter, disc" in str(one) for one in refusals] == [True]


def test_a_student_that_lost_too_much_to_eight_bits_is_refused(tmp_path: Path) -> None:
    refusals = judged(segmenter_kept(recorded(tmp_path, 0.90, 0.89)))
    assert ["INT8 loses too much Dice" in str(one) for one in refusals] == [True]


def test_a_student_that_kept_everything_passes(tmp_path: Path) -> None:
    assert judged(segmenter_kept(recorded(tmp_path, 0.88, 0.879))) == []


def test_a_student_that_was_never_measured_does_not_ship(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="not measured"):
        segmenter_kept(tmp_path)
