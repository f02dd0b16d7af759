"""Values that break the standard's rules: none may raise or warn, and what can be read of them is read."""

from __future__ import annotations

import io
import struct
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from dicom_bytes import element, file_of, item

from appliance.contracts import Source
from appliance.headers.beginning import Beginning
from appliance.headers.dicom import read_dicom
from appliance.headers.facts import patient_facts, series_facts, study_facts
from appliance.settings import Limits

if TYPE_CHECKING:
    from appliance.headers.tags import Tags


def tags(*changed: tuple[str, str, bytes | str]) -> Tags:
    found = read_dicom(Source(Path("scan")), Beginning(io.BytesIO(file_of(*changed)), Limits()))
    assert found is not None
    return found.tags


NAMES = {
    "undeclared ASCII": ((), "Doe^John", "Doe^John"),
    "Latin-1": (("ISO_IR 100",), "Müller^Jörg".encode("latin-1"), "Müller^Jörg"),
    "UTF-8": (("ISO_IR 192",), "قائمة^مريم", "قائمة^مريم"),
    "Cyrillic": (("ISO_IR 144",), "Иванов^Пётр".encode("iso8859_5"), "Иванов^Пётр"),
    "Greek": (("ISO_IR 126",), "Διονύσιος".encode("iso8859_7"), "Διονύσιος"),
    "Arabic": (("ISO_IR 127",), "قباني^لنزار".encode("iso8859_6"), "قباني^لنزار"),
    "Thai": (("ISO_IR 166",), "นามสกุล".encode("tis_620"), "นามสกุล"),
    "Chinese": (("GB18030",), "王^小东".encode("gb18030"), "王^小东"),
    "Japanese with escapes": (
        ("", "ISO 2022 IR 87"),
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B",
        "Yamada^Tarou=山田^太郎",
    ),
    "Japanese with undeclared escapes": ((), b"\x1b$B;3ED\x1b(B", "山田"),
    "Korean": (
        ("", "ISO 2022 IR 149"),
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7",
        "Hong^Gildong=洪^吉洞",
    ),
    "misspelt character set": (("ISO-IR 100",), "Müller".encode("latin-1"), "Müller"),
    "UTF-8 declared as Latin-1": (("ISO_IR 100",), "مریم^رضایی", "مریم^رضایی"),
    "UTF-8 undeclared": ((), "山田^太郎", "山田^太郎"),
    "Latin-1 declared as UTF-8": (("ISO_IR 192",), "Müller".encode("latin-1"), "Müller"),
    "character set that does not exist": (("ISO_IR 999",), "Müller".encode("latin-1"), "Müller"),
    "stand-alone set where others are listed": (("ISO_IR 192", "ISO 2022 IR 87"), "Müller", "Müller"),
}


@pytest.mark.parametrize(("charset", "raw", "expected"), NAMES.values(), ids=NAMES.keys())
def test_a_name_in_any_script_is_readable_even_if_its_character_set_is_declared_wrongly(
    charset: tuple[str, ...], raw: bytes | str, expected: str
) -> None:
    declared = [("SpecificCharacterSet", "CS", "\\".join(charset))] if charset else []
    assert patient_facts(tags(*declared, ("PatientName", "PN", raw))).name == expected


def test_a_name_cut_in_the_middle_of_a_letter_keeps_the_rest() -> None:
    cut = "رضایی".encode()[:-1]
    assert patient_facts(tags(("SpecificCharacterSet", "CS", "ISO_IR 192"), ("PatientName", "PN", cut))).name == "رضای�"


@pytest.mark.parametrize("charset", [b"\xff\\\xfe\x00", b"hex", b"undefined", b"idna", b"zlib", b"\\\\", b"utf-7"])
@pytest.mark.parametrize("raw", [b"\x1b$\xff", b"M\xfcller", b"plain"])
def test_bytes_that_are_no_character_set_for_text_do_not_raise(charset: bytes, raw: bytes) -> None:
    assert patient_facts(tags(("SpecificCharacterSet", "CS", charset), ("PatientName", "PN", raw))).name


@pytest.mark.parametrize("raw", ["1.2.3", "", "abc", "nan", "inf", "1e400", "\\", "12 34"])
def test_a_decimal_that_is_none_is_unknown(raw: str) -> None:
    assert tags(("EchoTime", "DS", raw)).number("EchoTime") is None


@pytest.mark.parametrize(
    ("vr", "raw", "expected"),
    [
        ("DS", "105,5", 105.5),
        ("DS", " 105.5 \\7", 105.5),
        ("IS", "105.5", 105.5),
        ("LO", "105.5", 105.5),
        ("UN", "105.5", 105.5),
        ("FD", struct.pack("<d", 105.5), 105.5),
        ("FD", struct.pack("<d", float("nan")), None),
        ("FD", b"\1\2\3\4", None),
        ("US", struct.pack("<H", 7), 7.0),
    ],
)
def test_a_number_is_read_by_what_the_file_says_it_is_written_as(vr: str, raw: bytes | str, expected: float) -> None:
    assert tags(("EchoTime", vr, raw)).number("EchoTime") == expected


