"""Sorting slices: nothing is lost, mixed up or made up, and what is wrong is named."""

from __future__ import annotations

import random
import re

import highdicom
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slices import AXIAL, CORONAL, SAGITTAL, frame, numbers, pile, sort, tilted

from appliance.contracts import Kind, Reason
from appliance.errors import BadGeometry
from appliance.volumes.frames import Marks


def refusal(frames: list, **rules: object) -> BadGeometry:
    with pytest.raises(BadGeometry) as caught:
        sort(frames, **rules)
    assert caught.value.advice
    return caught.value


def test_slices_in_any_order_become_one_stack_from_foot_to_head() -> None:
    frames = pile([0, 5, 10, 15, 20])
    random.Random(3).shuffle(frames)
    (stack,) = sort(frames)
    assert numbers(stack) == [1, 2, 3, 4, 5]
    assert stack.part == ""
    assert stack.warnings == ()
    np.testing.assert_allclose(
        stack.affine, [[-0.8, 0, 0, 50], [0, -0.9, 0, 60], [0, 0, 5, 0], [0, 0, 0, 1]], atol=1e-12
    )


@given(
    degrees=st.floats(-40, 40),
    gap=st.floats(0.5, 12),
    count=st.integers(3, 12),
    seed=st.integers(0, 99),
)
def test_an_oblique_stack_lies_where_highdicom_puts_it(degrees: float, gap: float, count: int, seed: int) -> None:
    axes = tilted(degrees)
    normal = np.cross(*axes)
    frames = [frame(k, np.array([-50.0, -60.0, 7.0]) + k * gap * normal, axes=axes) for k in range(count)]
    positions = [frame.place.position for frame in frames]
    random.Random(seed).shuffle(frames)
    (stack,) = sort(frames)
    spacing, _order = highdicom.spatial.get_volume_positions(positions, [*axes[0], *axes[1]])
    theirs = highdicom.spatial.create_affine_matrix_from_attributes(
        image_position=positions[0],
        image_orientation=[*axes[0], *axes[1]],
        pixel_spacing=[0.9, 0.8],
        spacing_between_slices=spacing,
        index_convention="RD",
    )
    # “RD”: the first index runs to the right, the second down; theirs is in DICOM’s frame
    np.testing.assert_allclose(stack.affine, np.diag([-1, -1, 1, 1]) @ theirs, atol=1e-6)


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_missing_slices_are_named_with_the_gap(lost: int) -> None:
    heights = [0, 7.2, 14.4, *(14.4 + 7.2 * (lost + 1) + 7.2 * n for n in range(4))]
    error = refusal(pile(heights))
    assert error.reason is Reason.MISSING_SLICES
    assert "image 3 (003.dcm) and image 4 (004.dcm)" in error.what
    assert f"is {7.2 * (lost + 1):.1f} mm where the other slices are 7.2 mm apart" in error.what
    assert f"{lost} slice{'s' if lost > 1 else ''} missing" in error.what


def test_of_three_slices_with_one_doubled_gap_the_doubled_one_is_wrong() -> None:
    assert refusal(pile([0, 5, 15])).reason is Reason.MISSING_SLICES
    assert refusal(pile([0, 10, 15])).reason is Reason.MISSING_SLICES


def test_a_slice_between_two_others_is_irregular_not_missing() -> None:
    error = refusal(pile([0, 5, 10, 13, 18]))
    assert error.reason is Reason.IRREGULAR_SPACING
    assert "image 3 (003.dcm) and image 4 (004.dcm) is 3.0 mm" in error.what


@pytest.mark.parametrize(
    ("gap", "off", "regular"), [(1.0, 0.09, True), (1.0, 0.12, False), (8, 0.15, True), (8, 0.17, False)]
)
def test_gaps_may_differ_by_a_tenth_of_a_millimetre_or_two_percent(*, gap: float, off: float, regular: bool) -> None:
    heights = gap * np.arange(9.0)
    heights[4:] += off
    frames = pile(heights)
    if regular:
        assert sort(frames)[0].warnings
    else:
        assert "the gap between image 4 (004.dcm) and image 5 (005.dcm)" in refusal(frames).what


def test_small_differences_in_spacing_are_said_and_tiny_ones_are_not() -> None:
    (noted,) = sort(pile([0, 5, 10.06, 15.05]))
    assert re.search(r"vary from 4.99 to 5.06 mm; 5.02 mm is taken", noted.warnings[0])
    (silent,) = sort(pile([0, 5.0001, 10.0003, 15.0]))
    assert silent.warnings == ()


def test_gaps_that_grow_slowly_are_refused_before_the_error_adds_up() -> None:
    error = refusal(pile(np.cumsum(np.linspace(4.92, 5.09, 40))))
    assert error.reason is Reason.IRREGULAR_SPACING
    assert "beside the line" in error.what


