"""Whole runs on made-up sets: they record what they measured, a killed one goes on, and what they keep can be read."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image
from spines import DISC_ROWS, make_axial, make_masks, make_mid, sagittal_pair, save, table
from torch.utils.data import TensorDataset

from appliance.errors import Misuse, NothingToRead, Unreadable
from appliance.measure.grades import told_grade
from appliance.measure_spine import measure_levels
from appliance.sample.dicom_writer import write_series
from appliance.sample.scan_spec import FileNames, Protocol, SeriesSpec
from training.datasets.rsna2024 import CONDITIONS, LEVELS, read_image, read_rsna
from training.datasets.spider import read_masked, read_mid
from training.datasets.sudirman import BOTH_WEIGHTINGS, read_axial
from training.spine import train_discs, train_locator
from training.spine.answers import torch_answer
from training.spine.axial import AxialTask, Click, Located, grade, grading_data
from training.spine.checkpoints import find_answers, load_network, needed, pfirrmann_cuts
from training.spine.contrast_check import believable, compare_weightings
from training.spine.curves import counted, draw_curves
from training.spine.dicom_png import export_folder
from training.spine.discs import FACTS, HALFWAY, DiscTask, GradedDisc, cut_discs
from training.spine.evaluate import evaluate_spine, layout_of
from training.spine.fitting import fit, load_weights, save_weights
from training.spine.networks import Locator
from training.spine.notes_check import agreement, reading_error
from training.spine.pictures import draw_measures
from training.spine.relevance import class_relevance, grade_relevance, write_class_graph, write_grade_graph
from training.spine.sagittal import SagittalTask, segmentation_data
from training.spine.train_axial import AxialPlan
from training.spine.train_discs import DiscPlan, chosen_cuts, told_out_of_fold
from training.spine.train_rsna import RsnaPlan, collect
from training.spine.train_rsna import run as run_rsna
from training.spine.train_sagittal import SagittalPlan, sagittal_metrics

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def truth(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Answer as a perfect segmenter would: all made-up slices have the same anatomy."""
    labels = sagittal_pair(np.random.default_rng(0))[1]
    scale = max(images.shape[2:]) / max(labels.shape)
    rows, columns = (
        np.minimum((np.arange(n) / scale).astype(int), m - 1)
        for n, m in zip(images.shape[2:], labels.shape, strict=True)
    )
    one_hot = np.moveaxis(np.eye(4, dtype=np.float32)[labels[np.ix_(rows, columns)]], -1, 0)
    return np.repeat(one_hot[None], len(images), axis=0)


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


@pytest.mark.slow
def test_the_grader_learns_what_can_be_seen(tmp_path: Path) -> None:
    located = located_set(tmp_path)
    torch.manual_seed(0)
    task = AxialTask(consistency=0.1)
    fit(task, grading_data(located), tmp_path / "run", epochs=14, batch=6, seed=1)
    told = grade(torch_answer(task.net), located)[:, 0, 2]
    truth = np.array([item.slice.student == 2 for item in located])
    assert told[truth].mean() > told[~truth].mean() + 0.1


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


def discs_of(grades: list[int], weighting: str = "T2") -> list[GradedDisc]:
    blank = np.zeros((1, 1), dtype=np.float32)
    return [GradedDisc(k, weighting, 1, blank, blank[0], (grade,)) for k, grade in enumerate(grades)]


def unsure(grades: list[int]) -> NDArray[np.float64]:
    """Answer as a network does that is drawn to the middle: the outer grades are never the nearest."""
    expected = 1.4 + 0.3 * np.array(grades)
    high = np.eye(5)[4] * (expected / 4)[:, None]
    return high + np.eye(5)[0] * (1 - expected / 4)[:, None]


def test_cut_points_bring_back_the_outer_grades_of_an_unsure_network() -> None:
    grades = [0, 0, 1, 2, 2, 3, 4, 4] * 4
    rows = np.ones(len(grades), dtype=bool)
    cuts = chosen_cuts(discs_of(grades), unsure(grades), rows)
    assert sorted(set(told_grade(unsure(grades), HALFWAY))) == [1, 2, 3]
    assert told_grade(unsure(grades), cuts).tolist() == grades


