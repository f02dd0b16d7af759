"""The whole way from scans on a disk to the table, on brains made in milliseconds."""

from __future__ import annotations

import csv
import json
import shutil
import warnings
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest
import torch
from brains import small_pack, write_patient

from appliance.errors import ExitCode
from appliance.preprocess import BrainInput, LesionInput
from training.__main__ import main
from training.checkpoint import CheckpointSpec, load_checkpoint, save_checkpoint
from training.config import RunConfig
from training.networks.registry import NetworkSpec, build
from training.packed import LESION, load_pack, pack_hash, save_pack
from training.pseudo import with_pseudo_labels
from training.splits import load_split, save_split, split_patients
from training.studies import changed

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:lightning", "ignore:.*isinstance.treespec.*")

TINY = {
    "network": {"name": "teacher", "widths": [4, 8]},
    "batch": 2,
    "epochs": 1,
    "samples_per_epoch": 4,
    "crop": [32, 32],
    "dataset_shares": {"tabriz": 0.6, "mslesseg": 0.4},
}


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    """Data of two sets, a split, a config, and a brain network that calls everything brain."""
    for number in range(4):
        write_patient(tmp_path / "brain" / "tabriz" / f"sub-{number}", number)
    for number in range(2):
        write_patient(tmp_path / "brain" / "mslesseg" / f"P{number}_T1", 7 + number, ventricles=False)
    spec = NetworkSpec("teacher", outputs=1, widths=(4, 8))
    everything = build(spec)
    torch.nn.init.constant_(everything.answer.bias, 9.0)
    for fold in ("0", "1", "all"):
        save_checkpoint(
            everything, CheckpointSpec(spec, heads=True, thresholds=(0.5,)),
            tmp_path / "runs" / f"brain-{fold}" / "network.safetensors",
        )  # fmt: skip
    (tmp_path / "tiny.json").write_text(json.dumps(TINY), encoding="utf-8")
    return tmp_path


def run(home: Path, *arguments: str) -> int:
    places = {"--data": "brain", "--runs": "runs", "--results": "results", "--split": "results/split.json"}
    return main([*arguments, *(word for name, place in places.items() for word in (name, str(home / place)))])


