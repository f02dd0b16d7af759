"""Invented backs teach the grader what was drawn, and nobody is measured on them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from appliance.sample.spine_traits import GRADED
from compression.phantoms import SEED
from training.datasets.sudirman import GRADES, AxialSlice
from training.spine import train_axial
from training.spine.axial import Located
from training.spine.invented import FIRST_SEED, NARROW_MM, OPEN_MM, invented_slices, load_invented, save_invented
from training.spine.train_axial import AxialPlan, cross_validate

if TYPE_CHECKING:
    from pathlib import Path

DRAWN = 2


@pytest.fixture(scope="module")
def drawn() -> list[AxialSlice]:
    return invented_slices(DRAWN, 3)


def test_narrow_and_open_backs_come_by_turns_and_are_graded_as_they_were_drawn(drawn: list[AxialSlice]) -> None:
    assert [GRADES[item.student] for item in drawn if item.student is not None] == ["Serious", "No"]
    assert {item.level for item in drawn} <= set(GRADED)
    assert all(item.pixels.shape == (320, 320) and item.pixels.max() == 255 for item in drawn)
    assert max(NARROW_MM) < OPEN_MM
    assert all(grade is None for item in drawn for grade in item.worded), "only the canal is drawn on purpose"


def test_nobody_who_is_shown_later_is_learnt(drawn: list[AxialSlice]) -> None:
    assert 10 * max(SEED, 2025) < FIRST_SEED
    assert all(item.patient < 0 for item in drawn), "no patient of a set has such a number"


def test_what_is_kept_is_what_was_drawn(drawn: list[AxialSlice], tmp_path: Path) -> None:
    save_invented(drawn, tmp_path / "kept.npz")
    for one, other in zip(drawn, load_invented(tmp_path / "kept.npz"), strict=True):
        assert np.array_equal(one.pixels, other.pixels)
        assert replace(one, pixels=other.pixels) == other


def test_they_are_learnt_from_and_never_measured_on(
    drawn: list[AxialSlice], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = [AxialSlice(f"{n}.png", n, "L4/L5", drawn[0].pixels, student=n % 3, note_group=n) for n in range(6)]
    learnt: list[int] = []
    monkeypatch.setattr(train_axial, "fit", lambda _task, data, *_, **__: learnt.append(len(data)))
    monkeypatch.setattr(train_axial, "train_locator", lambda *_: train_axial.LocatorTask())
    plan = AxialPlan(folds=2, invented=DRAWN, seed=3)
    save_invented(drawn, tmp_path / f"invented-{DRAWN}-3.npz")
    torch.manual_seed(0)
    told, graded = cross_validate([Located(item, (160.0, 160.0), (120.0, 160.0)) for item in real], plan, tmp_path)
    assert sorted(item.slice.file for item in told) == [item.file for item in real]
    assert len(graded) == len(real)
    assert sum(learnt) == len(real) + 2 * DRAWN