def test_a_leaning_stack_keeps_its_true_places_and_says_so() -> None:
    frames = [frame(k, (-50, -60 + 0.7 * k, 5 * k)) for k in range(6)]
    (stack,) = sort(frames)
    np.testing.assert_allclose(stack.affine[:3, 2], [0, -0.7, 5])
    assert "leans by 8.0°" in stack.warnings[0]
    np.testing.assert_allclose(stack.affine @ [0, 0, 5, 1], [50, 56.5, 25, 1])


def test_a_slice_shifted_sideways_is_named() -> None:
    frames = [frame(k, (-50 + (3 if k == 4 else 0), -60, 5 * k)) for k in range(8)]
    error = refusal(frames)
    assert error.reason is Reason.IRREGULAR_SPACING
    assert "image 4 (004.dcm) lies 3.0 mm beside" in error.what


def test_too_few_slices_are_refused() -> None:
    error = refusal(pile([0, 5]))
    assert error.reason is Reason.TOO_FEW_SLICES
    assert "Series 4 has 2 slices; at least 3" in error.what
    assert refusal(pile([0])).reason is Reason.TOO_FEW_SLICES


def test_a_localizer_of_three_planes_is_refused_even_if_each_has_enough_slices() -> None:
    frames = [
        *(frame(n, (0, 0, 10 * n), axes=AXIAL) for n in range(3)),
        *(frame(3 + n, (10 * n, 0, 0), axes=SAGITTAL) for n in range(3)),
        *(frame(6 + n, (0, 10 * n, 0), axes=CORONAL) for n in range(3)),
    ]
    error = refusal(frames)
    assert error.reason is Reason.MIXED_ORIENTATION
    assert "image 3 (003.dcm) lies at another angle" in error.what


def test_one_tilted_slice_is_named() -> None:
    frames = [*pile([0, 5, 10, 15]), frame(9, (-50, -60, 20), axes=tilted(3))]
    error = refusal(frames)
    assert error.reason is Reason.MIXED_ORIENTATION
    assert "009.dcm" in error.what


def test_a_tilt_within_the_tolerance_is_rounding() -> None:
    frames = [frame(n, (-50, -60, 5 * n), axes=tilted(0.01 * n)) for n in range(4)]
    assert len(sort(frames)) == 1


@pytest.mark.parametrize(
    "odd",
    [
        frame(9, (-50, -60, 20), size=(16, 16)),
        frame(9, (-50, -60, 20), spacing=(0.9, 1.2)),
    ],
)
def test_mixed_sizes_are_refused_by_name(odd: object) -> None:
    error = refusal([*pile([0, 5, 10, 15]), odd])
    assert error.reason is Reason.MIXED_SIZES
    assert "image 9 (009.dcm) has" in error.what
    assert "image 1 (001.dcm) has 16 × 12 pixels of 0.8 × 0.9 mm" in error.what


def test_two_slices_in_one_plane_that_nothing_tells_apart_are_refused() -> None:
    error = refusal([*pile([0, 5, 10, 15]), frame(9, (-50, -60, 10))])
    assert error.reason is Reason.DUPLICATE
    assert "image 3 (003.dcm) and image 9 (009.dcm) lie in the same plane" in error.what


def test_one_slice_scanned_twice_is_not_taken_for_a_second_time_point() -> None:
    again = frame(9, (-50, -60, 10), marks=Marks(acquisition=2, time_point=2))
    assert refusal([*pile([0, 5, 10, 15], marks=Marks(acquisition=1, time_point=1)), again]).reason is Reason.DUPLICATE


