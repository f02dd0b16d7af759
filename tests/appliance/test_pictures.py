"""What was found is drawn where it lies, in colours that a legend names; the plain half stays plain."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from clinic_desk import axial_answer, brain_answer, desk, flair, sagittal_answer, sagittal_scan, turned
from PIL import Image

from appliance.findings.brain import ChangeSince, EarlierStudy
from appliance.findings.study import PictureRole
from appliance.measure.align import Alignment, Scan
from appliance.measure.change import ChangedLesion, Fate, study_of
from appliance.pictures import Drawing, canvas, draw_axial, draw_brain, draw_sagittal
from appliance.pictures.axial_view import AxialView
from appliance.pictures.canvas import Canvas, Window, side_by_side, window_of, with_legend
from appliance.readers.brain import BrainGiven, Compared, Earlier


@cache
def drawn() -> tuple[Drawing, ...]:
    return tuple(draw_brain(brain_answer()))


def of_role(role: PictureRole) -> list[Drawing]:
    return [drawing for drawing in drawn() if drawing.role is role]


def count(image: Image.Image, colour: canvas.Colour) -> int:
    return int((np.asarray(image) == colour).all(axis=-1).sum())


def test_every_kind_of_picture_is_drawn_once_or_more_under_a_name_of_its_own() -> None:
    assert {drawing.role for drawing in drawn()} == {
        PictureRole.PLAIN_AND_MARKED,
        PictureRole.RELEVANCE,
        PictureRole.ANOMALY,
    }
    names = [drawing.name for drawing in drawn()]
    assert len(set(names)) == len(names)
    assert all(drawing.caption.endswith(".") and drawing.series == "1" for drawing in drawn())


def test_the_plain_half_holds_no_colour_and_the_marked_half_does() -> None:
    for drawing in of_role(PictureRole.PLAIN_AND_MARKED):
        pixels = np.asarray(drawing.image).astype(int)
        half = (pixels.shape[1] - 4) // 2
        body = pixels[: -canvas.LINE - 6]
        colour = np.ptp(body, axis=-1) > 10
        assert not colour[:, :half].any()
        assert colour[:, half + 4 :].any()


def test_key_slices_show_the_most_lesion_and_are_named_as_the_series_counts() -> None:
    labels = brain_answer().lesions.found.labels
    areas = np.count_nonzero(labels, axis=(0, 1))
    numbers = [drawing.slice_number for drawing in of_role(PictureRole.PLAIN_AND_MARKED)]
    assert int(areas.argmax()) + 1 in numbers
    assert all(number is not None and areas[number - 1] > 0 for number in numbers)


def test_an_outline_surrounds_its_mask_and_hides_none_of_it() -> None:
    picture = np.full((50, 60), 100.0)
    mask = np.zeros((50, 60), dtype=bool)
    mask[20:30, 15:35] = True
    sheet = Canvas(picture, (1.0, 1.0), Window(0, 255))
    before = np.asarray(sheet.image)
    sheet.outline(mask, canvas.ORANGE, width=2)
    changed = (np.asarray(sheet.image) != before).any(axis=-1)
    zoom = canvas.SIDE / 60
    inside = changed[int(20.8 * zoom) : int(29.2 * zoom), int(15.8 * zoom) : int(34.2 * zoom)]
    assert not inside.any()
    rows, columns = np.nonzero(changed)
    assert rows.min() / zoom == pytest.approx(20, abs=0.7)
    assert columns.max() / zoom == pytest.approx(35, abs=0.7)


@pytest.mark.parametrize("corner", [(0, 0), (0, 59), (49, 0), (49, 59)])
def test_a_mark_at_the_edge_of_the_slice_is_drawn(corner: tuple[int, int]) -> None:
    mask = np.zeros((50, 60), dtype=bool)
    mask[corner] = True
    sheet = Canvas(np.zeros((50, 60)), (1.0, 1.0), Window(0, 255))
    sheet.outline(mask, canvas.SKY)
    sheet.label(corner, "27 and a long word", canvas.GREEN)
    sheet.line(corner, (corner[0] + 3, corner[1]), canvas.RED)
    assert count(sheet.image, canvas.SKY) > 0
    assert count(sheet.image, canvas.GREEN) > 0


def test_nothing_to_outline_draws_nothing() -> None:
    sheet = Canvas(np.zeros((50, 60)), (1.0, 1.0), Window(0, 255))
    before = np.asarray(sheet.image)
    sheet.outline(np.zeros((50, 60), dtype=bool), canvas.SKY)
    assert (np.asarray(sheet.image) == before).all()


def test_pixels_that_are_not_square_are_shown_square() -> None:
    sheet = Canvas(np.zeros((100, 50)), (0.5, 2.0), Window(0, 1))
    assert sheet.size == (canvas.SIDE, canvas.SIDE // 2)


def test_a_slice_of_one_grey_value_is_drawn() -> None:
    flat = np.full((30, 30), 7)
    assert Canvas(flat, (1.0, 1.0), window_of(flat)).image.size == (canvas.SIDE, canvas.SIDE)


def test_a_legend_names_every_colour_below_the_picture() -> None:
    plain = Image.new("RGB", (200, 100))
    entries = [(f"a rather long name {n}", colour) for n, colour in enumerate((canvas.RED, canvas.SKY, canvas.GREEN))]
    told = with_legend(plain, entries)
    assert told.size[0] == 200
    assert all(count(told, colour) > 50 for _, colour in entries)
    assert side_by_side(plain, told).size == (404, told.size[1])


def test_the_same_findings_draw_the_same_pixels() -> None:
    again = list(draw_brain(brain_answer()))
    for one, other in zip(drawn(), again, strict=True):
        assert one.name == other.name
        assert one.image.tobytes() == other.image.tobytes()


def test_a_series_that_was_not_taken_axially_is_cut_axially_and_says_where() -> None:
    given = turned(flair(), (2, 1, 0), (0,))
    answer = desk().read_brain(BrainGiven("1", given))
    pictures = list(draw_brain(answer))
    assert all(picture.slice_number is None for picture in pictures)
    assert all("Axial cut at" in picture.caption for picture in pictures)
    assert pictures[0].image.size == drawn()[0].image.size


def test_relevance_is_drawn_around_the_lesion_that_it_explains() -> None:
    (drawing,) = of_role(PictureRole.RELEVANCE)
    assert "lesion 1" in drawing.caption
    pixels = np.asarray(drawing.image).astype(int)
    assert (np.ptp(pixels[: -canvas.LINE - 6], axis=-1) > 25).sum() > 100


def compared() -> Compared:
    """The same scan as its own earlier study, in which nothing was found."""
    reading = brain_answer().lesions
    scan = Scan(reading.volume.voxels, reading.volume.geometry, reading.brain)
    earlier = Earlier(EarlierStudy("before", None, None, 400.0), scan, study_of(reading.found, reading.volume.geometry))
    return Compared(earlier, Alignment(np.eye(4), 1.0, 1.0), None)


def test_what_changed_is_shown_before_beside_now() -> None:
    findings = brain_answer().findings
    largest, second = findings.lesions[:2]
    new = ChangedLesion(Fate.NEW, (largest.number,), (), largest.volume_ml, 0.0, largest.spot.centre_mm, False)
    gone = ChangedLesion(Fate.RESOLVED, (), (3,), 0.0, second.volume_ml, second.spot.centre_mm, False)
    change = ChangeSince(
        EarlierStudy("before", None, None, 400.0), (new, gone), True, 8.0, 5.0, 0.97, "rule", ()
    )  # fmt: skip
    answer = replace(brain_answer(), compared=compared(), findings=replace(findings, change=change))
    pictures = [drawing for drawing in draw_brain(answer) if drawing.role is PictureRole.CHANGE]
    assert [picture.slice_number for picture in pictures] == [largest.spot.slice_number, second.spot.slice_number]
    half = (pictures[0].image.size[0] - 4) // 2
    right = np.asarray(pictures[0].image)[:, half + 4 :]
    assert (right == canvas.RED).all(axis=-1).sum() > 40
    left = np.asarray(pictures[1].image)[:, :half]
    assert (left == canvas.BLUE).all(axis=-1).sum() > 20


def test_the_earlier_study_is_drawn_as_this_one_lies() -> None:
    from appliance.pictures.earlier_view import earlier_slice  # noqa: PLC0415 - only here

    view = AxialView(brain_answer().lesions)
    found = compared()
    assert isinstance(found.alignment, Alignment)
    before = earlier_slice(found.earlier.scan, found.alignment, view, 11)
    own = view.cut(np.flip(flair().voxels[:, :, 11].T, ()))
    assert before.shape == own.shape
    np.testing.assert_allclose(before, own, atol=1e-2)


def test_an_earlier_scan_of_another_brightness_is_shown_as_bright_as_this_one() -> None:
    view = AxialView(brain_answer().lesions)
    own = np.asarray(view.cut(flair().voxels[:, :, 11].T), dtype=np.float32)
    brighter = view.window_for(3 * own, 11)
    assert brighter.high == pytest.approx(3 * view.window.high, rel=1e-3)
    assert view.window_for(np.zeros_like(own), 11) == view.window


def test_the_spine_from_the_side_carries_a_line_and_a_word_for_every_measured_level() -> None:
    (drawing,) = draw_sagittal(sagittal_answer())
    assert drawing.role is PictureRole.SAGITTAL_LINES
    assert drawing.slice_number == sagittal_answer().findings.slice_number
    assert count(drawing.image, canvas.ORANGE) + count(drawing.image, canvas.RED) > 60
    assert count(drawing.image, canvas.GREEN) > 200
    assert count(drawing.image, canvas.SKY) > 400


def test_a_level_that_could_not_be_measured_is_still_named() -> None:
    answer = sagittal_answer()
    blind = [
        replace(level, at_disc=None, above=None, below=None, ratio=None, measured_grade=None)
        for level in answer.findings.levels
    ]
    (drawing,) = draw_sagittal(replace(answer, findings=replace(answer.findings, levels=tuple(blind))))
    assert (
        drawing.image.size[0] == Canvas(answer.reading.picture, answer.reading.stack.in_plane_mm, Window(0, 1)).size[0]
    )


def test_each_axial_level_shows_the_window_and_the_canal() -> None:
    pictures = list(draw_axial(axial_answer()))
    assert [picture.role for picture in pictures] == [*[PictureRole.AXIAL_LEVEL] * 3, PictureRole.RELEVANCE]
    for picture, level in zip(pictures[:3], axial_answer().findings.levels, strict=True):
        assert level.level in picture.caption
        assert picture.series == level.series
        assert count(picture.image, canvas.GREY) > 400


def test_what_counted_for_a_grade_is_drawn_over_the_window() -> None:
    answer = axial_answer()
    crop = answer.reading.levels[0].crop
    relevance = np.zeros_like(crop)
    relevance[30:50, 40:60], relevance[5:10, 5:10] = 1.0, -1.0
    *_, last = draw_axial(replace(answer, relevance=relevance))
    assert last.role is PictureRole.RELEVANCE
    pixels = np.asarray(last.image).astype(int)
    assert ((pixels[..., 0] - pixels[..., 2]) > 60).any()
    assert ((pixels[..., 2] - pixels[..., 0]) > 60).any()


def test_a_sagittal_series_stored_the_other_way_round_is_drawn_the_same() -> None:
    again = desk().read_sagittal("1", turned(sagittal_scan(), (2, 0, 1), (0,)))
    (one,), (other,) = draw_sagittal(sagittal_answer()), draw_sagittal(again)
    assert np.mean(np.asarray(one.image) != np.asarray(other.image)) < 0.01


def test_where_nothing_unusual_stands_out_the_fullest_slice_of_the_map_is_shown_and_says_so() -> None:
    answer = brain_answer()
    record = answer.findings.anomaly
    assert record is not None
    quiet = replace(answer, findings=replace(answer.findings, anomaly=replace(record, regions=())))
    (picture,) = [each for each in draw_brain(quiet) if each.role is PictureRole.ANOMALY]
    assert "small or explained by lesions" in picture.caption


def test_what_was_not_computed_is_not_drawn() -> None:
    answer = brain_answer()
    bare = replace(answer, relevance=None, findings=replace(answer.findings, anomaly=None))
    assert {each.role for each in draw_brain(bare)} == {PictureRole.PLAIN_AND_MARKED}