@pytest.mark.slow
def test_from_scans_to_the_table(workshop: Path) -> None:
    brains = str(workshop / "runs" / "brain-{fold}" / "network.safetensors")
    packed, config = str(workshop / "brains.npz"), str(workshop / "tiny.json")
    networks = str(workshop / "runs" / "t-{fold}" / "network.safetensors")
    steps = [
        ("split", "--folds", "2"),
        ("pack", "--brains", brains, "--out", packed),
        ("fit", "t-0", "--config", config, "--pack", packed, "--fold", "0"),
        ("fit", "t-1", "--config", config, "--pack", packed, "--fold", "1"),
        ("crossval", "t-crossval", "--networks", networks, "--brains", brains),
        (
            "compare",
            "--networks",
            "teacher",
            "--config",
            config,
            "--pack",
            packed,
            "--minutes",
            "2",
            "--brains",
            brains,
        ),
        ("table",),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert [run(workshop, *step) for step in steps] == [ExitCode.ALL_READ] * len(steps)

    results = workshop / "results"
    record = json.loads((results / "t-0" / "run.json").read_text(encoding="utf-8"))
    assert record["data_hash"] == pack_hash(load_pack(workshop / "brains.npz"))
    assert not set(record["learned_from"]) & set(record["held_out"])
    assert record["config"]["network"]["widths"] == [4, 8]
    measured = json.loads((results / "t-crossval" / "metrics.json").read_text(encoding="utf-8"))
    assert len(measured["patients"]) == 6
    assert set(measured["datasets"]) == {"tabriz", "mslesseg"}
    with (results / "table.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert {(row["run"], row["data"]) for row in rows} >= {("t-crossval", "tabriz"), ("compare-teacher", "tabriz")}
    page = (results / "table.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 3
    assert "t-crossval" in page
    assert str(workshop) not in page


def test_a_batch_stops_when_its_time_is_up(workshop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_pack(small_pack(("tabriz/sub-0", "mslesseg/P1")), workshop / "p.npz")
    save_split(split_patients({"tabriz/sub-0": 1.0, "mslesseg/P1": 1.0}, 2, 0), workshop / "results" / "split.json")
    jobs = [{"name": f"job-{number}", "config": "tiny.json", "fold": "all"} for number in range(2)]
    (workshop / "jobs.json").write_text(json.dumps(jobs), encoding="utf-8")
    code = run(workshop, "batch", str(workshop / "jobs.json"), "--pack", str(workshop / "p.npz"), "--minutes", "0.6")
    assert code == ExitCode.ALL_READ
    assert "Done: \n" in capsys.readouterr().out
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run(workshop, "batch", str(workshop / "jobs.json"), "--pack", str(workshop / "p.npz"), "--minutes", "1.5")
    assert (workshop / "runs" / "job-0" / "network.safetensors").is_file()


def test_a_search_tries_every_combination_on_every_fold(workshop: Path) -> None:
    save_pack(small_pack(("tabriz/0", "tabriz/1", "mslesseg/1", "mslesseg/2")), workshop / "p.npz")
    loads = dict.fromkeys(("tabriz/0", "tabriz/1", "mslesseg/1", "mslesseg/2"), 1.0)
    save_split(split_patients(loads, 2, 0), workshop / "results" / "split.json")
    (workshop / "grid.json").write_text('{"learning_rate": [0.01, 0.001], "network.dropout": [0.0]}', encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = run(workshop, "search", "s", "--grid", str(workshop / "grid.json"), "--minutes", "1",
                   "--config", str(workshop / "tiny.json"), "--pack", str(workshop / "p.npz"))  # fmt: skip
    trials = json.loads((workshop / "results" / "s" / "search.json").read_text(encoding="utf-8"))["trials"]
    assert code == ExitCode.ALL_READ
    assert sorted(trial["learning_rate"] for trial in trials) == [0.001, 0.01]
    assert all(len(trial["folds"]) == 2 for trial in trials)
    assert trials[0]["score"] >= trials[1]["score"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [('{"batchsize": 4}', "batchsize"), ('{"network": {"width": 4}}', "width"), ("{", "cannot be read")],
)
def test_a_config_that_says_something_else_is_an_error_before_training(
    workshop: Path, capsys: pytest.CaptureFixture[str], text: str, sentence: str
) -> None:
    (workshop / "bad.json").write_text(text, encoding="utf-8")
    assert run(workshop, "fit", "x", "--config", str(workshop / "bad.json"), "--pack", "p.npz") == ExitCode.MISUSE
    assert sentence in capsys.readouterr().err
    assert not (workshop / "runs" / "x").exists()


def test_a_patient_in_two_folds_is_an_error(workshop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    split = {"seed": 0, "folds": [["tabriz/sub-0", "tabriz/sub-1"], ["tabriz/sub-1"]]}
    (workshop / "results").mkdir()
    (workshop / "results" / "split.json").write_text(json.dumps(split), encoding="utf-8")
    assert run(workshop, "crossval", "x") == ExitCode.MISUSE
    assert "tabriz/sub-1 is in two parts" in capsys.readouterr().err


def test_folds_are_alike_and_the_same_again(tmp_path: Path) -> None:
    loads = {f"a/{number}": float(number) for number in range(9)} | {"b/1": 5.0, "b/2": 1.0, "b/3": 3.0}
    split = split_patients(loads, 3, 0)
    assert sorted(len(fold) for fold in split.folds) == [4, 4, 4]
    assert all(sum(name.startswith("b/") for name in fold) == 1 for fold in split.folds)
    sums = [sum(loads[name] for name in fold if name.startswith("a/")) for fold in split.folds]
    assert max(sums) - min(sums) <= 6
    assert split_patients(loads, 3, 0) == split
    save_split(split, tmp_path / "s.json")
    assert load_split(tmp_path / "s.json") == split
    assert split.learned_from(0).isdisjoint(split.held_out(0))
    assert split.learned_from(0) | split.held_out(0) == split.everyone


def test_a_fold_without_patients_is_refused(workshop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(workshop, "split", "--folds", "9") == ExitCode.MISUSE
    assert "empty" in capsys.readouterr().err


def test_pseudo_labels_weigh_little_and_leave_real_labels_alone() -> None:
    pack = small_pack()
    pack.known[2] = 1
    surely = build(NetworkSpec("teacher", widths=(4, 8))).eval()
    torch.nn.init.constant_(surely.answer.bias, 9.0)
    labelled = with_pseudo_labels(pack, surely, trust=0.3)
    assert (labelled.labels[12:] & LESION).all()
    assert labelled.weights[12:].max() == pytest.approx(0.3)
    assert (labelled.labels[:12] == pack.labels[:12]).all()
    assert (labelled.weights[:12] == 1).all()
    assert pack_hash(labelled) != pack_hash(pack)


def test_a_searched_key_reaches_into_a_part() -> None:
    found = changed(RunConfig(), {"network.dropout": 0.4, "batch": 3})
    assert (found.network.dropout, found.batch, found.network.name) == (0.4, 3, "teacher")


def package(home: Path) -> Path:
    """A model package as the clinic gets it, as far as reading needs it."""
    home.mkdir()
    networks = {}
    for name, kind, outputs, parameters in (
        ("brain", "head", 1, BrainInput()), ("lesions", "brain", 3, LesionInput()),
    ):  # fmt: skip
        network = build(NetworkSpec("teacher", outputs=outputs, widths=(4, 8))).eval()
        if outputs == 1:
            torch.nn.init.constant_(network.answer.bias, 9.0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network, (torch.rand(1, 3, 32, 32),), home / f"{name}.onnx", opset_version=17, dynamo=False,
                input_names=["image"], output_names=["logits"],
                dynamic_axes={"image": {0: "n", 2: "r", 3: "c"}, "logits": {0: "n", 2: "r", 3: "c"}},
            )  # fmt: skip
        networks[name] = {
            "preparation": {"kind": kind, "parameters": asdict(parameters)},
            "outputs": [{"name": "logits", "activation": "sigmoid"}],
            "graphs": {"cpu-int8": f"{name}.onnx"},
        }
    limits = {"brain": 0.5, "ventricle": 0.5, "lesion": 0.5, "smallest_lesion_ml": 0.0}
    (home / "model.json").write_text(json.dumps({"networks": networks, "thresholds": limits}), encoding="utf-8")
    return home


def test_a_kept_network_carries_what_the_cross_validation_chose(tmp_path: Path) -> None:
    spec = CheckpointSpec(NetworkSpec("teacher", widths=(4, 8)), run="teacher-final")
    save_checkpoint(build(spec.network), spec, tmp_path / "run.safetensors")
    record = tmp_path / "results" / "cv" / "metrics.json"
    record.parent.mkdir(parents=True)
    verb = ["keep", str(tmp_path / "run.safetensors"), "cv", "--results", str(tmp_path / "results")]
    out = tmp_path / "kept.safetensors"
    assert main([*verb, "--out", str(out)]) == ExitCode.MISUSE
    assert not out.exists()
    record.write_text('{"chosen_on_all": {"ventricle": 0.6, "lesion": 0.45, "smallest_ml": 0.01}}', encoding="utf-8")
    assert main([*verb, "--out", str(out)]) == 0
    kept = load_checkpoint(out)[1]
    assert (kept.thresholds, kept.smallest_lesion_ml, kept.run) == ((0.5, 0.6, 0.45), 0.01, "teacher-final")


def test_a_model_package_is_measured_like_a_checkpoint(workshop: Path) -> None:
    out = workshop / "m.json"
    for number in (1, 2, 3):
        shutil.rmtree(workshop / "brain" / "tabriz" / f"sub-{number}")
    assert main(["evaluate", str(package(workshop / "p")), str(workshop / "brain" / "tabriz"), "--json", str(out)]) == 0
    assert len(json.loads(out.read_text(encoding="utf-8"))["patients"]) == 1


def test_a_package_for_something_else_is_refused(workshop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = json.loads((package(workshop / "p") / "model.json").read_text(encoding="utf-8"))
    del spec["networks"]["brain"]
    (workshop / "p" / "model.json").write_text(json.dumps(spec), encoding="utf-8")
    assert main(["evaluate", str(workshop / "p"), str(workshop / "brain" / "tabriz")]) == ExitCode.MISUSE
    assert "not a package" in capsys.readouterr().err
