"""What costs a network something, and what must not."""

from __future__ import annotations

import pytest
import torch

from training.losses import LOSSES, dice_bce, total, unified_focal

ALL = torch.ones(2, 3)


def truth() -> torch.Tensor:
    made = torch.zeros(2, 3, 8, 8)
    made[:, :, 2:5, 2:5] = 1
    return made


def logits(right: float) -> torch.Tensor:
    return (truth() * 2 - 1) * right


@pytest.mark.parametrize("loss", LOSSES.values())
def test_a_right_answer_costs_next_to_nothing_and_a_wrong_one_much(loss) -> None:  # noqa: ANN001 - any of them
    assert loss(logits(12.0), truth(), ALL).max() < 0.06
    assert loss(logits(-4.0), truth(), ALL).min() > 0.5


@pytest.mark.parametrize("loss", LOSSES.values())
def test_an_output_without_a_label_costs_nothing_and_teaches_nothing(loss) -> None:  # noqa: ANN001 - any of them
    weights = torch.tensor([[1.0, 0.0, 1.0], [1.0, 0.0, 1.0]])
    wrong = logits(2.0)
    wrong[:, 1] = 9.0
    wrong.requires_grad_()
    total(loss(wrong, truth(), weights), weights, (0.2, 0.8, 1.6)).backward()
    assert wrong.grad[:, 1].abs().max() == 0
    assert wrong.grad[:, 2].abs().max() > 0


@pytest.mark.parametrize("loss", LOSSES.values())
def test_one_unlabelled_sample_does_not_silence_the_other(loss) -> None:  # noqa: ANN001 - any of them
    weights = torch.tensor([[1.0, 0.0, 1.0], [1.0, 1.0, 1.0]])
    guess = logits(0.5).requires_grad_()
    total(loss(guess, truth(), weights), weights, (1.0, 1.0, 1.0)).backward()
    assert guess.grad[0, 1].abs().max() == 0
    assert guess.grad[1, 1].abs().max() > 0


def test_slices_without_lesions_are_no_division_by_zero() -> None:
    empty = torch.zeros(2, 3, 8, 8)
    for loss in LOSSES.values():
        assert torch.isfinite(loss(torch.full((2, 3, 8, 8), -9.0), empty, ALL)).all()


def test_nothing_labelled_at_all_costs_nothing() -> None:
    nothing = torch.zeros(2, 3)
    assert total(dice_bce(logits(-3.0), truth(), nothing), nothing, (1.0, 1.0, 1.0)) == 0


def test_the_focal_loss_forgives_easy_background_and_punishes_misses_more() -> None:
    missed, invented = logits(3.0), logits(3.0)
    missed[:, :, 2, 2:5] = -3.0
    invented[:, :, 6, 2:5] = 3.0
    assert unified_focal(missed, truth(), ALL).sum() > unified_focal(invented, truth(), ALL).sum()


def test_shares_say_how_much_an_output_counts() -> None:
    per_output = torch.tensor([0.0, 0.0, 1.0])
    assert total(per_output, ALL, (1.0, 1.0, 2.0)) == pytest.approx(0.5)
