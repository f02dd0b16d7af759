"""The pieces of the spine's training: splits that leak nobody, views that keep their labels, honest figures."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import Misuse
from training.datasets.rsna2024 import weighted_log_loss
from training.datasets.sudirman import AxialSlice
from training.spine.augment import Contrast, Motion, motion_grid, moved, randomise_contrast
from training.spine.axial import AxialTask
from training.spine.discs import ordinal_targets
from training.spine.evaluate import apart
from training.spine.folds import patient_folds
from training.spine.metrics import auc, bootstrapped, calibration_error, classification, kappa
from training.spine.networks import FiveBlocks, Grader, Locator, SpineNet, landmark_points
from training.spine.relevance import class_relevance, grade_relevance
from training.spine.report_axial import level_only
from training.spine.sagittal import dice_by_class, dice_loss, same_levels


@given(st.dictionaries(st.integers(0, 500), st.integers(0, 40), min_size=30), st.integers(2, 5))
def test_whoever_belongs_together_is_in_one_fold(groups: dict[int, int], count: int) -> None:
    if len(set(groups.values())) < count:
        with pytest.raises(Misuse):
            patient_folds(groups, count, seed=1)
        return
    folds = patient_folds(groups, count, seed=1)
    assert set(folds) == set(groups)
    assert all(folds[a] == folds[b] for a in groups for b in groups if groups[a] == groups[b])
    assert set(folds.values()) == set(range(count))


def test_folds_are_the_same_for_the_same_seed_and_about_equal() -> None:
    groups = {patient: patient for patient in range(100)}
    one, again = (patient_folds(groups, 5, seed=3) for _ in range(2))
    assert one == again
    assert set(np.bincount(list(one.values()))) == {20}


def test_an_unmoved_view_is_the_middle_of_the_picture() -> None:
    images = torch.arange(20.0).view(1, 1, 1, 20).expand(1, 1, 10, 20)
    still = Motion(degrees=0, zoom=0, shift=0, mirror=0)
    grid, mirrored = motion_grid(1, (10, 20), (10, 12), still)
    assert torch.allclose(moved(images, grid)[0, 0, 0], torch.arange(4.0, 16.0), atol=1e-3)
    assert not mirrored.any()


def test_a_mirrored_view_is_said_to_be_one_and_a_sagittal_one_never_is() -> None:
    images = torch.arange(20.0).view(1, 1, 1, 20).expand(4, 1, 10, 20)
    always = Motion(degrees=0, zoom=0, shift=0, mirror=1)
    grid, mirrored = motion_grid(4, (10, 20), (10, 20), always, torch.tensor([1.0, 0.0, 1.0, 0.0]))
    assert mirrored.tolist() == [True, False, True, False]
    assert moved(images, grid)[0, 0, 0, 0] > moved(images, grid)[1, 0, 0, 0]


def test_labels_are_never_mixed_when_they_are_turned() -> None:
    labels = torch.randint(0, 2, (3, 40, 40)) * 3
    grid, _ = motion_grid(3, (40, 40), (32, 32), Motion(degrees=30))
    assert set(moved(labels, grid, labels=True).unique().tolist()) <= {0, 3}


def test_recoloured_pictures_stay_finite_even_when_flat() -> None:
    images = torch.zeros(4, 1, 32, 32)
    changed = randomise_contrast(images, Contrast(tissue=1.0, noise=0.0), torch.zeros(4, 32, 32, dtype=torch.long))
    assert torch.isfinite(changed).all()


def test_lifting_a_tissue_can_turn_the_canal_dark() -> None:
    torch.manual_seed(0)
    labels = torch.zeros(64, 32, 32, dtype=torch.long)
    labels[:, 8:24, 8:24] = 3
    images = labels[:, None].float()
    changed = randomise_contrast(images, Contrast(curve=0, upside_down=0, bias=0, noise=0, blur=0, tissue=4.0), labels)
    inside, outside = changed[:, 0, 12:20, 12:20].mean((1, 2)), changed[:, 0, :4, :4].mean((1, 2))
    assert 3 < int((inside < outside).sum()) < 40


def task_batch(counted: float) -> tuple[torch.Tensor, ...]:
    images = torch.randn(4, 1, 112, 128)
    targets = torch.zeros(4, 5, 3)
    targets[..., 0] = 1
    return images, images, targets, torch.full((4, 5), counted), torch.ones(4, 2)


def test_missing_labels_cost_nothing() -> None:
    torch.manual_seed(1)
    task = AxialTask(consistency=0.0)
    assert float(task.cost(task_batch(0.0)).detach()) == 0.0
    assert float(task.cost(task_batch(1.0)).detach()) > 0.0


def test_disagreement_of_two_views_costs() -> None:
    task = AxialTask(consistency=5.0)
    torch.manual_seed(2)
    apart_views = task.cost(task_batch(0.0))
    assert float(apart_views.detach()) > 0.0


def test_a_mirror_image_swaps_the_sides_of_its_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    task = AxialTask(consistency=0.0)
    left = torch.tensor([[[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]])
    counts = torch.tensor([[1.0, 1.0, 0.0, 0.0, 0.0]])
    logits = torch.zeros(1, 15)
    logits[0, 8] = 5.0
    monkeypatch.setattr(task, "net", torch.nn.Identity())
    monkeypatch.setattr(task.net, "forward", lambda crops: logits[: len(crops)])
    costs = []
    for mirror in (0.0, 1.0):
        monkeypatch.setattr("training.spine.axial.Motion", lambda m=mirror: Motion(mirror=m))
        costs.append(float(task._view(torch.randn(1, 1, 112, 128), left, counts, torch.ones(1))[0].detach()))
    assert costs[1] < costs[0]


@pytest.mark.parametrize("net", [Grader([3] * 5), FiveBlocks([3] * 5)])
def test_graders_say_three_grades_for_five_heads(net: torch.nn.Module) -> None:
    assert net.eval()(torch.randn(2, 1, 80, 96)).shape == (2, 15)


def test_what_is_known_of_a_disc_changes_its_grade() -> None:
    net = Grader([5], known=2).eval()
    planes = torch.zeros(2, 3, 64, 64)
    planes[1, 1:] = 1.0
    said = net(planes)
    assert not torch.allclose(said[0], said[1])


def test_a_segmenter_answers_on_the_slices_grid_for_any_multiple_of_its_step() -> None:
    assert SpineNet().eval()(torch.randn(1, 1, 96, 160)).shape == (1, 4, 96, 160)


def test_a_sharp_map_is_a_place_in_input_pixels() -> None:
    logits = torch.full((1, 2, 32, 32), -30.0)
    logits[0, 0, 4, 7] = 30.0
    logits[0, 1, 20, 3] = 30.0
    points = landmark_points(logits, Locator.stride)
    assert points[0].tolist() == [pytest.approx([17.5, 29.5]), pytest.approx([81.5, 13.5])]


def test_relevance_is_conserved_through_grader_and_segmenter() -> None:
    torch.manual_seed(0)
    grader, crop = Grader([3] * 5).eval(), torch.randn(1, 1, 80, 96)
    told = grader(crop)[0, 2].detach()
    assert float(grade_relevance(grader, crop, head=0, grade=2).sum()) == pytest.approx(float(told), rel=0.01)
    segmenter, image = SpineNet().eval(), torch.randn(1, 1, 64, 64)
    with torch.no_grad():
        logits = segmenter(image)
        told = (logits[:, 2] * (logits.argmax(1) == 2)).sum()
    assert float(class_relevance(segmenter, image, 2).sum()) == pytest.approx(float(told), rel=0.01)


def test_neighbouring_grades_are_half_right() -> None:
    targets = ordinal_targets(torch.tensor([0, 2]), 5, spread=0.5)
    assert targets.sum(1).tolist() == pytest.approx([1, 1])
    assert targets[1, 2] > targets[1, 1] > targets[1, 0]


def test_dice_is_one_for_the_truth_and_missing_where_there_is_nothing() -> None:
    labels = np.zeros((10, 10), dtype=np.uint8)
    labels[:5] = 1
    told = dice_by_class(labels, labels)
    assert told[0] == 1.0
    assert np.isnan(told[1:]).all()


def test_the_dice_loss_falls_as_the_answer_gets_right() -> None:
    labels = torch.randint(0, 4, (2, 16, 16))
    right = torch.nn.functional.one_hot(labels, 4).permute(0, 3, 1, 2) * 10.0
    assert float(dice_loss(right, labels)) < 0.05 < float(dice_loss(-right, labels))


def test_one_disc_too_many_or_too_few_is_a_wrong_numbering() -> None:
    truth = np.zeros((100, 60), dtype=np.uint8)
    for row in (10, 40, 70):
        truth[row : row + 8, 10:40] = 2
    fewer, moved_one = truth.copy(), np.roll(truth, 14, axis=0)
    fewer[70:78] = 0
    assert same_levels(truth, truth)
    assert not same_levels(fewer, truth)
    assert not same_levels(moved_one, truth)


def test_an_interval_is_drawn_over_patients_and_not_over_slices() -> None:
    values = np.repeat([0.0, 1.0], 50)
    patients = np.repeat([1, 2], 50)
    figure = bootstrapped(lambda rows: float(values[rows].mean()), patients)
    assert (figure["low"], figure["value"], figure["high"]) == (0.0, 0.5, 1.0)


def test_one_class_alone_has_no_auc() -> None:
    assert np.isnan(auc(np.ones(4, dtype=int), np.arange(4.0)))


def test_kappa_is_one_for_agreement_and_none_for_chance() -> None:
    truth = np.array([0, 1, 2, 3, 4] * 4)
    assert kappa(truth, truth, "quadratic") == 1.0
    assert kappa(truth, np.full(20, 2), "quadratic") == pytest.approx(0.0)
    assert kappa(truth, truth[::-1].copy(), "linear") < 0
    assert np.isnan(kappa(np.zeros(3, dtype=int), np.zeros(3, dtype=int), "linear"))


def test_a_sure_and_wrong_network_is_badly_calibrated() -> None:
    truth = np.zeros(100, dtype=int)
    right, wrong = np.tile([0.99, 0.01], (100, 1)), np.tile([0.01, 0.99], (100, 1))
    assert calibration_error(truth, right) < 0.02
    assert calibration_error(truth, wrong) > 0.9


def test_the_majority_rate_stands_beside_the_accuracy() -> None:
    truth = np.array([0] * 8 + [1, 2])
    told = classification(truth, np.tile([0.8, 0.1, 0.1], (10, 1)), np.arange(10), ("No", "Mild", "Serious"))
    assert told["majority_rate"] == told["accuracy"]["value"] == 0.8
    assert told["balanced_accuracy"]["value"] == pytest.approx(1 / 3, abs=1e-3)
    assert told["confusion"] == [[8, 0, 0], [1, 0, 0], [1, 0, 0]]


def test_the_level_only_baseline_is_the_share_of_serious_at_the_level() -> None:
    pixels = np.zeros((4, 4), dtype=np.uint8)
    places = [("a", 1, "L4/L5"), ("b", 2, "L4/L5"), ("c", 3, "L3/L4"), ("d", 4, "L4/L5")]
    slices = [AxialSlice(*place, pixels) for place in places]
    assert level_only(slices, np.array([2, 0, 0, 1])).tolist() == [0.5, 0.5, 0.0, 0.5]


def test_figures_are_plain_numbers_with_their_intervals_apart() -> None:
    table = apart({"auc": {"narrowing": {"value": 0.9, "low": 0.8, "high": float("nan")}}, "n": 3})
    assert table["auc"]["narrowing"] == 0.9
    assert table["intervals"] == {"auc.narrowing": [0.8, None]}


def test_the_competitions_loss_weighs_severe_cases_fourfold() -> None:
    truth = np.full((2, 5), -1)
    truth[0, 0], truth[1, 0] = 0, 2
    truth[:, 1:] = 0
    sure = np.tile([1.0, 0.0, 0.0], (2, 5, 1))
    sure[1, 0] = [0.0, 0.0, 1.0]
    assert weighted_log_loss(truth, sure, [7, 8])["score"] == pytest.approx(0, abs=1e-9)
    even = np.full((2, 5, 3), 1 / 3)
    assert weighted_log_loss(truth, even, [7, 8])["canal"] == pytest.approx(np.log(3))
    missed = sure.copy()
    missed[1, 0] = [0.5, 0.25, 0.25]
    losses = weighted_log_loss(truth, missed, [7, 8])
    assert losses["canal"] == pytest.approx(4 * np.log(4) / 5)
    assert losses["any_severe_canal"] == pytest.approx(4 * np.log(4) / 5)


def test_tables_that_do_not_fit_are_refused() -> None:
    with pytest.raises(Misuse):
        weighted_log_loss(np.zeros((2, 5), dtype=int), np.zeros((3, 5, 3)), [1, 2])
