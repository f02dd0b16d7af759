"""A run that is killed, resumed, misconfigured or pointed at the wrong patients."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch
from brains import small_pack

from appliance.errors import Misuse
from training.config import RunConfig
from training.fit import LAST, Run, Training, fit
from training.networks.registry import NetworkSpec
from training.packed import save_pack
from training.splits import save_split, split_patients

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*isinstance.treespec.*"),
    pytest.mark.filterwarnings("ignore:.*validation_step.*"),
    pytest.mark.filterwarnings("ignore:.*Checkpoint directory.*"),
    pytest.mark.filterwarnings("ignore:.*lr_scheduler.*"),
]

TINY = RunConfig(
    network=NetworkSpec("teacher", widths=(4, 8), dropout=0.3),
    batch=2,
    epochs=3,
    samples_per_epoch=4,
    crop=(16, 16),
    dataset_shares={"a": 0.6, "b": 0.4},
)
EVERYONE = frozenset({"a/1", "a/2", "b/3"})


class Killed(BaseException):
    """The plug is pulled."""


def run_in(folder: Path, config: RunConfig = TINY, **changes: object) -> Run:
    return replace(Run(config, EVERYONE, frozenset(), folder), **changes)


def test_a_killed_run_ends_with_the_weights_of_an_uninterrupted_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = small_pack()
    whole = fit(run_in(tmp_path / "whole"), pack)
    steps = Training.training_step
    with monkeypatch.context() as broken:

        def dies_in_the_second_epoch(self: Training, batch: object, number: int) -> torch.Tensor:
            if self.global_step == 3:
                raise Killed
            return steps(self, batch, number)

        broken.setattr(Training, "training_step", dies_in_the_second_epoch)
        with pytest.raises(Killed):
            fit(run_in(tmp_path / "killed"), pack)
    assert (tmp_path / "killed" / LAST).is_file()

    resumed = fit(run_in(tmp_path / "killed"), pack)

    assert resumed.steps == whole.steps == 6
    assert resumed.curve == whole.curve
    for name, weights in whole.network.state_dict().items():
        torch.testing.assert_close(resumed.network.state_dict()[name], weights, rtol=0, atol=0, msg=name)


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    one = fit(run_in(tmp_path / "one"), small_pack())
    other = fit(run_in(tmp_path / "other", replace(TINY, seed=1)), small_pack())
    assert not torch.equal(next(one.network.parameters()), next(other.network.parameters()))


def test_a_budget_of_time_ends_the_run_before_its_epochs(tmp_path: Path) -> None:
    outcome = fit(run_in(tmp_path, replace(TINY, epochs=10_000), minutes=0.01), small_pack())
    assert 0 < outcome.steps < 20_000


def test_a_run_without_progress_stops_early(tmp_path: Path) -> None:
    config = replace(TINY, epochs=12, learning_rate=0.0, averaging=0.0, patience=1, validate_every=1)
    outcome = fit(run_in(tmp_path, config, train=frozenset({"a/1", "b/3"}), validate=frozenset({"a/2"})), small_pack())
    assert outcome.steps < 24


def test_a_run_goes_on_from_given_weights(tmp_path: Path) -> None:
    first = fit(run_in(tmp_path / "first"), small_pack())
    config = replace(TINY, epochs=1, learning_rate=0.0, averaging=0.0)
    second = fit(run_in(tmp_path / "second", config, start_from=first.network.state_dict()), small_pack())
    torch.testing.assert_close(next(second.network.parameters()), next(first.network.parameters()))


@pytest.mark.parametrize("loss", ["dice_bce", "unified_focal"])
def test_a_tiny_set_is_learned_by_heart(tmp_path: Path, loss: str) -> None:
    config = replace(TINY, loss=loss, epochs=8, samples_per_epoch=16, learning_rate=1e-2, averaging=0.5)
    losses = [row["loss"] for row in fit(run_in(tmp_path, config), small_pack()).curve]
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"train": frozenset()}, "empty"),
        ({"validate": frozenset({"a/1"})}, "in the training and in the validation"),
        ({"train": frozenset({"a/9"})}, "not in the pack"),
        ({"config": replace(TINY, loss="guess")}, "no loss"),
        ({"config": replace(TINY, dataset_shares={"c": 1.0})}, "empty"),
        ({"config": replace(TINY, validate_every=1)}, "validation part is empty"),
        ({"config": replace(TINY, network=NetworkSpec("mystery"))}, "no network"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_it_starts(
    tmp_path: Path, change: dict[str, object], sentence: str
) -> None:
    with pytest.raises(Misuse, match=sentence):
        fit(run_in(tmp_path, **change), small_pack())
    assert not (tmp_path / LAST).exists()


@pytest.mark.slow
def test_two_devices_share_one_run_and_one_of_them_writes(tmp_path: Path) -> None:
    patients = ("tabriz/0", "tabriz/1", "mslesseg/1")
    save_pack(small_pack(patients), tmp_path / "p.npz")
    save_split(split_patients(dict.fromkeys(patients[:2], 1.0), 2, 0, patients[2:]), tmp_path / "split.json")
    table = {"network": {"widths": [4, 8]}, "batch": 2, "epochs": 2, "samples_per_epoch": 8, "crop": [32, 32]}
    (tmp_path / "c.json").write_text(json.dumps(table), encoding="utf-8")
    places = [word for name in ("runs", "results") for word in (f"--{name}", str(tmp_path / name))]
    subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "-m", "training", "fit", "both",
         "--config", str(tmp_path / "c.json"), "--pack", str(tmp_path / "p.npz"), "--devices", "2", "--threads", "1",
         "--split", str(tmp_path / "split.json"), *places],
        check=True, timeout=240, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    record = json.loads((tmp_path / "results" / "both" / "run.json").read_text(encoding="utf-8"))
    assert record["steps"] == 4
    assert (tmp_path / "runs" / "both" / "network.safetensors").is_file()
