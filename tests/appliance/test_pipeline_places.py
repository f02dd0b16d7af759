"""Results are put in place whole or not at all, and what a doctor wrote outlives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from batches import (
    assert_sound,
    clinic,
    run,
)

from appliance.pipeline import Redo
from appliance.pipeline.staging import put_in_place, staged, tidy

if TYPE_CHECKING:
    from pathlib import Path


def test_results_that_a_kill_left_between_two_names_come_back(tmp_path: Path) -> None:
    """Between the two renames the old results have another name, and the new ones theirs not yet."""
    for name in ("study", ".half.0123.part", ".study.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "findings.json").write_text(name, encoding="utf-8")
    tidy(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["study"]
    (tmp_path / "study").rename(tmp_path / ".study.old")
    tidy(tmp_path)
    assert (tmp_path / "study" / "findings.json").read_text(encoding="utf-8") == "study"


def test_a_doctors_review_outlives_a_new_reading(tmp_path: Path) -> None:
    folder, output = clinic(tmp_path / "in", 1), tmp_path / "out"
    run(folder, output)
    study = next(output.rglob("findings.json")).parent
    (study / "review.json").write_text("signed", encoding="utf-8")
    run(folder, output, redo=Redo.ALL)
    assert (study / "review.json").read_text(encoding="utf-8") == "signed"
    assert_sound(output)


def test_nothing_of_a_study_stays_if_it_does_not_finish(tmp_path: Path) -> None:
    def fail_half_way() -> None:
        with staged(tmp_path, "study") as making:
            (making / "half").write_text("x", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_half_way()
    assert list(tmp_path.iterdir()) == []
    with staged(tmp_path, "study") as making:
        (making / "whole").write_text("x", encoding="utf-8")
        put_in_place(making, tmp_path, "study")
    assert [path.name for path in tmp_path.rglob("*")] == ["study", "whole"]
