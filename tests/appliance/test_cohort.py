from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import openpyxl
import pytest
from brain_findings import brain_study
from findings_builders import refused_study, write_study
from PIL import Image
from report_pages import beyond, overlapping, record_lines, texts_of
from scipy import stats
from standing_places import REPOSITORY

from appliance.__main__ import main
from appliance.cohort.people import COLUMNS, People, read_people
from appliance.cohort.published import is_the_published_table, published_figures
from appliance.cohort.statistics import all_tables, holm, without_outliers
from appliance.cohort.tables import as_text

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.cohort.tables import Table, Value


def _table(folder: Path, rows: list[tuple[object, ...]]) -> Path:
    path = folder / "people.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerows([COLUMNS, *rows])
    return path


def _someone(number: int, group: str, wmh: int, *, age: object = 40, sex: object = 0) -> tuple[object, ...]:
    return (number, age, sex, group, 100_000, 1_000 + number, wmh, wmh // 2, wmh // 4, wmh - wmh // 2 - wmh // 4)


@pytest.fixture
def published(shared_data: Path) -> People:
    return read_people(shared_data / "population" / "tabriz_1380.csv")


def _cells(table: Table, figure: str) -> dict[str, Value]:
    return {str(row[2]): row[3] for row in table.rows if row[0] == figure}


def test_the_published_table_gives_back_what_was_published(published: People) -> None:
    table = published_figures(published)
    assert is_the_published_table(published)
    assert _cells(table, "people with MS") == {"rows of the group MS": 381}
    assert _cells(table, "controls") == {"rows of the group HC": 999}
    for figure, value in (
        ("lesion share of MS, 18–29", "0.13"),
        ("lesion share of MS, 60+", "0.71"),
        ("periventricular share of MS, 60+", "71.43"),
    ):
        assert f"{_cells(table, figure)['mean of persons, %']:.2f}" == value


def test_figures_that_the_table_does_not_yield_name_their_definitions(published: People) -> None:
    table = published_figures(published)
    tried = _cells(table, "periventricular share of MS")
    assert tried["all with MS, mean ± SD of persons"] == "55.61 ± 26.73"
    assert "58.02 ± 28.35" not in tried.values()
    assert len(_cells(table, "growth with age")) == 4
    correlations = _cells(table, "correlation")
    assert len(correlations) == 8
    assert all(abs(float(str(value)) - 0.82) > 0.005 for value in correlations.values())


def test_the_page_about_the_published_figures_says_what_the_table_yields(published: People) -> None:
    page = (REPOSITORY / "docs" / "cohort.md").read_text(encoding="utf-8")
    table = published_figures(published)
    for row in (table.columns, *table.rows):
        assert f"| {' | '.join(map(as_text, row))} |" in page
    assert sum(line.startswith("| ") for line in page.splitlines()) == len(table.rows) + 1


def test_groups_are_told_apart_and_every_p_is_corrected(published: People) -> None:
    (against,) = [table for table in all_tables(published) if table.name == "MS against HC"]
    row = next(row for row in against.rows if row[:2] == ("all", "lesions, % of brain"))
    p, corrected, effect = row[-3:]
    ill, healthy = ([person.lesions for person in published.of(group)] for group in ("MS", "HC"))
    assert p == stats.mannwhitneyu(ill, healthy, alternative="two-sided").pvalue
    assert p <= corrected < 1e-50
    assert effect > 0.5


def test_the_command_writes_tables_figures_and_pages_and_prints_what_was_published(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = record_lines(monkeypatch)
    table = shared_data / "population" / "tabriz_1380.csv"
    assert main(["cohort", str(table), "-o", str(tmp_path / "out")]) == 0
    assert "growth with age | 5.5-fold | mean at 60+ over mean at 18–29 | 5.386" in capsys.readouterr().out
    book = openpyxl.load_workbook(tmp_path / "out" / "cohort.xlsx")
    assert book.sheetnames[:3] == ["published", "baseline", "age groups"]
    assert book["baseline"]["B2"].value == 381
    assert "71.43" in texts_of((tmp_path / "out" / "cohort.pdf").read_bytes())[0]
    assert not overlapping(lines)
    assert not beyond(lines, 210, 297)
    for name in ("lesions-by-age", "regions-by-age", "correlations-MS"):
        Image.open(io.BytesIO((tmp_path / "out" / f"{name}.png").read_bytes())).verify()
        assert (tmp_path / "out" / f"{name}.svg").read_bytes().startswith(b"<?xml")


def test_missing_ages_sexes_and_brains_are_counted_and_not_invented(tmp_path: Path) -> None:
    rows = [_someone(1, "MS", 50), _someone(2, "MS", 0, age=""), _someone(3, "HC", 9, sex="?")]
    rows.append((4, 50, 1, "HC", 0, 10, 10, 5, 3, 2))
    people = read_people(_table(tmp_path, rows))
    assert [person.age for person in people.people] == [40, None, 40, 50]
    assert people.people[1].regions is None
    assert people.people[3].lesions is None
    assert [note.split(" the ")[1] for note in people.notes] == [
        "age of 1 is not known.",
        "sex of 1 is not known.",
        "lesion share of 1 is not known.",
    ]


def test_too_few_people_are_not_tested(tmp_path: Path) -> None:
    people = read_people(_table(tmp_path, [_someone(n, "MS" if n % 2 else "HC", 40 + n) for n in range(8)]))
    (against,) = [table for table in all_tables(people) if table.name == "MS against HC"]
    assert all(cell is None for row in against.rows for cell in row[-4:])


def test_an_outlier_is_removed_from_its_own_group_alone(tmp_path: Path) -> None:
    rows = [_someone(n, "MS", 100 + n) for n in range(20)] + [_someone(99, "MS", 60_000), _someone(100, "HC", 60_000)]
    people = read_people(_table(tmp_path, rows))
    kept = {person.number for person in without_outliers(people.people)}
    assert "99" not in kept
    assert "100" in kept


def test_holm_keeps_the_order_and_never_lowers_a_p() -> None:
    assert holm([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.09, 0.09, 0.5])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b\n1,2\n", "lacks the columns"),
        (b"\xff\xfe\x00", "no table"),
        ((",".join(COLUMNS) + "\n1,x,0,MS,1,1,1,1,1,1\n").encode(), "Line 2"),
        ((",".join(COLUMNS) + "\n").encode(), "nobody"),
    ],
)
def test_a_table_that_is_none_is_refused_in_words(
    content: bytes, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    assert main(["cohort", str(path), "-o", str(tmp_path / "out")]) != 0
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_table_that_is_not_there_is_a_misuse(tmp_path: Path) -> None:
    assert main(["cohort", str(tmp_path / "none.csv")]) == 3


def test_a_folder_of_results_is_counted_and_a_damaged_one_named(tmp_path: Path) -> None:
    write_study(brain_study(), tmp_path)
    write_study(refused_study(), tmp_path)
    write_study(replace(brain_study(), study="damaged"), tmp_path)
    (tmp_path / "damaged" / "findings.json").write_text("{")
    people = read_people(tmp_path)
    brain = brain_study().brain[0]
    (person,) = people.people
    assert person.lesions == pytest.approx(100 * brain.totals.volume_ml / brain.brain_ml)
    assert person.sex == "F"
    assert "damaged" in people.notes[0]
