"""What a network is shown while it learns: right slices, right labels, the same for the same seed."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from brains import small_pack

from training.augment import Augmentation, change_head, change_intensities, mask_out, move, transplant
from training.packed import BRAIN, LESION
from training.samples import Plan, Slices, WholeSlices, chances, collate, output_weights, sample_of

CALM = Augmentation(**{entry.name: 0 if entry.name == "mask_jitter_px" else 0.0 for entry in fields(Augmentation)})
"""Changes nothing."""


def draw() -> np.random.Generator:
    return np.random.default_rng(3)


def test_the_same_seed_and_epoch_plan_the_same_samples() -> None:
    plans = [Plan(np.ones(18), 40, seed=5) for _ in range(2)]
    for plan in plans:
        plan.set_epoch(3)
    assert list(plans[0]) == list(plans[1])
    plans[1].set_epoch(4)
    assert list(plans[0]) != list(plans[1])


def test_several_devices_share_the_plan_without_overlap() -> None:
    whole = list(Plan(np.ones(18), 40, seed=5))
    shares = [list(Plan(np.ones(18), 40, seed=5, rank=rank, devices=2)) for rank in range(2)]
    assert [len(share) for share in shares] == [20, 20]
    assert sorted(shares[0] + shares[1]) == sorted(whole)


def test_the_same_pair_gives_the_same_sample() -> None:
    slices = Slices(small_pack(), np.ones(18, dtype=bool), Augmentation(), (24, 24), heads=False)
    one, other = slices[7, 99], slices[7, 99]
    torch.testing.assert_close(one.image, other.image, rtol=0, atol=0)
    torch.testing.assert_close(one.truth, other.truth, rtol=0, atol=0)
    assert not torch.equal(one.image, slices[7, 100].image)


def test_patients_who_are_held_out_are_never_drawn_nor_give_lesions() -> None:
    pack = small_pack()
    allowed = chances(pack, frozenset({"a/1", "b/3"}), {"a": 0.5, "b": 0.5}, 0.7)
    held_out = np.flatnonzero(pack.patients[pack.scan_of] == "a/2")
    assert allowed[held_out].sum() == 0
    assert {index for index, _ in Plan(allowed, 500, seed=0)}.isdisjoint(held_out)
    assert set(Slices(pack, allowed > 0, Augmentation(), (24, 24), heads=False).donors).isdisjoint(held_out)


def test_data_sets_and_lesions_are_drawn_by_their_shares() -> None:
    pack = small_pack()
    allowed = chances(pack, frozenset(pack.patients.tolist()), {"a": 0.9, "b": 0.1}, 0.75)
    with_lesion = (pack.labels & LESION).any(axis=(1, 2))
    of_a = np.char.startswith(pack.patients, "a/")[pack.scan_of]
    assert allowed[of_a].sum() == pytest.approx(0.9)
    assert allowed[of_a & with_lesion].sum() == pytest.approx(0.9 * 0.75)


def test_a_slice_that_is_not_trusted_is_never_drawn() -> None:
    pack = small_pack()
    pack.weights[4] = 0.0
    assert chances(pack, frozenset(pack.patients.tolist()), {"a": 0.5, "b": 0.5}, 0.7)[4] == 0


def test_what_is_not_labelled_counts_for_nothing() -> None:
    pack = small_pack()
    assert output_weights(pack, 0).tolist() == [1.0, 1.0, 1.0]
    assert output_weights(pack, 17).tolist() == [1.0, 0.0, 1.0]


def test_neighbours_never_come_from_another_scan() -> None:
    pack = small_pack()
    first_of_second = 6
    image, _ = sample_of(pack, first_of_second)
    torch.testing.assert_close(image[0], image[1])
    torch.testing.assert_close(image[2], torch.from_numpy(pack.images[7].astype(np.float32) / 255))


def test_thin_slices_are_averaged_and_their_labels_voted_on() -> None:
    pack = small_pack(slices=8)
    image, truth = sample_of(pack, 20, half_slab=1)
    expected = pack.images[19:22].astype(np.float32).mean(axis=0) / 255
    torch.testing.assert_close(image[1], torch.from_numpy(expected))
    votes = ((pack.labels[19:22] & LESION) > 0).mean(axis=0) > 0.5
    np.testing.assert_array_equal(truth[2].numpy() > 0, votes)


def test_without_changes_a_sample_is_the_slice() -> None:
    pack = small_pack()
    example = Slices(pack, np.ones(18, dtype=bool), CALM, (32, 32), heads=False)[3, 1]
    image, truth = sample_of(pack, 3)
    torch.testing.assert_close(example.image, image * (image > 0), atol=1e-5, rtol=0)
    torch.testing.assert_close(example.truth, truth)


def test_labels_move_with_the_image() -> None:
    image = torch.zeros(3, 48, 48)
    image[:, 12:18, 20:32] = 1.0
    truth = image.clone()
    moved, labels = move((image, truth), (40, 40), replace(Augmentation(), mirror=1.0), draw())
    assert labels.sum() > 0
    assert ((moved > 0.5).float() - labels).abs().sum() <= 3


def test_a_mirrored_sample_is_mirrored_left_to_right() -> None:
    image = torch.zeros(3, 16, 16)
    image[:, 2, 3] = 1.0
    moved, _ = move((image, image), (16, 16), replace(CALM, mirror=1.0), draw())
    assert moved[0, 2, 12] == pytest.approx(1.0, abs=1e-4)


def test_intensities_change_but_the_background_stays_black() -> None:
    pack = small_pack()
    image, _ = sample_of(pack, 3)
    every = {entry.name: 1.0 for entry in fields(Augmentation) if entry.name in {
        "bias", "remap", "blur", "coarsen", "noise", "ghost"}}  # fmt: skip
    changed = change_intensities(image, replace(Augmentation(), **every), draw())
    assert changed[image == 0].abs().max() == 0
    assert not torch.allclose(changed, image, atol=0.02)
    assert 0 <= changed.min() <= changed.max() <= 1
    assert torch.isfinite(changed).all()


def test_brighter_tissue_stays_brighter() -> None:
    ramp = torch.linspace(0.1, 0.9, 16).repeat(3, 16, 1)
    smooth = replace(Augmentation(), bias=0.0, blur=0.0, coarsen=0.0, noise=0.0, ghost=0.0, lone_slice=0.0, remap=1.0)
    for seed in range(20):
        changed = change_intensities(ramp, smooth, np.random.default_rng(seed))
        assert (changed.diff(dim=2) >= 0).all()


def test_the_head_is_cut_away_but_no_lesion_is() -> None:
    image = torch.ones(3, 24, 24)
    truth = torch.zeros(3, 24, 24)
    truth[0, 6:18, 6:18] = 1
    truth[2, 6:8, 6:8] = 1
    for seed in range(10):
        cut, _ = mask_out((image, truth), replace(Augmentation(), whole_head=0.0), np.random.default_rng(seed))
        assert cut[:, 0, 0].max() == 0
        assert cut[:, 6:8, 6:8].min() == 1
    kept, _ = mask_out((image, truth), replace(Augmentation(), whole_head=1.0), draw())
    torch.testing.assert_close(kept, image)


def test_transplanted_lesions_come_with_their_labels_and_not_into_ventricles() -> None:
    pack = small_pack()
    donor_slice = 6 + int(((pack.labels[6:12] & LESION) > 0).sum(axis=(1, 2)).argmax())
    image, truth = sample_of(pack, donor_slice - 6)
    sample, donor = (image, truth * torch.tensor([1.0, 1.0, 0.0])[:, None, None]), sample_of(pack, donor_slice)
    image, truth = transplant(sample, donor, draw())
    new = (truth[2] - sample[1][2]) > 0
    assert new.any()
    assert (image[1][new] - sample[0][1][new]).abs().mean() > 0.1
    assert (truth[2] * sample[1][1]).sum() == 0


def test_a_donor_without_a_place_changes_nothing() -> None:
    sample = sample_of(small_pack(), 2)
    empty = (torch.zeros_like(sample[0]), torch.zeros_like(sample[1]))
    assert transplant(sample, empty, draw()) is sample


def test_a_head_loses_its_skull_or_changes_its_scalp() -> None:
    image, truth = torch.full((3, 24, 24), 0.4), torch.zeros(1, 24, 24)
    truth[0, 8:16, 8:16] = 1
    bare, _ = change_head((image, truth), replace(Augmentation(), strip=1.0), draw())
    assert bare[:, 0, 0].max() == 0
    other, _ = change_head((image, truth), replace(Augmentation(), scalp=1.0), draw())
    assert other[0, 0, 0] != image[0, 0, 0]
    torch.testing.assert_close(other[:, 12, 12], image[:, 12, 12], atol=1e-3, rtol=0)


def test_validation_sees_slices_as_they_are() -> None:
    pack = small_pack()
    whole = WholeSlices(pack, np.array([3, 4]), margin_px=None)
    assert len(whole) == 2
    torch.testing.assert_close(whole[1].image, sample_of(pack, 4)[0])
    batch = collate([whole[0], whole[1]])
    assert batch.image.shape == (2, 3, 32, 32)
    masked = WholeSlices(pack, np.array([3]), margin_px=1)[0]
    assert masked.image[0][(pack.labels[3] & BRAIN) == 0].max() <= masked.image.max()
