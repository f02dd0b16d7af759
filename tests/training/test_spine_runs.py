"""Whole runs on made-up sets: they record what they measured, a killed one goes on, and what they keep can be read."""

from __future__ import annotations

import itertools
import json
import warnings
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image
from spines import DISC_ROWS, make_axial, make_masks, make_mid, save, table, truth
from torch.utils.data import TensorDataset

from appliance.errors import Misuse, NothingToRead, Unreadable
from appliance.measure_spine import measure_levels
from appliance.spine_inputs import PATCH
from training import elapsed
from training.arguments import parser
from training.datasets.spider import read_masked, read_mid
from training.datasets.sudirman import BOTH_WEIGHTINGS, read_axial
from training.spine import commands, train_locator
from training.spine.answers import torch_answer
from training.spine.axial import AxialTask, Click, Located, grade, grading_data
from training.spine.checkpoints import find_answers, load_network, needed
from training.spine.contrast_check import believable, compare_weightings, read_t2
from training.spine.curves import counted, draw_curves
from training.spine.discs import DiscTask, cut_discs
from training.spine.evaluate import evaluate_spine, layout_of
from training.spine.fitting import SpineTask, fit, load_weights, save_weights
from training.spine.networks import Locator
from training.spine.notes_check import agreement, reading_error
from training.spine.pictures import draw_measures
from training.spine.relevance import class_relevance, grade_relevance, write_class_graph, write_grade_graph
from training.spine.sagittal import SagittalTask, segmentation_data
from training.spine.train_axial import AxialPlan
from training.spine.train_sagittal import SagittalPlan, sagittal_metrics

if TYPE_CHECKING:
    from pathlib import Path


