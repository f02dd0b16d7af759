"""What could go wrong with anomaly maps: learning from lesions, leaking patients, or figures that flatter."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score
from torch import nn

from appliance.errors import Misuse
from training.anomaly import command, counting
from training.anomaly.comparison import fullest, measure
from training.anomaly.expectation import expect
from training.anomaly.learning import Contending, Effort, Learned, Remembering, learn
from training.anomaly.material import EVERY, NEARLY_LESION_FREE, material_of
from training.anomaly.methods import EXPECTED, METHODS, Plain, Taught, brightness, unet
from training.anomaly.networks import Adversaries, Autoencoder, PointingMap
from training.anomaly.samples import LesionFree
from training.anomaly.spoil import coarse_noise, drawn_lesions, untouched
from training.anomaly.store import load_measured, save_measured
from training.anomaly.tables import as_csv, as_markdown, best_of, row
from training.checkpoint import load_checkpoint
from training.packed import BRAIN, LESION, Pack, save_pack
from training.splits import Split, save_split

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*isinstance.treespec.*"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers.*"),
]

ROWS, COLUMNS, DEEP = 96, 96, 4
SPLIT = Split(0, (("tabriz/a", "mslesseg/c"), ("tabriz/b", "mslesseg/d")))
PATIENTS = (
    "tabriz/a",
    "tabriz/b",
    "mslesseg/c",
    "mslesseg/d",
    NEARLY_LESION_FREE[0],
    "tabriz_unlabelled/x",
    "glioma_tcga/g",
)


def a_pack(*, thin: bool = False) -> Pack:
    """Seven patients; each with an oval brain and, in slice 1, one bright lesion."""
    draw = np.random.default_rng(0)
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    brain = np.hypot((rows - 48) / 40, (columns - 48) / 32) < 1
    spot = np.hypot(rows - 40, columns - 60) < 5
    deep = DEEP * EVERY if thin else DEEP
    images = np.clip(draw.normal(100, 8, (len(PATIENTS) * deep, ROWS, COLUMNS)), 1, 255)
    labels = np.where(brain, BRAIN, 0)[None].repeat(len(images), axis=0).astype(np.uint8)
    for scan in range(len(PATIENTS)):
        images[scan * deep + 1][spot] += 90
        if not PATIENTS[scan].startswith("tabriz_unl"):
            labels[scan * deep + 1][spot] |= LESION
    known = [BRAIN if name.startswith("tabriz_unl") else BRAIN | LESION for name in PATIENTS]
    return Pack(
        images=images.astype(np.uint8),
        labels=labels,
        weights=np.ones(len(images), dtype=np.float32),
        scan_of=np.repeat(np.arange(len(PATIENTS)), deep).astype(np.int32),
        keys=np.array(PATIENTS),
        patients=np.array(PATIENTS),
        known=np.array(known, dtype=np.uint8),
        steps=np.ones(len(PATIENTS), dtype=np.int32),
        slice_mm=np.full(len(PATIENTS), 1.0 if thin else 6.0, dtype=np.float32),
    )


def test_no_slice_with_a_lesion_is_learned_from() -> None:
    material = material_of(a_pack())
    assert not material.lesion[material.lesion_free(SPLIT.everyone)].any()
    assert len(material.lesion_free(["tabriz/a"])) == DEEP - 1


def test_in_a_thin_stack_the_neighbours_of_a_lesion_are_left_out_too() -> None:
    material = material_of(a_pack(thin=True))
    assert len(material.of("tabriz/a")) == DEEP
    assert len(material.lesion_free(["tabriz/a"])) == DEEP - 2


def test_gliomas_and_other_unlabelled_patients_are_never_learned_from() -> None:
    material = material_of(a_pack())
    assert not len(material.lesion_free(["glioma_tcga/g", "tabriz_unlabelled/x"]))
    assert len(material.lesion_free(NEARLY_LESION_FREE)) == DEEP


def test_slices_whose_labels_are_wrong_are_neither_learned_from_nor_measured() -> None:
    pack = a_pack()
    pack.weights[0] = 0.0
    material = material_of(pack)
    assert 0 not in material.lesion_free(["tabriz/a"])
    assert 0 not in material.of("tabriz/a")


def test_outside_the_brain_there_is_nothing() -> None:
    pack = a_pack()
    material = material_of(pack)
    assert not material.images[(pack.labels & BRAIN) == 0].any()
    assert not (material.inside & ((pack.labels & BRAIN) == 0)).any()


@pytest.mark.parametrize("spoiler", [coarse_noise, drawn_lesions])
def test_slices_are_spoilt_inside_the_brain_alone_and_where_it_is_said(spoiler: object) -> None:
    material = material_of(a_pack())
    clean = material.images[0].astype(np.float32) / 255
    changed_somewhere = False
    for seed in range(12):
        given, where = spoiler(clean, clean[::-1].copy(), np.random.default_rng(seed))
        assert given.dtype == where.dtype == np.float32
        assert given.min() >= 0
        assert given.max() <= 1
        assert not given[clean == 0].any()
        assert not where[clean == 0].any()
        assert np.abs(given - clean)[where > 0].mean() > 0.01 if where.any() else True
        changed_somewhere |= bool(np.abs(given - clean).max() > 0.05)
    assert changed_somewhere


def test_a_sample_depends_on_its_number_and_the_seed_alone() -> None:
    material = material_of(a_pack())
    indices = material.lesion_free(SPLIT.everyone)
    sets = [LesionFree(material, indices, drawn_lesions, count=9, seed=seed, crop=64) for seed in (0, 0, 1)]
    first, again, other = (one[5] for one in sets)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first.clean, other.clean)
    assert first.clean.shape == (1, 64, 64)


def test_with_no_lesion_free_slice_there_is_a_clear_error() -> None:
    material = material_of(a_pack())
    with pytest.raises(Misuse, match="lesion-free"):
        LesionFree(material, np.array([], dtype=int), untouched, count=1, seed=0, crop=None)


def scored_at_random() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(3)
    lesion = draw.random((2, 20, 20)) < 0.2
    maps = np.clip(draw.normal(0.3, 0.1, lesion.shape) + 0.2 * lesion, 0, 0.999).astype(np.float32)
    maps = np.floor(maps * counting.BINS) / counting.BINS + 0.5 / counting.BINS
    return maps, np.ones_like(lesion), lesion


def test_figures_are_those_of_scikit_learn() -> None:
    maps, inside, lesion = scored_at_random()
    patient = counting.count(maps, inside, lesion)
    assert counting.area_under_roc(patient) == pytest.approx(roc_auc_score(lesion.ravel(), maps.ravel()))
    expected = average_precision_score(lesion.ravel(), maps.ravel())
    assert counting.area_under_precision(patient) == pytest.approx(expected)
    for limit in (0.25, 0.4):
        called = maps >= limit
        dice = 2 * (called & lesion).sum() / (called.sum() + lesion.sum())
        assert counting.dice_curve(patient)[int(limit * counting.BINS)] == pytest.approx(dice)


def test_a_lesion_where_nothing_is_scored_counts_as_missed() -> None:
    maps, inside, lesion = scored_at_random()
    inside[1] = False
    patient = counting.count(maps, inside, lesion)
    called = (maps >= 0.4) & inside
    dice = 2 * (called & lesion).sum() / (called.sum() + lesion.sum())
    assert counting.dice_curve(patient)[400] == pytest.approx(dice)


class Bright(nn.Module):
    """Remembers an even grey, whatever it was taught."""

    def __init__(self) -> None:
        super().__init__()
        self.grey = nn.Parameter(torch.tensor(0.4))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return 0 * image + self.grey


def test_no_patient_is_scored_by_a_network_that_saw_it(monkeypatch: pytest.MonkeyPatch) -> None:
    material = material_of(a_pack())
    taught: list[set[str]] = []

    def learn_nothing(_learner: object, samples: LesionFree, _batch: int, _seed: int) -> Learned:
        taught.append(set(material.patients[material.scan_of[samples.indices]].tolist()))
        return Learned(Bright(), Effort(1, 0.0, "CPU", 0.0, 0))

    scored: list[int] = []

    def maps(_network: nn.Module) -> object:
        fold = len(taught) - 1

        def score(images: np.ndarray) -> np.ndarray:
            scored.append(fold)
            return images

        return score

    monkeypatch.setattr("training.anomaly.comparison.learn", learn_nothing)
    method = Taught("probe", untouched, lambda _steps, _size: None, maps, crop=None)
    measured = measure(material, SPLIT, method, steps=1)
    assert [SPLIT.held_out(fold) & taught[fold] for fold in (0, 1)] == [frozenset(), frozenset()]
    assert all(set(NEARLY_LESION_FREE[:1]) <= seen for seen in taught)
    assert not any("glioma" in name for seen in taught for name in seen)
    assert set(measured.counted) == {*SPLIT.everyone, "glioma_tcga/g"}
    assert scored == [0, 0, 0, 1, 1, 1]


def test_a_patient_s_own_lesions_do_not_choose_its_threshold() -> None:
    measured = measure(material_of(a_pack()), SPLIT, Plain("threshold", brightness), steps=1)
    before = measured.thresholds
    own = measured.counted["tabriz/a"]
    measured.counted["tabriz/a"] = counting.Patient(own.other, own.lesion, 0.0)
    assert measured.thresholds["tabriz/a"] == before["tabriz/a"]
    for name in SPLIT.everyone - {"tabriz/a"}:
        other = measured.counted[name]
        measured.counted[name] = counting.Patient(np.roll(other.lesion, 50), np.roll(other.other, 50), 0.0)
    assert measured.thresholds["tabriz/a"] == before["tabriz/a"] + 50


@pytest.mark.parametrize("method", [one for one in METHODS if isinstance(one, Taught)], ids=lambda one: one.name)
def test_every_method_learns_and_maps(method: Taught) -> None:
    material = material_of(a_pack())
    indices = material.lesion_free(SPLIT.everyone)
    crop = method.crop and 64
    samples = LesionFree(material, indices, method.spoiler, count=3 * 8, seed=0, crop=crop)
    learned = learn(method.learner(3, (ROWS, COLUMNS)), samples, 8, 0)
    assert np.isfinite(learned.effort.last_loss)
    assert learned.effort.parameters <= 600_000
    images = material.images[:2].astype(np.float32) / 255
    maps = method.maps(learned.network)(images)
    assert maps.shape == images.shape
    assert maps.min() >= 0
    assert maps.max() <= 1


def test_what_is_usual_at_its_place_is_no_anomaly() -> None:
    pack = a_pack()
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    rim = (pack.labels[0] & BRAIN > 0) & (np.hypot((rows - 48) / 40, (columns - 48) / 32) > 0.8)
    pack.images[:, rim] = np.minimum(pack.images[:, rim].astype(int) + 90, 255).astype(np.uint8)
    material = material_of(pack)
    plain = measure(material, SPLIT, Plain("threshold", brightness), steps=1)
    placed = measure(material, SPLIT, next(one for one in METHODS if one.name == EXPECTED), steps=1)
    assert row(placed, "tabriz", plain)["dice_gain"] > 0.2


def test_expectations_are_learned_from_lesion_free_slices_alone() -> None:
    material = material_of(a_pack())
    free = material.lesion_free(SPLIT.everyone)
    before = expect(material, free)
    material.images[material.lesion.any(axis=(1, 2))] = 255
    assert np.array_equal(expect(material, free).mean, before.mean)


def test_what_is_brighter_than_remembered_is_found() -> None:
    measured = measure(material_of(a_pack()), SPLIT, Plain("threshold", brightness), steps=1)
    assert row(measured, "tabriz", measured)["dice"] > 0.9
    method = next(one for one in METHODS if one.name == "autoencoder")
    material = material_of(a_pack())
    index = material.of("tabriz/a")[fullest(material, "tabriz/a")]
    found = method.maps(Bright())(material.images[index][None].astype(np.float32) / 255)[0]
    lesion = material.lesion[index]
    assert found[lesion].mean() > 5 * found[material.inside[index] & ~lesion].mean()


@pytest.mark.slow
def test_the_critic_and_the_encoder_of_f_anogan_both_learn() -> None:
    torch.manual_seed(0)
    material = material_of(a_pack())
    network = Adversaries((ROWS // 2, COLUMNS // 2))
    before = {name: value.clone() for name, value in network.named_parameters()}
    samples = LesionFree(material, material.lesion_free(SPLIT.everyone), untouched, count=40, seed=0, crop=None)
    learn(Contending(network, 1e-3, 10), samples, 4, 0)
    still = [name for name, value in network.named_parameters() if torch.equal(value, before[name])]
    assert still == ["judge.bias"]  # the critic's verdicts are compared: what is added to all of them does not count


@pytest.mark.slow
def test_an_autoencoder_gets_better_with_learning() -> None:
    material = material_of(a_pack())
    samples = LesionFree(material, material.lesion_free(SPLIT.everyone), untouched, count=160, seed=0, crop=None)
    short = learn(Remembering(Autoencoder(), 2e-3, 2), samples=short_of(samples, 16), batch=8, seed=0)
    longer = learn(Remembering(Autoencoder(), 2e-3, 20), samples, 8, 0)
    assert longer.effort.last_loss < 0.8 * short.effort.last_loss


def short_of(samples: LesionFree, count: int) -> LesionFree:
    return LesionFree(samples.material, samples.indices, samples.spoiler, count=count, seed=0, crop=None)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_clinic_s_map_is_one_graph_that_says_the_same() -> None:
    torch.manual_seed(0)
    network = PointingMap(unet()).eval()
    image = torch.rand(1, 1, 64, 64)
    with torch.no_grad():
        expected = network(image).numpy()
    buffer = io.BytesIO()
    torch.onnx.export(network, (image,), buffer, dynamo=False, input_names=["image"], opset_version=17)
    session = onnxruntime.InferenceSession(buffer.getvalue(), providers=["CPUExecutionProvider"])
    assert np.abs(session.run(None, {"image": image.numpy()})[0] - expected).max() < 1e-4


def test_what_was_measured_is_kept_for_the_same_data_only(tmp_path: Path) -> None:
    measured = measure(material_of(a_pack()), SPLIT, Plain("threshold", brightness), steps=1)
    path = tmp_path / "threshold.npz"
    save_measured(measured, "these data", path)
    again = load_measured("these data", path)
    assert again is not None
    assert row(again, "tabriz", again) == row(measured, "tabriz", measured)
    assert again.thresholds == measured.thresholds
    assert load_measured("other data", path) is None
    assert load_measured("these data", tmp_path / "none.npz") is None
    assert [entry.name for entry in tmp_path.iterdir()] == ["threshold.npz"]


def test_the_tables_say_what_is_no_truth_and_who_wins() -> None:
    measured = measure(material_of(a_pack()), SPLIT, Plain("threshold, smoothed", brightness), steps=1)
    rows = [row(measured, name, measured) for name in ("tabriz", "mslesseg", "glioma_tcga")]
    facts = {"lesion_free_slices": 1, "steps": 1, "device": "CPU", "seed": 0, "data_hash": "x"}
    text = as_markdown(rows, facts)
    assert "No method beats the threshold" in text
    assert "**not truth**" in text
    assert "no healthy controls" in text
    better = [{**line, "method": "clever", "dice_mean": line["dice_mean"] + 0.01} for line in rows]
    assert best_of([*rows, *better]) == "clever"
    assert as_csv(rows).count("\n") == 4


@pytest.mark.slow
def test_the_whole_verb_leaves_tables_pictures_and_a_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(counting, "RESAMPLES", 20)
    few = [replace(one, crop=64) if one.name == "drawn lesions" else one for one in METHODS]
    monkeypatch.setattr(
        command, "METHODS", [one for one in few if one.name in {"threshold, smoothed", "drawn lesions"}]
    )
    monkeypatch.setattr(command, "best_of", lambda _rows: "drawn lesions")
    save_pack(a_pack(), tmp_path / "pack.npz")
    save_split(SPLIT, tmp_path / "split.json")
    args = SimpleNamespace(
        pack=tmp_path / "pack.npz",
        split=tmp_path / "split.json",
        steps=2,
        only=None,
        brains="",
        results=tmp_path / "results",
    )
    command.run(args, lambda _pattern, _split: None)
    assert {entry.name for entry in (tmp_path / "results" / "anomaly").iterdir()} == {
        "comparison.json",
        "comparison.csv",
        "comparison.md",
    }
    kept = {entry.name for entry in (tmp_path / "runs" / "anomaly").iterdir()}
    assert kept == {"threshold-smoothed.npz", "drawn-lesions.npz", "maps.png", "anomaly.safetensors"}
    network, spec = load_checkpoint(tmp_path / "runs" / "anomaly" / "anomaly.safetensors")
    assert 0 <= spec.thresholds[0] < 1
    assert spec.lesion_input.margin_mm == 0
    assert network(torch.zeros(1, 1, 64, 64)).shape == (1, 1, 64, 64)


def test_a_method_that_does_not_exist_is_named(tmp_path: Path) -> None:
    save_pack(a_pack(), tmp_path / "pack.npz")
    save_split(SPLIT, tmp_path / "split.json")
    args = SimpleNamespace(
        pack=tmp_path / "pack.npz", split=tmp_path / "split.json", steps=1, only=["magic"], brains=""
    )
    with pytest.raises(Misuse, match="magic"):
        command.run(args, lambda _pattern, _split: None)
