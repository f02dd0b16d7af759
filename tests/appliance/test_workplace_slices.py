"""What the screen shows of a study: its scan with outlines, and what a doctor said before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from answered_study import answered_brain, answered_spine
from brain_findings import brain_study
from findings_builders import write_study
from signed_study import CANAL, LOAD, signed
from spine_findings import spine_study

from appliance.contracts import StudyFound
from appliance.errors import Unreadable
from appliance.findings.review import read_review
from appliance.settings import Settings
from appliance.studies import find_studies
from appliance.workplace.opening import NOT_AT_HAND, SIGNED_BEFORE, findings_and_lines, slices_or_reason
from appliance.workplace.reviewing import draft_of
from appliance.workplace.slices import load_slices
from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from answered_study import Answered

    from appliance.contracts import Study
    from appliance.findings.review import GradeChanged
    from appliance.findings.study import Findings

SETTINGS = Settings()


@dataclass(frozen=True)
class Opened:
    """A study whose scan is still there, and its results."""

    study: Study
    findings: Findings
    folder: Path


def opened(answered: Answered, folder: Path) -> Opened:
    """Open it as the screen does; the findings are of this very scan."""
    (study,) = [event.study for event in find_studies(answered.scans, SETTINGS) if isinstance(event, StudyFound)]
    (read,) = answered.findings.series
    read = replace(read, uid=study.series[0].facts.uid, part=answered.volume.part)
    (file,) = (folder / "results").rglob("findings.json")
    return Opened(study, replace(answered.findings, series=(read,)), file.parent)


def test_the_scan_opens_at_the_slice_with_most_and_outlines_can_be_left_out(tmp_path: Path) -> None:
    brain = opened(answered_brain(tmp_path), tmp_path)
    (slices,) = load_slices(brain.study, brain.findings, brain.folder, SETTINGS)
    (lesions,) = slices.outlines
    assert (lesions.name, int(lesions.mask.sum())) == ("lesions", 2)
    fullest = slices.fullest()
    assert lesions.mask[fullest].any()
    assert slices.picture(fullest, slices.window, 0).tobytes() != slices.picture(fullest, slices.window, 2).tobytes()
    none = replace(lesions, mask=np.zeros_like(lesions.mask))
    for without in ((), (none,)):
        assert replace(slices, outlines=without).fullest() == len(slices) // 2


def test_each_part_of_a_spine_has_its_outline(tmp_path: Path) -> None:
    spine = opened(answered_spine(tmp_path), tmp_path)
    (slices,) = load_slices(spine.study, spine.findings, spine.folder, SETTINGS)
    assert [outline.name for outline in slices.outlines] == ["vertebrae", "discs", "canal"]


def test_the_scan_of_another_series_is_not_shown_for_the_one_that_was_read(tmp_path: Path) -> None:
    brain = opened(answered_brain(tmp_path), tmp_path)
    (read,) = brain.findings.series
    for other in (replace(read, uid="1.2.3"), replace(read, grid=None), replace(read, part="another")):
        assert load_slices(brain.study, replace(brain.findings, series=(other,)), brain.folder, SETTINGS) == ()


def test_a_scan_without_identity_is_that_of_its_study(tmp_path: Path) -> None:
    brain = opened(answered_brain(tmp_path), tmp_path)
    (series,) = brain.study.series
    study = replace(brain.study, series=(replace(series, facts=replace(series.facts, uid=None)),))
    findings = replace(brain.findings, series=tuple(replace(read, uid=None) for read in brain.findings.series))
    assert len(load_slices(study, findings, brain.folder, SETTINGS)) == 1


def test_outlines_that_cannot_be_read_are_said_and_the_pictures_remain(tmp_path: Path) -> None:
    brain = opened(answered_brain(tmp_path), tmp_path)
    (brain.folder / "lesions.nii.gz").write_bytes(b"no mask")
    with pytest.raises(Unreadable, match=r"lesions\.nii\.gz cannot be read"):
        load_slices(brain.study, brain.findings, brain.folder, SETTINGS)
    slices, why = slices_or_reason(brain.study, brain.findings, brain.folder, SETTINGS)
    assert slices == ()
    assert "Read the study again." in why
    assert slices_or_reason(None, brain.findings, brain.folder, SETTINGS) == ((), say(NOT_AT_HAND))


def test_damaged_findings_and_a_review_of_other_findings_are_said(tmp_path: Path) -> None:
    folder = signed(write_study(brain_study(), tmp_path), LOAD)
    assert any("Severe" in line.text for line in findings_and_lines(folder)[1])
    findings = folder / "findings.json"
    findings.write_text(findings.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert any(say(SIGNED_BEFORE) in line.text for line in findings_and_lines(folder)[1])
    findings.write_text("{", encoding="utf-8")
    nothing, (line,) = findings_and_lines(folder)
    assert nothing is None
    assert "Read the study again" in line.text


@pytest.mark.parametrize(("study", "change"), [(brain_study, LOAD), (spine_study, CANAL)])
def test_what_a_doctor_signed_is_taken_up_again_as_it_was(
    study: Callable[[], Findings], change: GradeChanged, tmp_path: Path
) -> None:
    findings = study()
    lesions = 2 if findings.brain else 0
    past = read_review(signed(write_study(findings, tmp_path), change, lesions=lesions, note="Seen."))
    assert past is not None
    draft = draft_of(findings)
    draft.take_back_up(past)
    said = [draft.doctors_value(item) for item in draft.items]
    assert said.count(change.doctor) == 1
    assert said.count("no lesion") == lesions
    assert (draft.changes(), draft.note) == (1 + lesions, "Seen.")
    for item in draft.items:
        draft.change(item, item.automatic)
        draft.change(item, "no such grade")
        if draft.doctors_value(item):
            draft.toggle(item)
    assert draft.changes() == 0
