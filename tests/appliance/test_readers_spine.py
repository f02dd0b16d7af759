"""The shipped models on an invented spine: levels, narrowing and grades are those that were drawn, on every grid."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from clinic_desk import (
    LEVELS,
    NARROW,
    SETTINGS,
    axial_answer,
    axial_scans,
    desk,
    engines,
    packages,
    sagittal_answer,
    sagittal_scan,
    spine_from_the_side,
    turned,
)

from appliance.contracts import Kind, Plane, Weighting
from appliance.engine.runner import Runner
from appliance.errors import EngineFailed, Refused, Unreadable
from appliance.measure_spine import MeasuredGrade
from appliance.models.spec import PreparedAs, Task
from appliance.readers.desk import Desk
from appliance.readers.grades import disc_grades, most_probable, pfirrmann_cuts
from appliance.readers.model import Model
from appliance.readers.relevance import NOT_EXPLAINED, explain_canal, narrowest_level
from appliance.readers.spine_axial import AxialGiven, AxialReader, is_believable
from appliance.readers.spine_record import disagreements
from appliance.readers.spine_sagittal import SagittalReader, best_slice, in_eight_bits
from appliance.readers.stack import stacked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.findings.spine import AxialFindings, SagittalFindings


def sagittal() -> SagittalFindings:
    return sagittal_answer().findings


def axial() -> AxialFindings:
    return axial_answer().findings


def test_levels_are_named_as_they_were_drawn() -> None:
    drawn = {level.name: level.centre_mm for level in spine_from_the_side().levels}
    found = {level.level: level.disc.centre_mm for level in sagittal().levels}
    assert drawn.keys() <= found.keys()
    for name, place in found.items():
        if name in drawn:
            assert np.hypot(*np.subtract(place, drawn[name])[1:]) < 8, name


def test_the_narrow_level_is_found_and_its_width_is_right() -> None:
    measured = {level.level: level for level in sagittal().levels if level.ratio is not None}
    narrowest = min(measured.values(), key=lambda level: level.ratio or 9)
    assert narrowest.level == NARROW
    assert narrowest.measured_grade in {MeasuredGrade.MODERATE, MeasuredGrade.SEVERE}
    assert all(
        level.measured_grade is MeasuredGrade.NORMAL_OR_MILD for name, level in measured.items() if name != NARROW
    )
    drawn = next(level for level in spine_from_the_side().levels if level.name == NARROW)
    assert narrowest.at_disc is not None
    assert narrowest.at_disc.mm == pytest.approx(drawn.sac_depth_mm, abs=2.5)


def test_the_slice_that_is_measured_is_in_the_middle() -> None:
    slices = sagittal_scan().voxels.shape[2]
    assert abs(sagittal().slice_number - (slices + 1) / 2) <= 1


def test_every_disc_is_graded_in_the_words_of_doctors() -> None:
    for level in sagittal().levels:
        grades = {grade.structure: grade for grade in level.grades}
        assert grades["pfirrmann"].grade in {"1", "2", "3", "4", "5"}
        assert set(grades["bulging"].probabilities) == {"no", "yes"}
        assert set(grades["modic"].probabilities) == {"0", "1", "2", "3"}
        for grade in grades.values():
            assert sum(grade.probabilities.values()) == pytest.approx(1, abs=1e-3)
            assert grade.probability == grade.probabilities[grade.grade]


@pytest.mark.parametrize(("order", "flips"), [((2, 0, 1), (0,)), ((1, 2, 0), (0, 1, 2))])
def test_a_spine_stored_the_other_way_round_is_measured_the_same(
    order: tuple[int, int, int], flips: tuple[int, ...]
) -> None:
    again = desk().read_sagittal("1", turned(sagittal_scan(), order, flips)).findings
    assert [level.level for level in again.levels] == [level.level for level in sagittal().levels]
    for one, other in zip(again.levels, sagittal().levels, strict=True):
        assert one.ratio == pytest.approx(other.ratio, abs=1e-6)
        assert one.disc.centre_mm == pytest.approx(other.disc.centre_mm, abs=1e-6)


def test_a_sagittal_series_that_shows_no_spine_is_refused() -> None:
    empty = replace(sagittal_scan(), voxels=np.zeros(sagittal_scan().voxels.shape, dtype=np.int16))
    with pytest.raises(Unreadable, match="No lumbar discs"):
        desk().read_sagittal("1", empty)


def test_t1_is_read_and_said_to_be_untested() -> None:
    told = desk().read_sagittal("1", replace(sagittal_scan(), weighting=Weighting.T1)).findings
    assert not told.tested_contrast
    assert any("untested" in note for note in told.notes)
    assert sagittal().tested_contrast


def test_findings_name_the_networks_that_were_asked_about_this_study_alone() -> None:
    asked = [Kind.SPINE_SAGITTAL]
    reader = Desk(packages(), engines(), SETTINGS)
    reader.begin([sagittal_scan()])
    reader.read_sagittal("1", sagittal_scan())
    assert all(model.engines for model in reader.used(asked))
    reader.begin([sagittal_scan()])
    assert [model.engines for model in reader.used(asked)] == [()], "the networks are open, and nobody asked them"


def test_a_large_scan_gets_the_room_of_networks_that_it_does_not_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.readers.desk.LARGE_VOXELS", sagittal_scan().voxels.size)
    closed: list[str] = []
    monkeypatch.setattr(Model, "close", lambda self: closed.append(self.spec.task))
    folded: list[str] = []
    monkeypatch.setattr(Model, "fold_explainers", lambda self: folded.append(self.spec.task))
    given_back: list[bool] = []
    monkeypatch.setattr("appliance.readers.desk.give_back_free_pages", lambda: given_back.append(True))
    large = replace(sagittal_scan(), voxels=np.zeros((*sagittal_scan().voxels.shape[:2], 99), dtype=np.int16))
    reader = Desk(packages(), engines(), SETTINGS)
    reader.begin([sagittal_scan()])
    assert (closed, folded, given_back) == ([], [], [])
    reader.begin([large])
    assert set(closed) == set(Task) - {Task.SPINE_SAGITTAL}
    assert folded == [Task.SPINE_SAGITTAL]
    assert given_back == [True], "what was closed is used until it goes back to the system"


@pytest.mark.parametrize("folds", [True, False])
def test_what_explains_is_put_away_behind_a_large_scan_named_all_the_same_and_answers_again(
    monkeypatch: pytest.MonkeyPatch, *, folds: bool
) -> None:
    monkeypatch.setattr("appliance.readers.desk.LARGE_VOXELS", 0)
    if not folds:
        monkeypatch.setattr(Runner, "fold", lambda _self: False)
    opened: list[str] = []
    first = Runner.__init__
    monkeypatch.setattr(Runner, "__init__", lambda self, at, net: (opened.append(net.name), first(self, at, net))[1])
    reader = Desk(packages(), engines(), SETTINGS)
    maps = []
    for _ in range(2):
        reader.begin(axial_scans())
        maps.append(reader.read_axial(AxialGiven(("2", "3", "4"), axial_scans(), None)).relevance)
        (used,) = reader.used([Kind.SPINE_AXIAL])
        assert [engine.network for engine in used.engines] == ["grader", "grader/explain", "locator"]
    assert np.array_equal(*maps)
    assert len([name for name in opened if "explain" in name]) == (1 if folds else 2), "what cannot fold is closed"
    assert len([name for name in opened if "explain" not in name]) == 2


def test_a_machine_that_cannot_explain_a_grade_gives_it_all_the_same_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def cannot(*_: object) -> None:
        raise EngineFailed("The model could not be run.", advice="Try another machine.")

    given = AxialGiven(("2", "3", "4"), axial_scans(), None)
    before = desk().read_axial(given)
    assert before.relevance is not None
    monkeypatch.setattr(Model, "relevance", cannot)
    answer = desk().read_axial(given)
    assert answer.relevance is None
    assert answer.findings == replace(before.findings, notes=(*before.findings.notes, NOT_EXPLAINED))


def test_a_model_that_was_closed_answers_as_before() -> None:
    model = Model(next(package for package in packages() if package.spec.task == Task.SPINE_SAGITTAL), engines())
    before = SagittalReader(model).read(sagittal_scan())
    model.close()
    assert np.array_equal(SagittalReader(model).read(sagittal_scan()).labels, before.labels)


def test_axial_levels_are_named_by_the_sagittal_series() -> None:
    assert {level.level for level in axial().levels} == set(LEVELS)
    by_level = {level.level: level for level in axial().levels}
    assert [by_level[name].series for name in LEVELS] == ["2", "3", "4"]
    assert all("sagittal series" in level.named_by for level in axial().levels)


def test_the_canal_is_found_in_every_axial_slice() -> None:
    heights = {level.name: level.centre_mm for level in spine_from_the_side().levels}
    for level in axial().levels:
        disc = heights[level.level]
        x, y, _ = level.place.centre_mm
        assert abs(x - disc[0]) < 6
        assert 10 < disc[1] - y < 40


def test_what_was_drawn_narrow_is_graded_serious_from_above_and_what_was_drawn_open_is_not() -> None:
    drawn = {level.name: level for level in spine_from_the_side().levels}
    told = {level.level: level.grades[0] for level in axial().levels}
    assert {name for name, grade in told.items() if grade.grade == "Serious"} == {
        name for name in told if drawn[name].sac_depth_mm < 8.0
    }
    assert any(grade.grade == "Serious" for grade in told.values())


def test_axial_grades_on_t2_say_that_they_are_untested() -> None:
    assert not axial().tested_contrast
    assert any("untested" in note for note in axial().notes)
    assert not any(grade.tested for level in axial().levels for grade in level.grades)


def test_axial_grades_on_t1_are_tested_for_the_canal_alone() -> None:
    on_t1 = tuple(replace(scan, weighting=Weighting.T1) for scan in axial_scans())
    told = desk().read_axial(AxialGiven(("2", "3", "4"), on_t1, None)).findings
    assert told.tested_contrast
    assert {grade.structure for level in told.levels for grade in level.grades if grade.tested} == {"canal"}


def test_without_a_sagittal_series_blocks_are_counted_from_the_lowest_and_that_is_said() -> None:
    told = desk().read_axial(AxialGiven(("2", "3", "4"), axial_scans(), None)).findings
    assert [level.level for level in told.levels] == ["L5/S1", "L4/L5", "L3/L4"]
    assert [level.series for level in told.levels] == ["4", "3", "2"]
    assert any("counted, not seen" in note for note in told.notes)


def test_a_sagittal_series_of_another_frame_of_reference_names_nothing() -> None:
    elsewhere = tuple(
        replace(scan, geometry=replace(scan.geometry, frame_of_reference_uid="1.2.3")) for scan in axial_scans()
    )
    told = desk().read_axial(AxialGiven(("2", "3", "4"), elsewhere, sagittal_answer().reading)).findings
    assert any("counted, not seen" in note for note in told.notes)


def test_slices_that_pass_no_disc_of_the_sagittal_series_are_counted() -> None:
    far = axial_scans()[0]
    affine = far.geometry.affine.copy()
    affine[2, 3] += 500
    moved = replace(far, geometry=replace(far.geometry, affine=affine))
    told = desk().read_axial(AxialGiven(("2",), (moved,), sagittal_answer().reading)).findings
    assert any("other levels" in note for note in told.notes)
    assert [level.level for level in told.levels] == ["level 1"]


def test_a_mirrored_patient_has_left_and_right_swapped() -> None:
    model = next(Model(package, engines()) for package in packages() if package.spec.task is Task.SPINE_AXIAL)
    reader, crop = AxialReader(model), axial_answer().reading.levels[0].crop
    plain, mirrored = (
        {grade.name: list(grade.probabilities.values()) for grade in reader._graded(image)}
        for image in (crop, np.ascontiguousarray(crop[:, ::-1]))
    )
    for name, other in (("left_foramen", "right_foramen"), ("right_subarticular", "left_subarticular")):
        assert plain[name] == pytest.approx(mirrored[other], abs=1e-4)
    assert plain["canal"] == pytest.approx(mirrored["canal"], abs=1e-4)


def test_what_is_no_spine_is_not_read_as_one() -> None:
    with pytest.raises(Refused, match="not of the kind"):
        desk().read_sagittal("1", replace(sagittal_scan(), kind=Kind.BRAIN_FLAIR))


def test_slices_without_a_canal_are_refused() -> None:
    noise = np.random.default_rng(0).integers(0, 400, axial_scans()[0].voxels.shape).astype(np.int16)
    scans = tuple(replace(scan, voxels=noise * 0) for scan in axial_scans())
    with pytest.raises(Unreadable, match="No spinal canal"):
        desk().read_axial(AxialGiven(("2", "3", "4"), scans, None))


@pytest.mark.parametrize(
    ("disc", "canal", "possible"),
    [
        ((60, 60), (95, 61), True),
        ((60, 60), (65, 60), False),
        ((60, 60), (40, 60), False),
        ((60, 60), (95, 90), False),
        ((10, 60), (110, 60), False),
    ],
)
def test_a_canal_lies_behind_its_disc(disc: tuple[int, int], canal: tuple[int, int], *, possible: bool) -> None:
    assert is_believable(disc, canal, 0.6875) is possible


def test_disagreement_between_the_views_is_said_level_by_level() -> None:
    narrow = next(level for level in axial().levels if level.level == NARROW)
    canal = narrow.grades[0]
    no = replace(canal, grade="No")
    serious = replace(canal, grade="Serious")
    for grade, expected in ((no, 1), (serious, 0)):
        changed = replace(narrow, grades=(grade, *narrow.grades[1:]))
        told = disagreements(replace(axial(), levels=(changed,)), sagittal())
        assert len(told) == expected
        assert all(one.level == NARROW and "Look at both" in one.sentence for one in told)


def test_views_that_name_no_common_level_do_not_disagree() -> None:
    narrow = next(level for level in axial().levels if level.level == NARROW)
    renamed = replace(narrow, level="level 1")
    assert disagreements(replace(axial(), levels=(renamed,)), sagittal()) == ()


def test_readers_of_the_spine_accept_only_their_own_views() -> None:
    models = {package.spec.task: Model(package, engines()) for package in packages()}
    side, above = SagittalReader(models[Task.SPINE_SAGITTAL]), AxialReader(models[Task.SPINE_AXIAL])
    assert side.accepts(sagittal_scan())
    assert not side.accepts(replace(sagittal_scan(), kind=Kind.SPINE_AXIAL))
    assert above.accepts(AxialGiven(("1", "2", "3"), axial_scans(), None))
    assert not above.accepts(AxialGiven((), (), None))


def test_a_disc_grade_is_told_by_its_cut_points() -> None:
    classes = (*(f"pfirrmann:{n}" for n in range(5)), "bulging:0", "bulging:1")
    row = np.array([0.05, 0.3, 0.35, 0.2, 0.1, 0.4, 0.6], dtype=np.float32)
    halfway = disc_grades(classes, row, pfirrmann_cuts({}))
    assert [(grade.name, grade.told) for grade in halfway] == [("pfirrmann", "3"), ("bulging", "yes")]
    low = {f"pfirrmann_from_{grade}": 0.1 * grade + 1 for grade in range(2, 6)}
    assert disc_grades(classes, row, pfirrmann_cuts(low))[0].told == "5"
    assert [grade.told for grade in most_probable(classes, row)] == ["2", "1"]


def test_no_slice_is_chosen_where_there_is_no_disc() -> None:
    labels = np.zeros((3, 40, 40), dtype=np.uint8)
    assert best_slice(labels) is None
    labels[1, 5:35, 20:24] = 3
    assert best_slice(labels) is None


def test_grey_values_of_any_scanner_fit_into_eight_bits() -> None:
    picture = np.random.default_rng(1).gamma(2.0, 400.0, (60, 60))
    for scale in (1e-3, 1.0, 50.0):
        scaled = in_eight_bits(picture * scale)
        assert 0 <= scaled.min() <= scaled.max() == 255
        np.testing.assert_allclose(scaled, in_eight_bits(picture), rtol=1e-4)
    assert not in_eight_bits(np.zeros((4, 4))).any()


@pytest.mark.parametrize("plane", [Plane.SAGITTAL, Plane.AXIAL, Plane.CORONAL])
def test_a_place_in_a_stack_and_its_way_back_agree(plane: Plane) -> None:
    scan = sagittal_scan()
    stack = stacked(scan, plane)
    np.testing.assert_array_equal(stack.back(stack.voxels), scan.voxels)
    np.testing.assert_array_equal(stack.turned(scan.voxels), stack.voxels)
    marked = np.zeros(scan.voxels.shape, dtype=bool)
    marked[3, 7, 2] = True
    index, row, column = (int(at[0]) for at in np.nonzero(stack.turned(marked)))
    assert stack.place_mm(index, row, column) == pytest.approx((scan.geometry.affine @ [3, 7, 2, 1])[:3])


def test_the_level_that_is_explained_is_the_one_that_looks_narrowest() -> None:
    reading = axial_answer().reading

    class Explaining:
        """Stands for a package with an explainer, which the shipped one has not."""

        def relevance(
            self, prepared_as: PreparedAs, image: NDArray[np.float32], where: NDArray[np.float32]
        ) -> NDArray[np.float32]:
            assert prepared_as is PreparedAs.SPINE_AXIAL_CROP
            assert where.sum() == 1
            return image * where.shape[-1]

    chosen = narrowest_level(reading)
    probabilities = [level.grades[0].probabilities["No"] for level in reading.levels]
    assert chosen.grades[0].probabilities["No"] == min(probabilities)
    np.testing.assert_array_equal(explain_canal(Explaining(), reading), chosen.crop * chosen.crop.shape[1])
