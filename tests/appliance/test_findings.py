"""What is written of a study reads back to exactly the same, fits the schema, and nothing else is let in."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from brain_findings import brain_study
from findings_builders import refused_study, write_study
from findings_schema import SCHEMA, as_text
from spine_findings import spine_study

from appliance.errors import Unreadable
from appliance.exact_json import NotAsAgreed, fitted
from appliance.findings import as_json, from_json, read_findings

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.findings import Findings

STUDIES = [brain_study(), spine_study(), refused_study()]


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    table = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(table)
    return jsonschema.Draft202012Validator(table, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("findings", STUDIES, ids=lambda study: study.study)
def test_findings_read_back_to_the_same(findings: Findings) -> None:
    assert from_json(as_json(findings)) == findings


@pytest.mark.parametrize("findings", STUDIES, ids=lambda study: study.study)
def test_findings_fit_the_schema(findings: Findings, validator: jsonschema.Draft202012Validator) -> None:
    validator.validate(json.loads(as_json(findings)))


def test_the_schema_that_ships_is_that_of_the_types() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == as_text(), "run: python tests/findings_schema.py"


def test_what_is_unknown_stays_null(validator: jsonschema.Draft202012Validator) -> None:
    table = json.loads(as_json(refused_study()))
    assert table["patient"] == {"name": None, "patient_id": None, "birth_date": None, "age_years": None, "sex": None}
    assert table["series"][0]["grid"] is None
    assert table["series"][0]["quality"] is None


def test_numbers_keep_every_digit() -> None:
    awkward = (0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308)
    for value in awkward:
        findings = replace(brain_study(), brain=(replace(brain_study().brain[0], brain_ml=value),))
        assert from_json(as_json(findings)).brain[0].brain_ml == value


def test_a_number_that_is_none_is_not_written() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        as_json(replace(brain_study(), brain=(replace(brain_study().brain[0], brain_ml=float("nan")),)))


def test_days_and_times_come_back_as_what_they_were() -> None:
    back = from_json(as_json(brain_study()))
    assert back.patient.birth_date == date(1989, 11, 30)
    assert type(back.patient.birth_date) is date
    assert back.made_at == datetime(2026, 4, 21, 8, 30, 12, tzinfo=UTC)
    assert back.examination.when is not None
    assert back.examination.when.tzinfo is None


SPOILT: dict[str, tuple[tuple[str | int, ...], Any]] = {
    "a word for a number": (("brain", 0, "brain_ml"), "much"),
    "a number for a truth": (("brain", 0, "lesions", 0, "sure"), 1),
    "an unknown grade": (("brain", 0, "severity"), "Enormous"),
    "a place in two dimensions": (("brain", 0, "lesions", 0, "spot", "centre_mm"), [1.0, 2.0]),
    "a day that does not exist": (("patient", "birth_date"), "1989-11-31"),
    "a number for a time": (("made_at",), 20260421),
    "null for a volume": (("brain", 0, "ventricle_ml"), None),
    "a key nobody knows": (("brain", 0, "diagnosis"), "MS"),
    "another version": (("version",), 2),
    "another format": (("format",), "other"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_what_does_not_fit_is_refused_by_program_and_schema(
    what: str, validator: jsonschema.Draft202012Validator
) -> None:
    path, value = SPOILT[what]
    table = json.loads(as_json(brain_study()))
    place = table
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(NotAsAgreed):
        from_json(json.dumps(table))
    assert not validator.is_valid(table)


def test_a_missing_key_is_named() -> None:
    table = json.loads(as_json(brain_study()))
    del table["brain"][0]["totals"]["count"]
    with pytest.raises(NotAsAgreed, match=r"brain\[0\]\.totals\.count is missing"):
        from_json(json.dumps(table))


def test_a_damaged_file_is_named_with_its_study(tmp_path: Path) -> None:
    folder = write_study(brain_study(), tmp_path)
    assert read_findings(folder / "findings.json") == brain_study()
    (folder / "findings.json").write_text(as_json(brain_study())[:-40], encoding="utf-8")
    with pytest.raises(Unreadable, match=r"brain-2f61c0/findings\.json"):
        read_findings(folder / "findings.json")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="cannot be opened"):
        read_findings(tmp_path / "study" / "findings.json")


def test_pictures_of_built_studies_are_what_they_claim(tmp_path: Path) -> None:
    import hashlib  # noqa: PLC0415 - only here

    folder = write_study(spine_study(), tmp_path)
    for picture in spine_study().pictures:
        assert hashlib.sha256((folder / picture.file).read_bytes()).hexdigest() == picture.sha256


def test_what_lies_too_deep_or_is_too_long_is_refused() -> None:
    with pytest.raises(NotAsAgreed, match=r"^a(\.\w+){33} lies too deep$"):
        fitted(1, int, "a" + ".b" * 33)
    with pytest.raises(NotAsAgreed, match="a list of 2"):
        fitted([1, 2, 3], tuple[int, int])
