"""The shipped models on an invented head: what was planted is found, measured, placed and explained on its grid."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from clinic_desk import SETTINGS, brain_answer, desk, dice, engines, flair, head_scan, packages, turned

from appliance.contracts import Kind
from appliance.errors import BadModel, EngineFailed, Unreadable
from appliance.measure.regions import Region
from appliance.models.spec import Task
from appliance.readers.anomaly import AnomalyReader
from appliance.readers.brain import BrainGiven, BrainReader
from appliance.readers.desk import Desk
from appliance.readers.in_parts import answered, in_parts
from appliance.readers.lesions import LesionReader, without_small
from appliance.readers.model import Model
from appliance.readers.relevance import NOT_EXPLAINED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.contracts import Volume


def model(task: Task) -> Model:
    return Model(next(package for package in packages() if package.spec.task is task), engines())


def test_planted_lesions_are_found() -> None:
    truth = head_scan()
    reading = brain_answer().lesions
    assert dice(reading.lesion, truth.lesion > 0) >= 0.6
    assert dice(reading.brain, truth.brain > 0) >= 0.9
    assert dice(reading.ventricle, truth.ventricle > 0) >= 0.55


def test_most_planted_lesions_of_a_readable_size_are_found_one_by_one() -> None:
    reading = brain_answer().lesions
    back = np.linalg.inv(flair().geometry.affine)
    large = [lesion for lesion in head_scan().lesions if lesion.ml >= 0.3]
    at = [np.rint((back @ [*lesion.centre_mm, 1.0])[:3]).astype(int) for lesion in large]
    found = [reading.lesion[i - 2 : i + 3, j - 2 : j + 3, k].any() for i, j, k in at]
    assert len(large) >= 8
    assert np.mean(found) >= 0.75


def test_the_record_says_what_the_masks_show() -> None:
    findings, reading = brain_answer().findings, brain_answer().lesions
    labels, ml = reading.found.labels, flair().geometry.voxel_ml
    assert findings.totals.count == len(findings.lesions) == labels.max()
    for lesion in findings.lesions:
        here = labels == lesion.number
        assert lesion.volume_ml == pytest.approx(np.count_nonzero(here) * ml)
        areas = np.count_nonzero(here, axis=(0, 1))
        assert areas[lesion.spot.slice_number - 1] == areas.max()
        assert lesion.mean_probability == pytest.approx(float(reading.probability[here].mean()) / 255, abs=2e-3)
        assert lesion.sure is (lesion.mean_probability >= SETTINGS.lesions.sure_from)
    assert sum(total.count for total in findings.totals.by_region) == findings.totals.count
    assert findings.totals.share_of_brain == pytest.approx(findings.totals.volume_ml / findings.brain_ml)
    assert {total.region for total in findings.totals.by_region} == set(Region)


def test_the_patient_is_placed_among_others_or_it_is_said_why_not() -> None:
    population = brain_answer().findings.population
    assert {str(standing.group) for standing in population.standings} == {"MS", "HC"}
    nobody = BrainGiven("1", replace(flair(), patient=replace(flair().patient, age_years=None)))
    told = desk().read_brain(nobody).findings.population
    assert told.standings == ()
    assert "age is not known" in told.notes[0]


@pytest.mark.parametrize(("order", "flips"), [((2, 0, 1), (0,)), ((1, 0, 2), (1, 2)), ((0, 1, 2), (0, 1, 2))])
def test_the_grid_of_the_input_is_the_grid_of_the_output(order: tuple[int, int, int], flips: tuple[int, ...]) -> None:
    reading = LesionReader(model(Task.BRAIN_LESIONS), SETTINGS.lesions).read(turned(flair(), order, flips)).reading
    straight = brain_answer().lesions
    for name in ("brain", "ventricle", "lesion"):
        expected = np.transpose(np.flip(getattr(straight, name), flips), order)
        assert np.mean(getattr(reading, name) == expected) > 0.9999, name


def test_a_scan_without_a_brain_is_refused_in_words() -> None:
    empty = replace(flair(), voxels=np.zeros(flair().voxels.shape, dtype=np.int16))
    with pytest.raises(Unreadable, match="No brain was found"):
        desk().read_brain(BrainGiven("1", empty))


def test_values_that_are_no_numbers_are_refused() -> None:
    voxels = flair().voxels.astype(np.float32)
    voxels[3, 4, 5] = np.nan
    with pytest.raises(Unreadable, match="not numbers"):
        desk().read_brain(BrainGiven("1", replace(flair(), voxels=voxels)))


def test_the_brightness_of_the_scanner_does_not_matter() -> None:
    brighter = replace(flair(), voxels=(flair().voxels * 7.5).astype(np.float32))
    again = desk().read_brain(BrainGiven("1", brighter)).lesions
    assert dice(again.lesion, brain_answer().lesions.lesion) > 0.99


def test_what_the_model_looked_at_lies_around_the_lesion_that_it_explains() -> None:
    relevance, reading = brain_answer().relevance, brain_answer().lesions
    assert relevance is not None
    assert relevance.lesion == brain_answer().findings.lesions[0].number
    shape = flair().voxels.shape
    lesion = np.flip(reading.found.labels[:, :, relevance.index] == relevance.lesion, ()).T
    assert relevance.values.shape == (shape[1], shape[0])
    rows, columns = np.nonzero(lesion)
    near = np.zeros_like(lesion)
    near[rows.min() - 12 : rows.max() + 13, columns.min() - 12 : columns.max() + 13] = True
    strength = np.abs(relevance.values)
    assert strength[near].sum() > 0.7 * strength.sum()


def cannot_explain(*_: object) -> None:
    raise EngineFailed("The model could not be run.", advice="Try another machine.")


def test_a_machine_that_cannot_explain_finds_the_same_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Model, "relevance", cannot_explain)
    answer = desk().read_brain(BrainGiven("1", flair()))
    assert answer.relevance is None
    before = brain_answer().findings
    assert answer.findings == replace(before, notes=(*before.notes, NOT_EXPLAINED))


def test_an_anomaly_map_is_made_and_lies_in_the_brain() -> None:
    anomaly, reading = brain_answer().anomaly, brain_answer().lesions
    assert anomaly is not None
    assert anomaly.scores.max() > 0
    outside = ~(reading.brain | reading.ventricle)
    assert np.count_nonzero(anomaly.scores[outside] > 255 * anomaly.threshold) < 50
    tissue = reading.brain & ~reading.lesion & ~reading.ventricle
    unusual = anomaly.scores > 255 * anomaly.threshold
    assert unusual[reading.lesion].mean() > 20 * unusual[tissue].mean()


def test_an_unusual_place_that_no_lesion_explains_is_flagged() -> None:
    reader = AnomalyReader(model(Task.BRAIN_ANOMALY), SETTINGS)
    work = LesionReader(model(Task.BRAIN_LESIONS), SETTINGS.lesions).read(with_a_bright_mass())
    nothing = replace(work.reading, lesion=np.zeros_like(work.reading.lesion))
    explained = replace(work.reading, lesion=work.reading.lesion | mass())
    flagged = reader.read(replace(work, reading=nothing)).found
    assert flagged.regions[0].volume_ml > 2.0
    at = flagged.regions[0].place.centre_index
    assert np.hypot(*np.subtract(at[:2], MASS_AT[:2])) < 6
    assert reader.read(replace(work, reading=explained)).found.unexplained_ml < 0.2 * flagged.unexplained_ml


MASS_AT, MASS_PX = (100, 110, 13), 9


def mass() -> NDArray[np.bool_]:
    i, j, _ = np.indices(flair().voxels.shape, sparse=True)
    disc = (i - MASS_AT[0]) ** 2 + (j - MASS_AT[1]) ** 2 <= MASS_PX**2
    inside = np.zeros(flair().voxels.shape, dtype=np.bool_)
    inside[:, :, MASS_AT[2] - 1 : MASS_AT[2] + 1] = disc[:, :, :1]
    return inside


def with_a_bright_mass() -> Volume:
    return replace(flair(), voxels=np.where(mass(), 1.9 * np.median(flair().voxels[mass()]), flair().voxels))


def test_without_an_anomaly_package_there_is_no_map_and_nothing_breaks() -> None:
    answer = BrainReader(model(Task.BRAIN_LESIONS), None, SETTINGS).read(BrainGiven("1", flair()))
    assert answer.anomaly is None
    assert answer.findings.anomaly is None
    assert answer.findings.lesions == brain_answer().findings.lesions


def test_the_models_that_took_part_are_named_with_engine_and_hash() -> None:
    brain_answer()
    used = desk().used([Kind.BRAIN_FLAIR])
    assert [one.task for one in used] == ["brain-anomaly", "brain-lesions"]
    for one in used:
        assert len(one.sha256) == 64
        assert one.engines
        assert all(engine.engine and engine.precision and engine.reason for engine in one.engines)
    assert not desk().used([])


def test_a_kind_without_a_package_says_which_is_missing() -> None:
    bare = Desk([], engines(), SETTINGS)
    assert not bare.can_read(Kind.BRAIN_FLAIR)
    with pytest.raises(BadModel, match="brain-lesions is installed"):
        bare.read_brain(BrainGiven("1", flair()))


def test_a_reader_accepts_only_what_it_can_read() -> None:
    reader = BrainReader(model(Task.BRAIN_LESIONS), None, SETTINGS)
    assert reader.accepts(BrainGiven("1", flair()))
    assert not reader.accepts(BrainGiven("1", replace(flair(), kind=Kind.SPINE_SAGITTAL)))
    work = LesionReader(model(Task.BRAIN_LESIONS), SETTINGS.lesions).read(flair())
    assert AnomalyReader(model(Task.BRAIN_ANOMALY), SETTINGS).accepts(work)


def test_a_package_for_something_else_is_said_to_be_so() -> None:
    with pytest.raises(BadModel, match="holds no network for “head”"):
        LesionReader(model(Task.SPINE_AXIAL), SETTINGS.lesions)
    with pytest.raises(BadModel, match="names no threshold “nothing”"):
        model(Task.BRAIN_LESIONS).threshold("nothing")


def test_small_parts_are_dropped_by_size_alone() -> None:
    mask = np.zeros((20, 20, 3), dtype=bool)
    mask[2:4, 2:4, 1] = True
    mask[10:16, 10:16, :] = True
    kept = without_small(mask, 5)
    assert not kept[:5].any()
    assert kept[10:16, 10:16].all()
    assert without_small(mask, 1) is mask
    assert not without_small(np.zeros_like(mask), 5).any()


def test_every_slice_is_asked_about_once() -> None:
    parts = list(in_parts(range(11), 4))
    assert [len(part) for part in parts] == [4, 4, 3]
    assert [index for part in parts for index in part] == list(range(11))


def test_answers_come_in_order_and_no_further_ahead_than_two_parts() -> None:
    begun: list[int] = []

    def prepare(part: int) -> int:
        begun.append(part)
        return part * 10

    for part, answer in answered(range(9), prepare, lambda shown: shown + 1):
        assert answer == part * 10 + 1
        assert max(begun) <= part + 2 + 1  # two are ahead, and one may be in the making
    assert begun == list(range(9))


def test_what_goes_wrong_ahead_is_told_where_the_part_is_used() -> None:
    def ask(shown: int) -> int:
        if shown == 2:
            raise EngineFailed("It stopped.", advice="Try again.")
        return shown

    got: list[int] = []
    with pytest.raises(EngineFailed):
        got.extend(part for part, _ in answered(range(5), lambda part: part, ask))
    assert got == [0, 1]
