"""A model measured on a folder, from the command line to the JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from brains import brain_volume, save, write_patient

from appliance.errors import Misuse, NothingToRead
from appliance.preprocess import BrainInput, Floats, LesionInput, Prepared
from training.__main__ import main
from training.checkpoint import CheckpointSpec, save_checkpoint
from training.crossval import answer_held_out, choose, measured_honestly, scored
from training.datasets.case import load
from training.datasets.local import find_plain
from training.evaluate import evaluate, report
from training.networks.registry import NetworkSpec, build
from training.pictures import side_by_side
from training.reading import Reader, read

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def all_head(prepared: Prepared, slices: Iterable[int]) -> Floats:
    """Call everything that has signal brain."""
    del slices
    return (prepared.slices[:, None] > 0).astype(np.float32)


def by_brightness(prepared: Prepared, slices: Iterable[int]) -> Floats:
    """Dark is ventricle, bright is lesion: right on the brains made here."""
    del slices
    shown = prepared.slices[:, None]
    dark = (shown > 0) & (shown < 0.35)
    return np.concatenate([shown > 0, dark * 0.9, (shown > 0.7) * 0.8], axis=1).astype(np.float32)


PLAIN = LesionInput(margin_mm=0.0, low=-30.0, high=30.0)
READER = Reader(all_head, by_brightness, BrainInput(), PLAIN, (0.5, 0.5, 0.5), 0.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        write_patient(tmp_path / "set" / f"sub-{number}", number, ventricles=number != 2)
    return tmp_path / "set"


def test_a_good_reader_is_measured_as_good(folder: Path) -> None:
    table = evaluate(find_plain(folder, "made"), lambda _: READER)
    assert table["pooled"]["dice"]["ventricle"] > 0.55
    assert table["pooled"]["dice"]["lesion"] > 0.6
    assert [one["id"] for one in table["patients"]] == ["sub-0", "sub-1", "sub-2"]
    assert table["patients"][0]["dice"]["lesion"] > 0.5
    assert "ventricle" not in table["patients"][2]["dice"]
    assert table["patients"][0]["hd95_mm"]["lesion"] >= 0
    low, high = table["interval"]["dice"]["lesion"]
    assert low <= table["pooled"]["dice"]["lesion"] <= high


def test_groups_are_by_sex_age_and_lesion_load(folder: Path) -> None:
    cases = [
        replace(case, sex=sex, age_years=age)
        for case, sex, age in zip(find_plain(folder, "made"), "010", (25.0, 33.0, 61.0), strict=True)
    ]
    groups = evaluate(cases, lambda _: READER)["groups"]
    assert groups["sex 0"]["patients"] == 2
    assert {"age below 30 years", "age 30 to 40 years", "age 50 and above years"} <= set(groups)
    assert sum(group["patients"] for name, group in groups.items() if name.startswith("lesion load")) == 3


def test_untrusted_slices_do_not_count(folder: Path) -> None:
    case = find_plain(folder, "made")[0]
    whole = evaluate([case], lambda _: READER)["pooled"]["true_ml"]["lesion"]
    less = evaluate([replace(case, untrusted_slices=(4, 5))], lambda _: READER)["pooled"]["true_ml"]["lesion"]
    assert less < whole


def test_answers_come_back_on_the_grid_of_the_scan_however_it_is_turned(tmp_path: Path) -> None:
    voxels, lesion, _ = brain_volume(0)
    affine = np.diag([-4.0, 4.0, 7.0, 1.0])
    save(np.transpose(voxels[::-1], (2, 0, 1)), affine[:, [2, 0, 1, 3]], tmp_path / "sub-1" / "flair.nii.gz")
    save(np.transpose(lesion[::-1], (2, 0, 1)).astype(np.uint8), affine[:, [2, 0, 1, 3]],
         tmp_path / "sub-1" / "lesion.nii.gz")  # fmt: skip
    table = evaluate(find_plain(tmp_path, "made"), lambda _: READER)
    assert table["pooled"]["dice"]["lesion"] > 0.6


def test_a_folder_without_labels_cannot_be_measured(tmp_path: Path) -> None:
    home = write_patient(tmp_path / "sub-1", 0, ventricles=False)
    (home / "lesion.nii.gz").unlink()
    with pytest.raises(NothingToRead):
        evaluate(find_plain(tmp_path, "made"), lambda _: READER)
    with pytest.raises(NothingToRead):
        report([])


def test_a_fold_is_measured_with_what_was_chosen_on_the_others(folder: Path, tmp_path: Path) -> None:
    cases = [(number % 2, case) for number, case in enumerate(find_plain(folder, "made"))]
    answers = answer_held_out(cases, lambda _: READER, tmp_path / "held-out")
    measured, choices = measured_honestly(answers)
    assert set(choices) == {0, 1}
    assert choices[0] == choose([scored(answers[1])])
    assert len(measured) == 3
    # The stand-in says 0.8 for every lesion: any threshold below it is as good, so the choice must be one of them.
    assert all(choice.lesion < 0.8 and choice.ventricle < 0.9 for choice in choices.values())


def test_the_picture_of_a_reading_is_drawn(folder: Path, tmp_path: Path) -> None:
    scan = load(find_plain(folder, "made")[2])
    side_by_side(scan, read(READER, scan.voxels, scan.geometry).masks, tmp_path / "p.png")
    assert (tmp_path / "p.png").stat().st_size > 5000


def test_small_lesions_are_dropped_by_their_volume(folder: Path) -> None:
    case = find_plain(folder, "made")[0]
    table = evaluate([case], lambda _: replace(READER, smallest_lesion_ml=1000.0))
    assert table["pooled"]["found_ml"]["lesion"] == 0


def checkpoints(folder: Path) -> tuple[Path, Path]:
    lesion, brain = NetworkSpec("teacher", widths=(4, 8)), NetworkSpec("teacher", outputs=1, widths=(4, 8))
    everything = build(brain)
    torch.nn.init.constant_(everything.answer.bias, 9.0)
    save_checkpoint(build(lesion), CheckpointSpec(lesion), folder / "lesion.safetensors")
    save_checkpoint(everything, CheckpointSpec(brain, heads=True, thresholds=(0.5,)), folder / "brain.safetensors")
    return folder / "lesion.safetensors", folder / "brain.safetensors"


def test_the_command_writes_json_with_the_promised_keys(folder: Path, tmp_path: Path) -> None:
    lesion, brain = checkpoints(tmp_path)
    code = main(["evaluate", str(lesion), str(folder), "--brain", str(brain), "--json", str(tmp_path / "m.json")])
    table = json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))
    assert code == 0
    assert set(table["pooled"]["dice"]) == {"lesion", "ventricle"}
    assert table["patients"][0]["id"] == "sub-0"
    assert "lesion" in table["patients"][0]["dice"]


def test_swapped_checkpoints_are_refused(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lesion, brain = checkpoints(tmp_path)
    code = main(["evaluate", str(brain), str(folder), "--brain", str(lesion)])
    assert code == Misuse.exit_code
    assert "Swap" in capsys.readouterr().err