def test_cut_points_of_a_fold_come_from_the_other_folds_alone() -> None:
    grades = [0, 1, 2, 3, 4] * 4
    folds = np.array([0] * 10 + [1] * 10)
    told = told_out_of_fold(discs_of(grades), unsure(grades), folds)
    shifted = [*grades[:10], *([4] * 10)]
    again = told_out_of_fold(discs_of(shifted), unsure(grades), folds)
    assert told.tolist() == grades
    assert again[10:].tolist() == told[10:].tolist()
    assert again[:10].tolist() != told[:10].tolist()


def test_without_t2_there_is_nothing_to_choose_cut_points_on() -> None:
    assert chosen_cuts(discs_of([0, 4], "T1"), unsure([0, 4]), np.ones(2, dtype=bool)) == HALFWAY


def test_the_folds_choose_cut_points_and_the_final_network_carries_them(tmp_path: Path) -> None:
    data, work, results = make_mid(tmp_path / "data"), tmp_path / "work", tmp_path / "results" / "spine-discs"
    plan = DiscPlan(epochs=1, folds=2)
    with pytest.raises(Misuse, match="cut points"):
        train_discs.train_final(data, truth, work, tmp_path, plan)
    train_discs.run(data, truth, work, results, plan)
    train_discs.train_final(data, truth, work, tmp_path / "kept", plan)
    chosen = json.loads((results / "run.json").read_text())["metrics"]["pfirrmann_cuts"]
    assert len(chosen) == 4
    assert pfirrmann_cuts(tmp_path / "kept") == pytest.approx(tuple(chosen), abs=1e-3)


def test_a_package_brings_its_cut_points_and_without_any_they_lie_halfway(tmp_path: Path) -> None:
    wanted = {f"pfirrmann_from_{grade}": grade - 0.4 for grade in range(2, 6)}
    for thresholds, cuts in ((wanted, (0.6, 1.6, 2.6, 3.6)), ({}, HALFWAY)):
        (tmp_path / "model.json").write_text(json.dumps({"thresholds": thresholds}))
        assert pfirrmann_cuts(tmp_path) == pytest.approx(cuts)


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
            net, image = DiscTask().net.eval(), torch.randn(1, 1 + FACTS, 64, 64, generator=random)
            write_grade_graph(net, (1 + FACTS, 64, 64), 0, 3, path)
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
    assert len((tmp_path / "results" / "spine-locator" / "out_of_fold.csv").read_text().splitlines()) == 13


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


def spine_series(folder: Path, protocol: Protocol, slices: int = 3) -> list[Path]:
    voxels = np.random.default_rng(0).integers(0, 900, (96, 96, slices)).astype(np.float32)
    affine = np.diag([0.7, 0.7, 4.0, 1.0])
    return write_series(folder, voxels, affine, spec=SeriesSpec(protocol=protocol, file_names=FileNames.DCM))


def make_rsna(folder: Path, studies: int = 4) -> Path:
    """RSNA 2024's layout: axial T2 and sagittal T2 for every study, coordinates for two levels."""
    described, coordinates, grades = [], [], []
    for study in range(100, 100 + studies):
        for series, protocol, words in (
            (1, Protocol.SPINE_T2_AXIAL, "Axial T2"),
            (2, Protocol.SPINE_T2_SAGITTAL, "Sagittal T2/STIR"),
        ):
            place = folder / "train_images" / str(study) / str(series)
            for number, path in enumerate(spine_series(place, protocol), start=1):
                path.rename(place / f"{number}.dcm")
            described.append((study, series, words))
        for level, number in (("L4/L5", 1), ("L5/S1", 2)):
            coordinates.append((study, 1, number, "Left Subarticular Stenosis", level, 40.0, 50.0))
            coordinates.append((study, 1, number, "Right Subarticular Stenosis", level, 56.0, 50.0))
            coordinates.append((study, 2, number, "Spinal Canal Stenosis", level, 48.0, 30.0))
        severe = "Severe" if study % 2 else "Normal/Mild"
        grades.append((study, *(severe if k % 5 == 3 else "" if k % 5 == 0 else "Moderate" for k in range(25))))
    columns = [f"{c}_{level.lower().replace('/', '_')}" for c in CONDITIONS for level in LEVELS]
    table(folder / "train.csv", ("study_id", *columns), grades)
    table(folder / "train_series_descriptions.csv", ("study_id", "series_id", "series_description"), described)
    where = ("study_id", "series_id", "instance_number", "condition", "level", "x", "y")
    table(folder / "train_label_coordinates.csv", where, coordinates)
    return folder


