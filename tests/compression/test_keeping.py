"""What a stage keeps is measured on patients that its networks never saw, and only there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest

from appliance.errors import Misuse
from appliance.preprocess import BrainInput, LesionInput
from compression.keeping import Places, Stage, choose_limits, measure_stage
from compression.phantom_pack import DATASET, FIRST_SEED, phantom_pack
from training.crossval import Choice
from training.packed import BRAIN, LESION, VENTRICLE
from training.reading import Reader
from training.splits import load_split, save_split, split_patients

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from appliance.preprocess import Floats, Prepared

SHAPE = (40, 40, 8)
PATIENTS = tuple(f"tabriz/sub-{number}" for number in range(4))
SURE = 0.55
"""How sure the simulated networks are of a lesion."""


def everything(prepared: Prepared, _: Iterable[int]) -> Floats:
    return (prepared.slices[:, None] > 0).astype(np.float32)


def by_brightness(prepared: Prepared, _: Iterable[int]) -> Floats:
    shown = prepared.slices[:, None]
    return np.concatenate([shown > 0, (shown > 0) & (shown < 0.35), (shown > 0.7) * SURE], axis=1).astype(np.float32)


def blind(prepared: Prepared, _: Iterable[int]) -> Floats:
    return np.zeros((len(prepared.slices), 3, *prepared.slices.shape[1:]), np.float32)


def reader(find_lesions: object) -> Reader:
    spec = LesionInput(margin_mm=0.0, low=-30.0, high=30.0)
    return Reader(everything, find_lesions, BrainInput(), spec, (0.5, 0.5, 0.45), 0.0)  # type: ignore[arg-type]


def write_patient(folder: Path, seed: int) -> None:
    i, j, k = np.indices(SHAPE)
    brain = (i - 20) ** 2 + (j - 20) ** 2 < 17**2
    ventricle = brain & ((i - 20) ** 2 + (j - 20) ** 2 < 4**2)
    lesion = brain & ((i - 32) ** 2 + (j - 18 - seed) ** 2 < 4**2) & (k > 1)
    noise = np.random.default_rng(seed).normal(0, 4, SHAPE)
    flair = np.where(brain, 100.0 - 70 * ventricle + 80 * lesion + noise, 0.0).clip(0)
    folder.mkdir(parents=True)
    for name, values in (("flair", flair), ("lesion", lesion), ("ventricle", ventricle)):
        nib.save(nib.Nifti1Image(values.astype(np.float32), np.diag([4.0, 4.0, 7.0, 1.0])), folder / f"{name}.nii.gz")


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Four patients, two folds; the network of fold 0 sees lesions, that of fold 1 is blind."""
    for number, patient in enumerate(PATIENTS):
        write_patient(tmp_path / "brain" / patient, number)
    save_split(split_patients(dict.fromkeys(PATIENTS, 1.0), 2, 0), tmp_path / "split.json")
    for fold in range(2):
        (tmp_path / f"{fold}.net").touch()
    readers = [reader(by_brightness), reader(blind)]
    monkeypatch.setattr("compression.keeping.reader_for", lambda _stage, fold, *_: readers[fold])
    return Places(tmp_path / "brain", tmp_path / "runs", tmp_path / "split.json")


def stage(places: Places, *folds: int) -> Stage:
    return Stage(str(places.split.parent / "{fold}.net"), folds=folds)


def test_each_patient_is_measured_by_the_fold_that_never_saw_it(places: Places) -> None:
    table = measure_stage(stage(places), places, "both")
    found = {one["id"]: one["dice"]["lesion"] for one in table["all"]["patients"]}
    split = load_split(places.split)
    seen_well = {key.split("/")[1] for key in split.held_out(0)}
    assert len(found) == len(PATIENTS)
    assert {who for who, dice in found.items() if dice > 0.5} == seen_well


def test_one_fold_alone_is_measured_on_its_own_patients_with_limits_that_it_is_given(places: Places) -> None:
    measured = [
        measure_stage(stage(places, 0), places, "one", Choice(0.5, limit, 0.0)) for limit in (SURE - 0.1, SURE + 0.1)
    ]
    who = {one["id"] for one in measured[0]["all"]["patients"]}
    assert who == {key.split("/")[1] for key in load_split(places.split).held_out(0)}
    dice = [one["all"]["pooled"]["dice"]["lesion"] for one in measured]
    assert dice[0] > 0.5
    assert dice[1] == 0.0


def test_limits_are_chosen_on_those_who_were_learnt_from(places: Places) -> None:
    assert choose_limits(stage(places, 0), places, "one").lesion <= SURE
    asked = {path.stem.split("_", 1)[1] for path in (places.runs / "compression" / "one-learners").glob("*.npz")}
    assert asked == {key.split("/")[1] for key in load_split(places.split).learned_from(0)}


def test_a_stage_without_networks_is_named(places: Places) -> None:
    with pytest.raises(Misuse, match=r"no-such-\{fold\}"):
        measure_stage(Stage("no-such-{fold}"), places, "none")


def test_invented_heads_are_nobody_s_and_their_truth_is_known(shipped_brain: Path) -> None:
    pack = phantom_pack(1, shipped_brain)
    assert list(pack.patients) == [f"{DATASET}/P{FIRST_SEED}"]
    assert pack.known[0] == BRAIN | VENTRICLE | LESION
    assert all(((pack.labels & bit) > 0).any() for bit in (BRAIN, VENTRICLE, LESION))


@pytest.fixture
def shipped_brain(repository: Path) -> Path:
    return repository / "training" / "checkpoints" / "brain.safetensors"