class Slope(SpineTask):
    """One weight that learns to be one."""

    def __init__(self) -> None:
        super().__init__(torch.nn.Conv2d(1, 1, 1))

    def cost(self, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        return ((self.net(batch[0][:, :, None, None]) - batch[1][:, :, None, None]) ** 2).mean()


def located_set(folder: Path) -> list[Located]:
    return [Located(item, canal=(150.0, 120.0), disc=(110.0, 120.0)) for item in read_axial(make_axial(folder)).slices]


def test_a_killed_run_ends_with_the_same_weights_as_an_unbroken_one(tmp_path: Path) -> None:
    data = grading_data(located_set(tmp_path / "data")[:4])
    plan = {"batch": 4, "seed": 3}

    def fresh() -> AxialTask:
        torch.manual_seed(0)
        return AxialTask()

    whole, broken, resumed = fresh(), fresh(), fresh()
    fit(whole, data, tmp_path / "whole", epochs=3, **plan)

    class Killed(Exception):
        pass

    def die(*_: object) -> None:
        if broken.current_epoch == 2:
            raise Killed

    broken.on_train_batch_start = die
    with pytest.raises(Killed):
        fit(broken, data, tmp_path / "broken", epochs=3, **plan)
    done_again: list[int] = []
    resumed.on_train_epoch_start = lambda: done_again.append(resumed.current_epoch)
    fit(resumed, data, tmp_path / "broken", epochs=3, **plan)
    assert done_again == [2]
    for one, other in zip(whole.net.parameters(), resumed.net.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def test_minutes_bring_the_rate_down_and_end_a_run_before_its_epochs_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that goes a second on whenever it is looked at, so that ten steps fit."""
    ticks = itertools.count()
    monkeypatch.setattr(elapsed, "time", SimpleNamespace(monotonic=lambda: float(next(ticks))))
    data = TensorDataset(torch.zeros(4, 1), torch.ones(4, 1))
    task = Slope()
    rates: list[float] = []
    task.on_train_batch_end = lambda *_: rates.append(task.trainer.optimizers[0].param_groups[0]["lr"])
    fit(task, data, tmp_path / "run", epochs=10_000, batch=4, seed=3, minutes=10 / 60)
    assert len(rates) == 10
    assert rates[-1] < 0.2 * max(rates)


@pytest.mark.parametrize(
    ("what", "stage", "folds", "share"),
    [("axial", "both", 3, 5), ("sagittal", "folds", 3, 3), ("sagittal", "all", 3, 1), ("locator", "both", 2, 2)],
)
def test_time_is_shared_among_the_networks_that_are_trained(what: str, stage: str, folds: int, share: int) -> None:
    assert commands.networks(what, stage, folds) == share


def test_what_a_network_cannot_be_asked_is_said_before_anything_is_read(tmp_path: Path) -> None:
    asked = ["spine-fit", "discs", str(tmp_path), "--start-from", "weights.safetensors"]
    with pytest.raises(Misuse, match="discs cannot be asked for --start-from"):
        commands.fit(parser("").parse_args(asked))


@pytest.mark.slow
def test_the_grader_learns_what_can_be_seen(tmp_path: Path) -> None:
    located = located_set(tmp_path)
    torch.manual_seed(0)
    task = AxialTask(consistency=0.1)
    fit(task, grading_data(located), tmp_path / "run", epochs=14, batch=6, seed=1)
    told = grade(torch_answer(task.net), located)[:, 0, 2]
    truth = np.array([item.slice.student == 2 for item in located])
    assert told[truth].mean() > told[~truth].mean() + 0.1


def test_a_folder_without_t2_slices_is_said_and_not_compared(tmp_path: Path) -> None:
    with pytest.raises(NothingToRead, match="no PNG slices"):
        read_t2(tmp_path)


def test_saved_weights_come_back_and_say_what_they_are(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = Locator().eval()
    path = tmp_path / "any.safetensors"
    save_weights(net, path, {"network": "locator"})
    role, again = load_network(path)
    images = torch.randn(1, 1, 128, 128)
    assert role == "locator"
    assert torch.allclose(net(images), again(images), atol=0.02)
    assert path.stat().st_size < 3_000_000


def test_weights_that_say_nothing_or_are_none_are_refused(tmp_path: Path) -> None:
    save_weights(Locator(), tmp_path / "mute.safetensors", {})
    (tmp_path / "noise.safetensors").write_bytes(b"noise")
    for name in ("mute", "noise"):
        with pytest.raises(Unreadable, match=name):
            find_answers(tmp_path / f"{name}.safetensors")
    with pytest.raises(NothingToRead):
        find_answers(tmp_path)


def test_one_checkpoint_brings_its_siblings(tmp_path: Path) -> None:
    save_weights(Locator(), tmp_path / "a.safetensors", {"network": "locator"})
    save_weights(SagittalTask().net, tmp_path / "b.safetensors", {"network": "segmenter"})
    answers = find_answers(tmp_path / "b.safetensors")
    assert set(answers) == {"locator", "segmenter"}
    with pytest.raises(Misuse, match="discs"):
        needed(answers, "discs")


def test_a_model_package_is_measured_like_a_checkpoint(tmp_path: Path) -> None:
    net = Locator().eval()
    image = torch.randn(1, 1, 128, 128)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter announces its successor, which needs another library
        torch.onnx.export(net, (image,), tmp_path / "locator.onnx", dynamo=False)
    text = json.dumps({"networks": {"locator": {"graphs": {"cpu-fp32": "locator.onnx"}}}})
    (tmp_path / "model.json").write_text(text)
    answer = find_answers(tmp_path)["locator"]
    assert np.allclose(answer(image.numpy()), net(image).detach().numpy(), atol=1e-4)
    with pytest.raises(Misuse, match="cpu-int8"):
        find_answers(tmp_path, graph="cpu-int8")


def test_a_package_is_measured_by_the_graph_that_the_clinic_runs(tmp_path: Path) -> None:
    for role, bias in (("cpu-fp32", 1.0), ("cpu-int8", 2.0)):
        answers_always(bias, tmp_path / f"{role}.onnx")
    graphs = {"cpu-fp32": "cpu-fp32.onnx", "cpu-int8": "cpu-int8.onnx"}
    (tmp_path / "model.json").write_text(json.dumps({"networks": {"locator": {"graphs": graphs}}}))
    image = np.zeros((1, 1, 4, 4), dtype=np.float32)
    assert find_answers(tmp_path)["locator"](image).mean() == 2.0
    assert find_answers(tmp_path, graph="cpu-fp32")["locator"](image).mean() == 1.0


def answers_always(bias: float, path: Path) -> None:
    net = torch.nn.Conv2d(1, 1, 1)
    torch.nn.init.constant_(net.bias, bias)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter announces its successor, which needs another library
        torch.onnx.export(net, (torch.zeros(1, 1, 4, 4),), path, dynamo=False)


def test_masks_are_measured_and_numbered(tmp_path: Path) -> None:
    folder = make_masks(tmp_path)
    told = evaluate_spine({"segmenter": truth}, folder)
    assert told["layout"] == "sagittal_masks"
    assert all(told["dice"][name] > 0.9 for name in ("vertebra", "disc", "canal"))
    assert told["levels"]["accuracy"] == 1.0
    assert told["intervals"]["levels.accuracy"] == [1.0, 1.0]


def test_a_segmenter_that_sees_nothing_numbers_nothing_right(tmp_path: Path) -> None:
    slices = read_masked(make_masks(tmp_path))
    told = sagittal_metrics(slices, [np.zeros_like(item.labels) for item in slices])
    assert told["levels"]["accuracy"]["value"] == 0.0
    assert told["dice"]["disc"]["value"] == 0.0


def test_discs_are_cut_by_number_and_what_is_not_found_is_counted(tmp_path: Path) -> None:
    slices = read_mid(make_mid(tmp_path))
    cut = cut_discs(truth, slices)
    assert (cut.graded, cut.missing) == (4 * len(DISC_ROWS), 0)
    assert {disc.number for disc in cut.discs} == {1, 2, 3, 4}
    blind = cut_discs(lambda images: np.zeros((len(images), 4, *images.shape[2:]), dtype=np.float32), slices)
    assert blind.missing == blind.graded


def test_mid_slices_are_graded_under_the_promised_keys(tmp_path: Path) -> None:
    torch.manual_seed(0)
    told = evaluate_spine({"segmenter": truth, "discs": torch_answer(DiscTask().net)}, make_mid(tmp_path))
    assert -1 <= told["kappa"]["pfirrmann"] <= 1
    assert 0 <= told["auc"]["narrowing"] <= 1
    assert told["not_found"] == 0


def test_axial_slices_are_graded_under_the_promised_keys(tmp_path: Path) -> None:
    torch.manual_seed(0)
    answers = {"locator": torch_answer(Locator()), "grader": torch_answer(AxialTask().net)}
    told = evaluate_spine(answers, make_axial(tmp_path))
    assert {"serious_vs_no", "level_only"} <= set(told["auc"])
    assert 0 <= told["balanced_accuracy"] <= 1
    assert told["majority_rate"] == pytest.approx(15 / 18, abs=1e-3)


def test_the_graders_relevance_is_the_same_as_a_plain_graph(tmp_path: Path) -> None:
    torch.manual_seed(0)
    grader, crop = AxialTask().net.eval(), torch.randn(1, 1, 80, 96)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter announces its successor, which needs another library
        write_grade_graph(grader, (1, 80, 96), 0, 2, tmp_path / "explain.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "explain.onnx", providers=["CPUExecutionProvider"])
    once = np.zeros((1, 1, 80, 96), dtype=np.float32)
    once[..., 0, 0] = 1
    (said,) = session.run(["relevance"], {"image": crop.numpy(), "where": once})
    assert np.abs(said - grade_relevance(grader, crop, 0, 2).detach().numpy()).max() < 1e-3


@pytest.mark.parametrize("network", ["segmenter", "discs"])
def test_the_sagittal_networks_relevance_is_the_same_as_a_plain_graph(network: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    path, random = tmp_path / "explain.onnx", torch.Generator().manual_seed(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter announces its successor, which needs another library
        if network == "segmenter":
            net, image = SagittalTask().net.eval(), torch.randn(1, 1, 64, 96, generator=random)
            write_class_graph(net, (1, 64, 96), 2, path)
            where = (net(image).argmax(1, keepdim=True) == 2).float()
            relevance = class_relevance(net, image, 2)
        else:
            net, image = DiscTask().net.eval(), torch.randn(1, 1 + PATCH.facts, 64, 64, generator=random)
            write_grade_graph(net, (1 + PATCH.facts, 64, 64), 0, 3, path)
            where = torch.zeros(1, 1, 64, 64)
            where[..., 0, 0] = 1
            relevance = grade_relevance(net, image, 0, 3)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (said,) = session.run(["relevance"], {"image": image.numpy(), "where": where.numpy()})
    assert float(relevance.abs().max()) > 0
    assert np.abs(said - relevance.detach().numpy()).max() < 1e-3 * max(1.0, float(relevance.abs().max()))


def test_the_locator_is_measured_on_patients_that_it_never_saw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = make_axial(tmp_path / "data", patients=4)
    clicks = {item.file: Click((110.0, 120.0), (150.0, 120.0)) for item in read_axial(data).slices}
    monkeypatch.setattr("training.spine.axial._clicks", lambda: clicks)
    plan = AxialPlan(locator_epochs=1, folds=2)
    train_locator.run(data, tmp_path / "work", tmp_path / "results" / "spine-locator", plan)
    record = json.loads((tmp_path / "results" / "spine-locator" / "run.json").read_text())
    assert record["metrics"]["n"] == {"slices": 12, "patients": 4}
    assert record["metrics"]["canal"]["median_mm"]["value"] >= 0
    assert len((tmp_path / "work" / "out_of_fold.csv").read_text().splitlines()) == 13
    assert [path.name for path in (tmp_path / "results" / "spine-locator").iterdir()] == ["run.json"]


def test_curves_are_drawn_into_the_record_and_the_labels_stay_with_the_run(tmp_path: Path) -> None:
    axial = [(f"{k}.png", k, "L4/L5", k % 3, "" if k == 4 else k % 3, 0.6, 0.3, 0.1 + k / 10) for k in range(6)]
    table(
        tmp_path / "runs" / "a" / "out_of_fold.csv",
        ("file", "patient", "level", "student", "worded", "p_No", "p_Mild", "p_Serious"),
        axial,
    )
    discs = [(k, "T2", 1, 1 + k % 5, 1 + k % 4, k % 2, k / 10) for k in range(9)]
    columns = ("patient", "weighting", "disc", "pfirrmann", "pfirrmann_told", "narrowing", "p_narrowing")
    table(tmp_path / "runs" / "b" / "out_of_fold.csv", columns, discs)
    table(tmp_path / "runs" / "c" / "out_of_fold.csv", ("file", "patient", "vertebra"), [("x.png", 1, 0.9)])
    written = draw_curves(tmp_path / "runs", tmp_path / "results")
    assert not list((tmp_path / "results").rglob("*.csv"))
    assert [path.relative_to(tmp_path / "results").as_posix() for path in written] == [
        "a/roc.png",
        "a/confusion.png",
        "b/roc.png",
        "b/confusion.png",
    ]
    for path in written:
        with Image.open(path) as picture:
            assert picture.width > 200
    assert counted(np.array([0, 0, 2]), np.array([0, 1, 2]), 3) == [[1, 1, 0], [0, 0, 0], [0, 0, 1]]


def test_any_other_folder_is_not_a_spine_set(tmp_path: Path) -> None:
    assert layout_of(tmp_path) is None
    with pytest.raises(Misuse):
        evaluate_spine({}, tmp_path)


def test_the_weightings_are_compared_on_pairs_that_show_one_place(tmp_path: Path) -> None:
    slices = read_axial(make_axial(tmp_path)).slices
    known = [item for item in slices if item.level == "L4/L5"][:2]
    kept = [type(item)(item.file, BOTH_WEIGHTINGS[k], item.level, item.pixels) for k, item in enumerate(known)]
    t2 = {item.file: 255 - item.pixels for item in known}
    locator = torch_answer(Locator())
    pairs = compare_weightings([*slices, *kept], t2, locator, torch_answer(AxialTask().net))
    assert [pair.t2_file for pair in pairs] == [item.file for item in known]


def test_a_canal_far_from_its_disc_is_not_believed() -> None:
    usual = np.random.default_rng(0).normal((40, 0), 2, (100, 2))
    assert believable(usual, np.array([[41.0, 1.0], [5.0, 0.0], [40.0, 30.0]])).tolist() == [True, False, False]


def test_the_notes_check_counts_both_codings_and_the_reading(tmp_path: Path) -> None:
    told = agreement(read_axial(make_axial(tmp_path)).slices)
    assert told["agreement"] == 1.0
    table(
        tmp_path / "reading.csv",
        ("patient", "verdict", "what", "mended_since"),
        [(1, "right", "", ""), (2, "wrong", "side", "yes"), (3, "wrong", "verb", "no"), (4, "right", "", "")],
    )
    assert reading_error(tmp_path / "reading.csv") == {
        "notes_read": 4,
        "wrong": 2,
        "error_rate": 0.5,
        "wrong_after_mending": 1,
    }


def test_the_measuring_lines_are_drawn_where_the_canal_is(tmp_path: Path) -> None:
    item = read_masked(make_masks(tmp_path))[0]
    drawn = np.asarray(draw_measures(item.pixels, measure_levels(item.labels)))
    red = np.argwhere((drawn[..., 0] == 255) & (drawn[..., 1] == 70))
    assert len(red) > 50
    assert 2 * 64 <= red[:, 1].min() <= red[:, 1].max() <= 2 * 80


def test_slices_of_different_sizes_are_trained_together(tmp_path: Path) -> None:
    folder = make_masks(tmp_path, patients=1)
    wide = np.zeros((100, 160), dtype=np.uint8)
    save(folder / "images" / "1_slice2.png", wide)
    save(folder / "masks" / "1_slice2.png", wide)
    data = segmentation_data(read_masked(folder))
    assert isinstance(data, TensorDataset)
    assert data.tensors[0].shape[2:] == data.tensors[1].shape[1:]
    assert SagittalPlan().folds >= 3


def test_half_precision_weights_go_back_into_the_network(tmp_path: Path) -> None:
    net = DiscTask().net
    save_weights(net, tmp_path / "discs.safetensors", {"network": "discs"})
    again = DiscTask().net
    load_weights(again, tmp_path / "discs.safetensors")
    assert torch.allclose(net.out.weight, again.out.weight, atol=1e-3)
