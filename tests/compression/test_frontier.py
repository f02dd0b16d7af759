"""The frontier's rows are the stages that were measured; what was not measured is not invented."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from packs import small_pack

from appliance.errors import Misuse
from appliance.models.spec import Role
from compression.figures import chosen_thresholds, lesion_figures, lesions_kept
from compression.frontier import Row, kept, operations, recorded, rows, timed_before
from compression.frontier_report import FACTS, report
from compression.students import Student
from compression.timing import IN_A_ROW, ROUNDS, fastest
from training.checkpoint import CheckpointSpec, save_checkpoint
from training.networks.registry import NetworkSpec, build
from training.packed import save_pack

if TYPE_CHECKING:
    from pathlib import Path

SMALL = NetworkSpec("teacher", widths=(4, 6), dropout=0.0)


def record(folder: Path, name: str, lesion: float, *, mirrored: bool = False, folds: tuple[int, ...] = (0,)) -> None:
    table: dict[str, Any] = {
        "all": {
            "pooled": {"dice": {"ventricle": 0.8, "lesion": lesion}},
            "interval": {"dice": {"ventricle": [0.7, 0.9], "lesion": [0.6, 0.75]}},
            "patients": [{}, {}],
        },
        "stage": {"networks": str(folder / "net-{fold}.safetensors"), "int8": "int8" in name, "mirrored": mirrored},
        "folds": list(folds),
        "limits": {"ventricle": 0.5, "lesion": 0.45, "smallest_ml": 0.02},
        "held_out": "two invented people",
    }
    (folder / "results" / name).mkdir(parents=True)
    (folder / "results" / name / "metrics.json").write_text(json.dumps(table), encoding="utf-8")


def test_int8_stands_in_the_row_of_its_network(tmp_path: Path) -> None:
    record(tmp_path, "student", 0.7)
    record(tmp_path, "student-int8", 0.69)
    record(tmp_path, "teacher", 0.72, mirrored=True)
    found = {stage.name: stage for stage in recorded(tmp_path / "results")}
    assert found["student"].dice == {"FP32": 0.7, "INT8": 0.69}
    assert found["teacher"].dice == {"FP32": 0.72}
    assert found["teacher"].mirrored


def test_table_picture_and_facts_are_written(tmp_path: Path) -> None:
    record(tmp_path, "student", 0.7)
    torch.manual_seed(0)
    save_checkpoint(build(SMALL), CheckpointSpec(SMALL), tmp_path / "net-0.safetensors")
    save_pack(small_pack(("a/1", "a/2")), tmp_path / "brains.npz")
    record(tmp_path, "lost", 0.6, folds=(2,))
    stages, gone = kept(recorded(tmp_path / "results"))
    table = report(rows(stages, tmp_path), tmp_path / "frontier", [stage.name for stage in gone])
    assert "| student | 0 |" in table
    assert "| lost |" not in table
    assert "the networks of lost are gone" in table
    assert "0.7000 | – |" in table
    facts = json.loads((tmp_path / "frontier" / "frontier.json").read_text(encoding="utf-8"))
    assert set(facts["rows"][0]["milliseconds"]) >= {"OpenVINO INT8", "OpenVINO FP32", "PyTorch FP32"}
    assert (tmp_path / "frontier" / "frontier.png").stat().st_size > 1000


def test_a_stage_whose_network_is_gone_keeps_its_row_and_says_when_it_was_timed(tmp_path: Path) -> None:
    row = Row(
        "gone",
        (0,),
        10,
        100,
        {"FP32": 4, "INT8": 1, "FP16": 2},
        {"FP32": 0.6},
        {"OpenVINO INT8": 2.0, "OpenVINO FP32": 3.0},
        "2025-01-01 10:00",
    )
    report([row], tmp_path / "frontier")
    record(tmp_path, "gone", 0.7)
    record(tmp_path, "gone-int8", 0.69)
    record(tmp_path, "never-timed", 0.6)
    here, gone = kept(recorded(tmp_path / "results"))
    before = timed_before(gone, tmp_path / "frontier" / FACTS)
    assert (here, [stage.name for stage in gone]) == ([], ["gone", "never-timed"])
    assert before == [replace(row, dice={"FP32": 0.7, "INT8": 0.69})]
    assert timed_before(gone, tmp_path / "nowhere.json") == []
    assert "2.0 | 3.0 | 0.04 s | 2025-01-01 10:00 |" in report(before, tmp_path / "frontier")


def test_the_first_round_does_not_count() -> None:
    asked: list[str] = []
    times = fastest({"a": lambda: asked.append("a"), "b": lambda: asked.append("b")})
    assert "".join(asked) == ("a" * IN_A_ROW + "b" * IN_A_ROW) * (ROUNDS + 1)
    assert all(0 <= value < 1000 for value in times.values())


def test_operations_are_those_of_the_convolutions() -> None:
    single = torch.nn.Conv2d(3, 5, 3, padding=1)
    assert operations(single, np.zeros((1, 3, 8, 8), np.float32)) == 3 * 5 * 9 * 64
    up = torch.nn.ConvTranspose2d(3, 5, 2, stride=2)
    assert operations(up, np.zeros((1, 3, 8, 8), np.float32)) == 3 * 5 * 4 * 64
    assert operations(Student(3, 3, (4, 6)), np.zeros((1, 3, 16, 16), np.float32)) > 0


def test_stages_on_different_patients_are_not_compared(tmp_path: Path) -> None:
    record(tmp_path, "teacher", 0.7, folds=(0, 1))
    record(tmp_path, "student", 0.7)
    record(tmp_path, "student-int8", 0.7)
    with pytest.raises(Misuse, match="different patients"):
        lesions_kept(tmp_path / "results", "teacher", "student")


def test_what_was_not_measured_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="teacher was not measured"):
        lesions_kept(tmp_path, "teacher", "student")


def test_figures_of_a_package_are_those_of_its_int8_graph(tmp_path: Path) -> None:
    record(tmp_path, "student-int8", 0.69)
    figures = {one.figure: one for one in lesion_figures(tmp_path / "results", "student")}
    assert figures["Dice of lesion"].value == 0.69
    assert figures["Dice of lesion"].role is Role.CPU_INT8
    assert figures["Dice of lesion"].cases == 2
    assert chosen_thresholds(tmp_path / "results", "student")["lesion"] == 0.45