def test_rows_written_as_unknown_or_as_text_are_still_rows() -> None:
    assert tags(("Rows", "UN", struct.pack("<H", 256))).whole("Rows") == 256
    assert tags(("Rows", "IS", "256")).whole("Rows") == 256


@pytest.mark.parametrize("raw", ["20251332", "19000230", "0", "yesterday", "2025", ""])
def test_a_day_that_never_was_is_unknown(raw: str) -> None:
    assert tags(("StudyDate", "DA", raw)).day("StudyDate") is None


@pytest.mark.parametrize("raw", ["20250310", "2025.03.10", "2025-03-10", "20250310\\20250311", " 20250310"])
def test_a_day_in_old_or_odd_spelling_is_understood(raw: str) -> None:
    assert tags(("StudyDate", "DA", raw)).day("StudyDate") == date(2025, 3, 10)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("101500.123", time(10, 15)), ("10:15:07", time(10, 15, 7)), ("10", time(10)), ("256199", None), ("", None)],
)
def test_a_clock_is_read_as_far_as_it_goes(raw: str, expected: time | None) -> None:
    assert tags(("StudyTime", "TM", raw)).clock("StudyTime") == expected


@pytest.mark.parametrize(
    ("age", "years"),
    [
        ("045Y", 45.0),
        ("45Y", 45.0),
        ("018M", 1.5),
        ("052W", pytest.approx(0.997, abs=1e-3)),
        ("003D", pytest.approx(0.0082, abs=1e-4)),
        ("000Y", None),
        ("045", None),
        ("999Y", None),
        ("old", None),
        ("", None),
    ],
)
def test_an_age_is_believed_only_with_its_unit(age: str, years: float | None) -> None:
    assert patient_facts(tags(("PatientAge", "AS", age))).age_years == years


def test_a_missing_age_is_counted_from_birth_to_the_study() -> None:
    facts = patient_facts(tags(("PatientBirthDate", "DA", "19800310"), ("StudyDate", "DA", "20250310")))
    assert facts.birth_date == date(1980, 3, 10)
    assert facts.age_years == pytest.approx(45.0, abs=0.01)


@pytest.mark.parametrize("birth", ["20260101", "20250310", "18000101", ""])
def test_a_birth_that_cannot_be_gives_no_age(birth: str) -> None:
    assert patient_facts(tags(("PatientBirthDate", "DA", birth), ("StudyDate", "DA", "20250310"))).age_years is None


@pytest.mark.parametrize(("raw", "sex"), [("F", "F"), ("m", "M"), ("Female", "F"), ("O", "O"), ("X", None), ("", None)])
def test_a_sex_that_is_none_is_unknown(raw: str, sex: str | None) -> None:
    assert patient_facts(tags(("PatientSex", "CS", raw))).sex == sex


def test_a_study_without_its_own_date_takes_the_next_best() -> None:
    facts = study_facts(tags(("AcquisitionDate", "DA", "20250310"), ("AcquisitionTime", "TM", "1015")))
    assert facts.when == datetime.combine(date(2025, 3, 10), time(10, 15))


def test_several_values_where_one_belongs_count_as_the_first() -> None:
    found = tags(("Modality", "CS", "MR\\CT"), ("SeriesNumber", "IS", "4\\5"), ("Rows", "US", struct.pack("<HH", 7, 9)))
    assert (found.text("Modality"), found.whole("SeriesNumber"), found.whole("Rows")) == ("MR", 4, 7)


def test_a_backslash_in_a_free_text_loses_nothing() -> None:
    assert study_facts(tags(("StudyDescription", "LO", "brain\\spine"))).description == "brain\\spine"


def test_an_endless_text_is_not_kept() -> None:
    found = tags(("StudyDescription", "UT", "x" * 100_000))
    assert len(found.text("StudyDescription") or "") <= 4096


@pytest.mark.parametrize(("raw", "tesla"), [("1.5", 1.5), ("15000", 1.5), ("0", None), ("-3", None)])
def test_a_field_strength_in_gauss_becomes_tesla(raw: str, tesla: float | None) -> None:
    assert series_facts(tags(("MagneticFieldStrength", "DS", raw))).field_strength_t == tesla


@pytest.mark.parametrize(("raw", "agent"), [("Gadovist", "Gadovist"), ("NONE", None), ("no", None), ("", None)])
def test_a_contrast_agent_called_none_is_no_agent(raw: str, agent: str | None) -> None:
    assert series_facts(tags(("ContrastBolusAgent", "LO", raw))).contrast_agent == agent


def test_the_body_part_may_stand_in_a_coded_sequence() -> None:
    coded = item(element("CodeMeaning", "LO", "Lumbar spine"))
    assert series_facts(tags(("AnatomicRegionSequence", "SQ", coded))).body_part == "Lumbar spine"


@pytest.mark.parametrize("raw", [b"\xff" * 9, b"\xfe\xff\x00\xe0\xff\xff\xff\x7f", b"text", b""])
def test_a_sequence_of_garbage_says_nothing(raw: bytes) -> None:
    assert series_facts(tags(("AnatomicRegionSequence", "SQ", raw))).body_part is None


def test_a_text_where_a_sequence_belongs_has_no_items() -> None:
    assert tags(("AnatomicRegionSequence", "LO", "text")).items("AnatomicRegionSequence") == []
