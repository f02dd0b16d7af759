"""Visits that are all alike, or that the program would never take for what they are, would make a year of one study."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest

from appliance.contracts import Certainty, LeftOut, StudyFound
from appliance.errors import Refused
from appliance.settings import Settings
from appliance.studies import find_studies
from appliance.volumes import read_volumes
from tests.bench.year.bases import Base, Bases, pool_for, real_heads
from tests.bench.year.plan import Broken, Scan, Visit
from tests.bench.year.started import visit_in
from tests.bench.year.visits import SYNTAXES, VENDORS, folder_of, key_of, write_visit

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.contracts import Study

BASE = Base(np.random.default_rng(1).uniform(0, 1000, (24, 24, 6)).astype(np.float32), np.diag([-9.0, -9.0, 6.0, 1.0]))


def a_visit(number: int, broken: Broken | None = None, patient: int = 0) -> Visit:
    return Visit(number, patient or number, date(2025, 1, 5), Scan.SAMPLE, 0, broken)


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def found_in(folder: Path) -> tuple[list[Study], list[LeftOut]]:
    events = list(find_studies(folder, Settings()))
    studies = [event for event in events if isinstance(event, StudyFound)]
    left_out = [event for event in events if isinstance(event, LeftOut)]
    return [each.study for each in studies], [*left_out, *(left for each in studies for left in each.left_out)]


def test_the_same_visit_writes_the_same_bytes_and_no_two_visits_do(tmp_path: Path) -> None:
    for stick in ("one", "two"):
        write_visit(tmp_path / stick, a_visit(1), BASE)
    write_visit(tmp_path / "other", a_visit(1 + len(VENDORS) * len(SYNTAXES)), BASE)
    assert files_in(tmp_path / "one") == files_in(tmp_path / "two")
    one, other = (found_in(tmp_path / stick)[0][0] for stick in ("one", "other"))
    voxels = [read_volumes(study, study.series[0], Settings())[0].voxels for study in (one, other)]
    assert not np.array_equal(*voxels)


@pytest.mark.parametrize("number", range(1, 13))
def test_a_good_visit_is_found_under_the_key_that_the_year_expects(tmp_path: Path, number: int) -> None:
    write_visit(tmp_path, a_visit(number), BASE)
    (study,), left_out = found_in(tmp_path)
    assert study.key == key_of(a_visit(number))
    assert study.series[0].recognition.certainty is Certainty.SURE
    assert visit_in(str(study.series[0].sources[0].path)) == folder_of(a_visit(number))
    assert not left_out
    assert read_volumes(study, study.series[0], Settings())


def test_who_comes_again_is_the_same_patient_of_another_study(tmp_path: Path) -> None:
    write_visit(tmp_path, a_visit(1), BASE)
    write_visit(tmp_path, a_visit(9, patient=1), BASE)
    first, second = found_in(tmp_path)[0]
    assert first.patient.patient_id == second.patient.patient_id
    assert first.patient.birth_date == second.patient.birth_date
    assert first.key != second.key


@pytest.mark.parametrize("broken", [way for way in Broken if way is not Broken.RESTLESS])
def test_a_broken_visit_is_left_out_or_refused(tmp_path: Path, broken: Broken) -> None:
    visit = a_visit(7, broken)
    write_visit(tmp_path, visit, BASE)
    studies, left_out = found_in(tmp_path)
    said = [left for left in left_out if visit_in(str(left.source.path)) == folder_of(visit)]
    assert studies or said
    for study in studies:
        for series in study.series:
            with pytest.raises(Refused):
                read_volumes(study, series, Settings())


def test_without_published_scans_the_pool_has_samples_alone(tmp_path: Path) -> None:
    assert real_heads(tmp_path) == ()
    pool = pool_for(1000, tmp_path)
    assert (pool.real, pool.sample, pool.fine) == (0, 24, 1)


def test_published_scans_are_thick_heads_in_twelve_bits(shared_data: Path, tmp_path: Path) -> None:
    heads = real_heads(shared_data)
    assert len(heads) >= 15
    base = Bases(tmp_path, shared_data).of(Scan.REAL, 0)
    assert base.voxels.shape[2] < 64
    assert 1500 < base.voxels.max() <= 4095
    assert list(tmp_path.iterdir()) == []
