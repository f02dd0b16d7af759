"""A package that lost too much is not written, and it is said what was lost and by how much."""

from __future__ import annotations

import pytest

from compression.gate import Figure, Kept, NotGoodEnough, judged, refuse


def test_a_package_that_kept_everything_passes() -> None:
    assert judged([Kept("lesions, lesion", Figure.DICE, teacher=0.72, student=0.718, quantised=0.716)]) == []


def test_int8_that_loses_dice_is_refused_with_both_figures() -> None:
    (refusal,) = judged([Kept("lesions, lesion", Figure.DICE, teacher=0.7, student=0.71, quantised=0.7)])
    assert "INT8 loses too much Dice" in str(refusal)
    assert "0.7100 to 0.7000" in str(refusal)
    assert "0.0100" in str(refusal)


def test_auc_may_drop_by_more_than_dice() -> None:
    assert judged([Kept("grader, canal", Figure.AUC, teacher=0.75, student=0.755, quantised=0.746)]) == []


def test_a_student_far_below_its_teacher_is_refused_with_the_share() -> None:
    (refusal,) = judged([Kept("lesions, lesion", Figure.DICE, teacher=0.8, student=0.76, quantised=0.758)])
    assert "too little is left" in str(refusal)
    assert "94.75%" in str(refusal)


@pytest.mark.parametrize(("figure", "score"), [(Figure.DICE, 0.0103), (Figure.AUC, 0.5), (Figure.KAPPA, -0.1)])
def test_a_student_that_kept_all_of_what_an_untrained_teacher_could_is_refused(figure: Figure, score: float) -> None:
    """Six minutes for everything: Dice 0.0103 of 0.0103 was kept, and a package was written."""
    (refusal,) = judged([Kept("lesions, lesion", figure, teacher=score, student=score, quantised=score)])
    assert "of no use to anybody" in str(refusal)
    assert f"{score:.4f}" in str(refusal)


def test_every_reason_is_told_at_once() -> None:
    figures = [Kept(name, Figure.KAPPA, teacher=0.8, student=0.7, quantised=0.6) for name in ("left", "right")]
    with pytest.raises(NotGoodEnough) as refused:
        refuse(judged(figures))
    assert str(refused.value).count("left:") == 2
    assert str(refused.value).count("right:") == 2


def test_no_reason_stops_nothing() -> None:
    refuse([])