def test_the_rsna_layout_is_read_with_its_missing_grades(tmp_path: Path) -> None:
    levels = read_rsna(make_rsna(tmp_path, studies=2))
    assert len(levels) == 2 * 5
    lowest = next(level for level in levels if (level.study, level.level) == (101, "L4/L5"))
    assert lowest.grades[0] == 2
    assert next(level for level in levels if level.level == "L1/L2").grades == (None,) * 5
    assert [place.series for place in lowest.places] == ["Axial T2", "Axial T2", "Sagittal T2/STIR"]
    pixels, spacing = read_image(lowest.places[0].path)
    assert pixels.shape == (96, 96)
    assert spacing == pytest.approx((0.7, 0.7))


def test_the_rsna_set_is_trained_and_measured_by_one_call_and_a_broken_image_costs_only_itself(tmp_path: Path) -> None:
    data = make_rsna(tmp_path / "set")
    broken = data / "train_images" / "100" / "1" / "1.dcm"
    broken.write_bytes(b"not an image")
    plan = RsnaPlan(epochs=1, batch=4, folds=2)
    losses = run_rsna(data, tmp_path / "work", tmp_path / "results", plan)
    assert set(losses) == {"canal", "foramen", "subarticular", "any_severe_canal", "score"}
    record = json.loads((tmp_path / "results" / "run.json").read_text())
    assert len(record["metrics"]["left_out"]) == 1
    assert record["metrics"]["weighted_log_loss"]["score"] == pytest.approx(losses["score"])
    assert load_network(tmp_path / "work" / "grader.safetensors")[0] == "grader"


def test_a_level_seen_from_one_side_only_is_its_own_second_view(tmp_path: Path) -> None:
    data = make_rsna(tmp_path, studies=1)
    (data / "train_images" / "100" / "1" / "1.dcm").unlink()
    views, left_out = collect(read_rsna(data))
    assert [view.axial is None for view in views] == [True, False]
    assert len(left_out) == 1


@pytest.mark.parametrize(("old", "new"), [("Severe", "Dreadful"), ("Spinal Canal", "Spinal Tap")])
def test_rsna_words_that_nobody_knows_are_refused(tmp_path: Path, old: str, new: str) -> None:
    data = make_rsna(tmp_path, studies=2)
    for name in ("train.csv", "train_label_coordinates.csv"):
        (data / name).write_text((data / name).read_text().replace(old, new))
    with pytest.raises(Unreadable, match=new):
        read_rsna(data)


def test_dicom_becomes_png_and_what_does_not_is_listed(tmp_path: Path) -> None:
    paths = spine_series(tmp_path / "in" / "series", Protocol.SPINE_T2_AXIAL, slices=2)
    (tmp_path / "in" / "broken.dcm").write_bytes(paths[0].read_bytes()[:900])
    (tmp_path / "in" / "letter.txt").write_text("Dear doctor")
    done = list(export_folder(tmp_path / "in", tmp_path / "out"))
    assert sorted(item.source.name for item in done if item.why_not) == ["broken.dcm", "letter.txt"]
    pictures = [path for item in done for path in item.pictures]
    assert sorted(pictures) == sorted((tmp_path / "out").rglob("*.*"))
    assert {path.parent.name for path in pictures} == {"series"}
    with Image.open(pictures[0]) as picture:
        assert (picture.mode, picture.size, np.asarray(picture).max()) == ("L", (96, 96), 255)


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
