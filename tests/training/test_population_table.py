"""The reference table is what its script makes of the published rows."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from training.population import FEWEST, TARGET, cells_of, main, read_people

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = [
    "PatientID",
    "PatientAge",
    "PatientSex",
    "StudyGroup",
    "TotalIntracranialArea",
    "TotalVentricleArea",
    "TotalWMHArea",
    "TotalPeriArea",
    "TotalParaArea",
    "TotalJuxtArea",
]


def written(path: Path, rows: list[tuple[object, ...]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return path


def test_people_are_counted_in_the_cell_of_their_age_sex_and_group(tmp_path: Path) -> None:
    rows = [(n, 30 + n % 10, 0, "MS", 100_000, 400, 100 + n, 60, 40 + n, 0) for n in range(FEWEST)]
    rows += [(100, 29.5, 0, "MS", 100_000, 400, 0, 0, 0, 0), (101, "", 1, "HC", 100_000, 400, 0, 0, 0, 0)]
    cells = cells_of(read_people(written(tmp_path / "people.csv", rows)))
    filled = {(c["group"], c["sex"], c["from_age"]): c["people"] for c in cells if c["people"]}
    assert filled == {
        ("MS", "F", 30): FEWEST,
        ("MS", "any", 30): FEWEST,
        ("MS", "F", 18): 1,
        ("MS", "any", 18): 1,
    }
    cell = next(c for c in cells if c["people"] == FEWEST)
    assert cell["lesion_share"][9] == pytest.approx(np.median([(100 + n) / 100_000 for n in range(FEWEST)]))
    assert cell["region_shares"]["JCWMH"] == [0, 0, 0]
    assert cell["without_lesions"] == 0
    assert "lesion_share" not in next(c for c in cells if c["people"] == 1)


def test_the_sex_code_is_read_as_the_authors_wrote_it(tmp_path: Path) -> None:
    rows = [(1, 40, 0, "MS", 1000, 4, 1, 1, 0, 0), (2, 40, 1, "MS", 1000, 4, 1, 1, 0, 0)]
    assert [person.sex for person in read_people(written(tmp_path / "people.csv", rows))] == ["F", "M"]


def test_the_shipped_table_is_what_the_script_makes_of_the_published_one(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "table.json"
    monkeypatch.setattr("sys.argv", ["population", "--data", str(shared_data), "--out", str(out)])
    main()
    assert json.loads(out.read_text(encoding="utf-8")) == json.loads(TARGET.read_text(encoding="utf-8"))


def test_the_men_among_the_published_ms_patients_are_as_many_as_their_authors_say(shared_data: Path) -> None:
    people = read_people(shared_data / "population" / "tabriz_1380.csv")
    assert sum(p.group == "MS" and p.sex == "M" for p in people) == 108
