"""What the structured report says of findings with holes in them: less, never something else."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import highdicom
import pydicom
import pytest
from brain_findings import brain_study
from builders import flair_series, lumbar_sagittal, ramp
from findings_builders import write_study
from spine_findings import spine_study

from appliance.measure_spine import MillimetreGrade
from appliance.report.dicom.source import Scan
from appliance.report.dicom.structured import structured_report_of
from appliance.report.dossier import Dossier, open_dossier

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from appliance.findings.study import Findings


@dataclass(frozen=True)
class Read:
    """A scan on the disk, and what was found in it."""

    headers: tuple[pydicom.Dataset, ...]
    dossier: Dossier

    @property
    def findings(self) -> Findings:
        return self.dossier.findings


@pytest.fixture(scope="module")
def brain(tmp_path_factory: pytest.TempPathFactory) -> Read:
    folder = tmp_path_factory.mktemp("brain")
    flair_series(folder / "scans", voxels=ramp((16, 12, 5)))
    return _read(replace(brain_study(), pictures=()), folder)


@pytest.fixture(scope="module")
def spine(tmp_path_factory: pytest.TempPathFactory) -> Read:
    folder = tmp_path_factory.mktemp("spine")
    lumbar_sagittal(folder / "scans")
    study = spine_study()
    return _read(replace(study, series=study.series[1:], spine_axial=(), disagreements=(), pictures=()), folder)


def _read(findings: Findings, folder: Path) -> Read:
    paths = sorted(path for path in (folder / "scans").rglob("*") if path.is_file())
    headers = tuple(pydicom.dcmread(path, stop_before_pixels=True) for path in paths)
    return Read(headers, open_dossier(write_study(findings, folder)))


Told = dict[str, dict[str, str | float]]


def _told(read: Read, change: Callable[[Findings], Findings], *, frame: bool = True) -> Told | None:
    """Make the report of changed findings; give each group's names and values, or nothing."""
    headers = deepcopy(read.headers)
    for header in headers if not frame else ():
        del header.FrameOfReferenceUID
    changed = replace(read.dossier, findings=change(read.findings))
    made = structured_report_of(changed, [Scan(read.findings.series[0], headers, (None,) * len(headers))], 1)
    if made is None:
        return None
    content = highdicom.sr.Comprehensive3DSR.from_dataset(made).content
    groups = [*content.get_image_measurement_groups(), *content.get_planar_roi_measurement_groups()]
    return {str(group.tracking_identifier): _items(group) for group in groups}


def _items(group: highdicom.sr.MeasurementsAndQualitativeEvaluations) -> dict[str, str | float]:
    values: dict[str, str | float] = {each.name.meaning: float(each.value) for each in group.get_measurements()}
    return values | {each.name.meaning: each.value.meaning for each in group.get_qualitative_evaluations()}


def test_a_scan_of_which_nothing_was_found_gets_no_report(brain: Read) -> None:
    assert _told(brain, lambda findings: replace(findings, brain=())) is None


def test_what_was_measured_in_another_series_is_not_put_into_this_one(brain: Read, spine: Read) -> None:
    def elsewhere(findings: Findings) -> Findings:
        return replace(
            findings,
            brain=tuple(replace(each, series="9") for each in findings.brain),
            spine_axial=tuple(replace(each, series="9") for each in spine_study().spine_axial),
            spine_sagittal=tuple(replace(each, series="9") for each in findings.spine_sagittal),
        )

    assert _told(brain, elsewhere) is None
    assert _told(spine, elsewhere) is None


def test_a_share_and_a_probability_that_nobody_knows_are_left_out(brain: Read) -> None:
    def unknown(findings: Findings) -> Findings:
        (found,) = findings.brain
        lesions = tuple(replace(lesion, mean_probability=None) for lesion in found.lesions)
        totals = replace(found.totals, share_of_brain=None)
        return replace(findings, brain=(replace(found, lesions=lesions, totals=totals),))

    told = _told(brain, unknown)
    assert told is not None
    assert set(told["all lesions"]) == {"Number of isolated lesions", "Volume", "Severity of the lesion load"}
    assert set(told["lesion 1"]) == {"Volume"}


def test_a_level_without_width_and_grade_is_left_out(spine: Read) -> None:
    def bare(findings: Findings) -> Findings:
        (found,) = findings.spine_sagittal
        levels = (found.levels[0], replace(found.levels[3], grades=()))
        return replace(findings, spine_sagittal=(replace(found, levels=levels),))

    told = _told(spine, bare)
    assert told is not None
    assert list(told) == ["L5/S1 from the side"]


def test_a_canal_that_is_narrow_in_millimetres_alone_is_called_so_for_the_pacs(spine: Read) -> None:
    def narrow(findings: Findings) -> Findings:
        (found,) = findings.spine_sagittal
        level = replace(found.levels[2], millimetre_grade=MillimetreGrade.ABSOLUTE, grades=())
        unknown = replace(level, level="L2/L3", measured_grade=None, at_disc=None, ratio=None)
        return replace(findings, spine_sagittal=(replace(found, levels=(level, unknown)),))

    told = _told(spine, narrow)
    assert told is not None
    assert told["L3/L4 from the side"]["Grade of canal"] == "normal or mild"
    assert told["L3/L4 from the side"]["Grade of canal by millimetres"] == "absolute stenosis"
    assert told["L2/L3 from the side"] == {"Grade of canal by millimetres": "absolute stenosis"}


def test_grades_from_above_come_with_their_level(spine: Read) -> None:
    def above(findings: Findings) -> Findings:
        axial = replace(spine_study().spine_axial[0], series=findings.series[0].id)
        return replace(findings, spine_sagittal=(), spine_axial=(axial,))

    told = _told(spine, above)
    assert told is not None
    assert set(told) == {"L5/S1 from above", "L4/L5 from above", "L3/L4 from above"}
    assert told["L4/L5 from above"]["Grade of canal"] == "Serious"
    assert told["L4/L5 from above"]["Grade of left foramen"] == "No"


def test_a_scan_without_a_frame_of_reference_keeps_its_measurements_and_loses_their_places(spine: Read) -> None:
    placed, unplaced = _told(spine, lambda same: same), _told(spine, lambda same: same, frame=False)
    assert placed is not None
    assert unplaced == placed
