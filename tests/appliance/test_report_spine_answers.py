"""The first sentence about a spine: it must never be softer than the worse of the two views."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from brain_findings import brain_study
from findings_builders import write_study
from report_pages import texts_of
from spine_findings import spine_study

from appliance.measure_spine import MeasuredGrade, MillimetreGrade
from appliance.models import load_shelf
from appliance.models.probabilities import BETWEEN
from appliance.models.slots import FACTORY
from appliance.report.answers import answers_of
from appliance.report.batch import Batch, sheets_of
from appliance.report.batch_pages import make_batch_pages
from appliance.report.canal import Badness, View, canals_of, seen_at, worst_of
from appliance.report.dossier import open_dossier
from appliance.report.languages import words_in
from appliance.report.pdf import make_pdf
from appliance.report.vocabulary import word
from appliance.settings import LANGUAGES, Settings
from appliance.summary.headline import headline

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.findings.spine import AxialLevel, SagittalLevel
    from appliance.findings.study import Findings

ENGLISH = words_in("en")


def _first(findings: Findings) -> str:
    return answers_of(findings, ENGLISH).headlines[-1]


def _axial(findings: Findings, *levels: AxialLevel) -> Findings:
    return replace(findings, spine_axial=(replace(findings.spine_axial[0], levels=levels),))


def _sagittal(findings: Findings, *levels: SagittalLevel) -> Findings:
    return replace(findings, spine_sagittal=(replace(findings.spine_sagittal[0], levels=levels),))


def _graded(level: AxialLevel, **grades: str) -> AxialLevel:
    return replace(level, grades=tuple(replace(g, grade=grades.get(g.structure, "No")) for g in level.grades))


def _measured(level: SagittalLevel, ratio: MeasuredGrade | None, mm: MillimetreGrade | None) -> SagittalLevel:
    return replace(level, measured_grade=ratio, millimetre_grade=mm)


def _calm() -> Findings:
    """Neither view sees anything narrow."""
    study = replace(spine_study(), disagreements=())
    normal = (MeasuredGrade.NORMAL_OR_MILD, MillimetreGrade.NONE)
    side = (_measured(level, *normal) for level in study.spine_sagittal[0].levels)
    return _sagittal(_axial(study, *map(_graded, study.spine_axial[0].levels)), *side)


def test_a_canal_that_only_the_side_view_finds_narrow_leads_the_page_and_the_disagreement_is_said() -> None:
    study = _calm()
    moderate = _measured(study.spine_sagittal[0].levels[0], MeasuredGrade.MODERATE, MillimetreGrade.NONE)
    study = replace(_sagittal(study, moderate), disagreements=spine_study().disagreements)
    assert _first(study) == (
        "Spinal canal narrow, worst at L5/S1 (axial: no narrowing; sagittal: moderate, 8.4 mm). "
        "The two views disagree at L5/S1: look at both."
    )


def test_a_canal_that_only_the_axial_view_finds_narrow_leads_the_page() -> None:
    study = _calm()
    study = _axial(study, _graded(study.spine_axial[0].levels[1], canal="Serious"))
    assert _first(study).startswith("Spinal canal narrow, worst at L4/L5 (axial: serious; sagittal: normal or mild,")


@pytest.mark.parametrize("ratio", [None, MeasuredGrade.NORMAL_OR_MILD])
def test_a_canal_that_is_narrow_in_millimetres_alone_is_not_called_wide(ratio: MeasuredGrade | None) -> None:
    study = _calm()
    narrow = _measured(study.spine_sagittal[0].levels[2], ratio, MillimetreGrade.ABSOLUTE)
    study = replace(_sagittal(study, narrow), spine_axial=())
    answers = answers_of(study, ENGLISH)
    assert answers.headlines == ("Spinal canal narrow, worst at L3/L4 (sagittal: absolute stenosis, 12.4 mm).",)
    assert answers.found[0] == "Sagittal slices: the canal is narrow at L3/L4 absolute stenosis."
    assert all(tile.alarming for tile in answers.tiles)
    assert "worst canal: L3/L4 absolute stenosis (sagittal)" in headline(study)
    assert "narrow from the side: L3/L4 12.4 mm (absolute stenosis)" in headline(study)


def test_the_worst_level_gets_the_tiles_wherever_it_stands_in_the_list() -> None:
    study = _calm()
    levels = [*map(_graded, study.spine_axial[0].levels), _graded(study.spine_axial[0].levels[2], canal="Serious")]
    levels[-1] = replace(levels[-1], level="L1/L2", number=5)
    tiles = answers_of(_axial(study, *levels), ENGLISH).tiles
    assert (tiles[0].label, tiles[0].value, tiles[0].alarming) == ("Canal, axial: worst, L1/L2", "Serious", True)


def test_views_that_disagree_get_a_tile() -> None:
    (tile,) = [tile for tile in answers_of(spine_study(), ENGLISH).tiles if "disagree" in tile.label]
    assert (tile.value, tile.alarming) == ("L5/S1", True)


def test_nothing_narrow_is_said_of_the_views_that_looked() -> None:
    study = _calm()
    both, above, side = study, replace(study, spine_sagittal=()), replace(study, spine_axial=())
    assert "neither on axial nor on sagittal slices" in _first(both)
    assert _first(above).endswith("on axial slices.")
    assert _first(side).endswith("on sagittal slices.")


def test_a_view_that_could_not_judge_anything_is_not_said_to_have_seen_nothing() -> None:
    study = _calm()
    unmeasured = (_measured(level, None, None) for level in study.spine_sagittal[0].levels)
    blind = _sagittal(_axial(study), *unmeasured)
    answers = answers_of(blind, ENGLISH)
    assert answers.headlines == ("The spinal canal could not be judged at any level.",)
    assert answers.found[:2] == (
        "Axial slices: no level could be graded.",
        "Sagittal slices: the canal could not be measured at any level.",
    )
    assert not answers.tiles
    assert worst_of(canals_of(blind)) is None


def test_what_is_narrow_beside_a_wide_canal_is_in_the_headline() -> None:
    study = _calm()
    study = _axial(study, _graded(study.spine_axial[0].levels[0], left_foramen="Serious", right_foramen="Mild"))
    assert _first(study).endswith("Worst beside it: L5/S1: left foramen serious.")


def test_of_a_head_and_a_back_in_one_study_both_lead_the_page() -> None:
    both = replace(spine_study(), brain=brain_study().brain)
    assert [text[:12] for text in answers_of(both, ENGLISH).headlines] == ["11 lesions w", "Spinal canal"]


def test_discs_that_a_doctor_would_look_at_are_named_and_healthy_ones_are_not() -> None:
    study = _calm()
    told = answers_of(study, ENGLISH).found[-1]
    assert told == "Discs: changes at L5/S1, L4/L5, L3/L4, L2/L3; their grades are on the pages behind."
    healthy = _sagittal(study, *(replace(level, grades=()) for level in study.spine_sagittal[0].levels))
    assert not any("Discs" in text for text in answers_of(healthy, ENGLISH).found)


def test_everything_that_a_shipped_model_grades_has_a_word_in_every_language() -> None:
    packages, _ = load_shelf(FACTORY, Settings().limits)
    graded = {
        label.partition(BETWEEN)[0]
        for package in packages
        for network in package.spec.networks.values()
        for output in network.outputs
        for label in output.classes or ()
        if BETWEEN in label
    }
    assert {"canal", "upper_endplate", "pfirrmann"} <= graded
    for structure in graded:
        said = {word(words_in(language), structure) for language in LANGUAGES}
        assert structure not in said, structure
        assert len(said) > 1, structure


def test_equal_levels_are_told_apart_by_their_width() -> None:
    worst = worst_of(canals_of(spine_study()))
    assert worst is not None
    assert (worst.seen.level, worst.seen.badness) == ("L4/L5", Badness.SEVERE)
    assert worst.views == (View.AXIAL, View.SAGITTAL)


def test_a_level_without_a_line_keeps_its_grade() -> None:
    level = replace(spine_study().spine_sagittal[0].levels[0], at_disc=None)
    seen = seen_at(level)
    assert seen is not None
    assert (seen.grade, seen.mm) == ("absolute stenosis", None)
    study = replace(_sagittal(spine_study(), level), spine_axial=(), disagreements=())
    assert _first(study) == "Spinal canal narrow, worst at L5/S1 (sagittal: absolute stenosis)."
    assert "L5/S1 absolute stenosis" in headline(study)


def test_the_workbook_names_the_worst_canal_of_both_views_and_which_view_says_so() -> None:
    study = _calm()
    side = _measured(study.spine_sagittal[0].levels[1], MeasuredGrade.MODERATE, MillimetreGrade.NONE)
    studies = (spine_study(), _sagittal(study, side), replace(brain_study(), study="b"))
    sheet = sheets_of(Batch("x", studies, ()))[0]
    columns = [sheet.columns.index(name) for name in ("worst canal", "worst canal seen on")]
    rows = [tuple(row[column] for column in columns) for row in sheet.rows]
    assert rows == [("L4/L5 Serious", "axial and sagittal"), ("L4/L5 moderate", "sagittal"), (None, None)]


def test_a_batchs_page_never_calls_a_narrow_foramen_unremarkable() -> None:
    study = _calm()
    foramina = _graded(study.spine_axial[0].levels[0], left_foramen="Serious", right_foramen="Mild")
    text = " ".join(
        "".join(texts_of(make_batch_pages(Batch("x", (_axial(study, foramina),), ()), "", "en", "A4"))).split()
    )
    assert "left foramen serious" in text
    assert "1 milder narrowing beside the canal" in text
    assert "nothing remarkable" not in text


def test_a_batchs_page_says_where_the_views_disagree() -> None:
    text = " ".join("".join(texts_of(make_batch_pages(Batch("x", (spine_study(),), ()), "", "en", "A4"))).split())
    assert "The two views disagree at L5/S1: look at both." in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_headline_comes_in_every_language(language: str) -> None:
    words = words_in(language)
    (said,) = answers_of(spine_study(), words).headlines
    assert "L4/L5" in said
    assert "L5/S1" in said
    assert (said == _first(spine_study())) is (language == "en")


def test_a_study_with_more_to_say_than_a_page_holds_says_how_much_stands_behind(tmp_path: Path) -> None:
    study = replace(spine_study(), brain=brain_study().brain * 3, spine_axial=spine_study().spine_axial * 9)
    first = texts_of(make_pdf(open_dossier(write_study(study, tmp_path)), paper="Letter"))[0]
    assert "more on the pages behind" in first
    assert "Decision of the reviewing doctor" in first