@pytest.mark.parametrize(
    ("one", "other", "parts"),
    [
        (Marks(echo_time_ms=12.0), Marks(echo_time_ms=101.0), ["echo 1", "echo 2"]),
        (Marks(echo=1), Marks(echo=2), ["echo 1", "echo 2"]),
        (Marks(b_value=0.0), Marks(b_value=1000.0), ["b-value 0", "b-value 1000"]),
        (Marks(component="magnitude"), Marks(component="real"), ["magnitude", "real"]),
        (Marks(component="magnitude"), Marks(), ["other signal", "magnitude"]),
        (Marks(time_point=1), Marks(time_point=3), ["time point 1", "time point 2"]),
        (Marks(trigger_time_ms=0.0), Marks(trigger_time_ms=45.5), ["heart phase 1", "heart phase 2"]),
        (Marks(direction=(0.0, 0.0, 1.0)), Marks(direction=(0.0, 1.0, 0.0)), ["direction 1", "direction 2"]),
        (
            Marks(inversion_time_ms=400.0),
            Marks(inversion_time_ms=900.0),
            ["inversion time 400 ms", "inversion time 900 ms"],
        ),
        (Marks(sequence="ep_b0"), Marks(sequence="ep_b500"), ["sequence ep_b0", "sequence ep_b500"]),
        (Marks(image_type="ADC"), Marks(image_type="TRACEW"), ["image type ADC", "image type TRACEW"]),
        (Marks(acquisition=3), Marks(acquisition=7), ["acquisition 1", "acquisition 2"]),
        (Marks(stack="1"), Marks(stack="2"), ["stack 1", "stack 2"]),
    ],
)
def test_what_lies_at_one_place_is_split_by_what_tells_it_apart(one: Marks, other: Marks, parts: list[str]) -> None:
    frames = [*pile([0, 5, 10], marks=one), *pile([0, 5, 10], first=11, marks=other)]
    random.Random(1).shuffle(frames)
    stacks = sort(frames)
    assert sorted(stack.part for stack in stacks) == sorted(parts)
    assert sorted(number for stack in stacks for number in numbers(stack)) == [1, 2, 3, 11, 12, 13]
    assert all(numbers(stack) in ([1, 2, 3], [11, 12, 13]) for stack in stacks)


def test_two_facts_that_differ_are_both_said() -> None:
    frames = [
        image
        for first, component in ((1, "magnitude"), (21, "phase"))
        for start, echo in ((first, 5.0), (first + 10, 9.0))
        for image in pile([0, 5, 10], first=start, marks=Marks(component=component, echo_time_ms=echo))
    ]
    assert [stack.part for stack in sort(frames)] == [
        "magnitude, echo 1",
        "magnitude, echo 2",
        "phase, echo 1",
        "phase, echo 2",
    ]


def test_a_fact_that_differs_from_slice_to_slice_splits_nothing() -> None:
    frames = [frame(n, (-50, -60, 5 * n), marks=Marks(acquisition=n, trigger_time_ms=7.0 * n)) for n in range(6)]
    (stack,) = sort(frames)
    assert numbers(stack) == [0, 1, 2, 3, 4, 5]


def test_a_broken_part_is_named() -> None:
    frames = [*pile([0, 5, 10, 15], marks=Marks(echo=1)), *pile([0, 5, 15], first=11, marks=Marks(echo=2))]
    error = refusal(frames)
    assert error.what.startswith("Series 4, echo 2: the gap between image 12")


def blocks(*angles: float, count: int = 4, apart: float = 35.0) -> list:
    """One block of slices for each disc, each at the disc's angle."""
    frames = []
    for block, angle in enumerate(angles):
        normal = np.cross(*tilted(angle))
        frames += [
            frame(10 * block + n, np.array([-50, -60, -apart * block]) + 4.0 * n * normal, axes=tilted(angle))
            for n in range(count)
        ]
    return frames


def test_blocks_at_the_angles_of_the_discs_are_one_volume_each() -> None:
    stacks = sort(blocks(5, -8, -25), kind=Kind.SPINE_AXIAL)
    assert [stack.part for stack in stacks] == ["stack 1", "stack 2", "stack 3"]
    assert [numbers(stack) for stack in stacks] == [[0, 1, 2, 3], [10, 11, 12, 13], [20, 21, 22, 23]]


def test_parallel_blocks_of_a_spine_are_split_at_the_wide_gap_and_it_is_said() -> None:
    stacks = sort(blocks(0, 0), kind=Kind.SPINE_AXIAL)
    assert [len(stack.frames) for stack in stacks] == [4, 4]
    assert "2 blocks with gaps of 23.0 mm" in stacks[0].warnings[0]


def test_the_same_gap_in_a_brain_is_missing_slices() -> None:
    frames = blocks(0, 0, apart=36.0)
    assert refusal(frames, kind=Kind.BRAIN_FLAIR).reason is Reason.MISSING_SLICES


def test_one_lost_slice_of_a_spine_is_not_taken_for_the_edge_of_a_block() -> None:
    assert refusal(pile([0, 4, 8, 16, 20, 24]), kind=Kind.SPINE_AXIAL).reason is Reason.MISSING_SLICES


def test_a_spine_block_of_too_few_slices_is_refused() -> None:
    assert refusal(pile([0, 4, 8, 40, 44]), kind=Kind.SPINE_AXIAL).reason is Reason.MISSING_SLICES


@given(st.permutations(range(24)))
def test_the_order_of_files_changes_nothing(order: list[int]) -> None:
    echoes = [pile([3.0 * k for k in range(12)], first=100 * echo, marks=Marks(echo=echo)) for echo in (1, 2)]
    frames = [*echoes[0], *echoes[1]]
    stacks = sort([frames[n] for n in order])
    assert [numbers(stack) for stack in stacks] == [[*range(100, 112)], [*range(200, 212)]]
