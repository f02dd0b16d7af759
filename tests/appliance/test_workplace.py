"""The workplace without its screens: settings, memory, places, paths, PINs and what is in a folder."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from builders import brain_series, flair_series

from appliance.contracts import Kind, PatientFacts
from appliance.errors import Misuse, OutputFailed, SettingsError
from appliance.pipeline.naming import as_named, is_named
from appliance.settings import Settings, load_settings
from appliance.studies import find_studies
from appliance.workplace.doctors import check_pin, enrol, known_doctors
from appliance.workplace.dropped import path_from
from appliance.workplace.handing_out import save_dicom, save_file
from appliance.workplace.home import Home, find_home, usual_results
from appliance.workplace.installed import installed_in
from appliance.workplace.inventory import Inventory, who_is
from appliance.workplace.memory import MOST_FOLDERS, Memory, recall
from appliance.workplace.places import Mounted, PlaceKind, find_places, places_from
from appliance.workplace.setup import change_settings, limits_and_their_meaning, settings_at, value_from
from appliance.workplace.viewer import open_file
from appliance.workplace.workplace import Workplace

PIN = "24681357902468"
"""So long that no salt or hash holds it by chance; four digits were once found in one."""


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    return Workplace(Home(tmp_path / "home"))


def test_the_home_can_be_put_on_a_stick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTPOST_HOME", str(tmp_path / "stick"))
    assert find_home().settings == tmp_path / "stick" / "outpost.toml"
    monkeypatch.delenv("OUTPOST_HOME")
    assert find_home().folder.name == "outpost"


def test_a_changed_setting_is_on_the_disk_and_keeps_what_somebody_wrote_around_it(workplace: Workplace) -> None:
    workplace.home.folder.mkdir()
    workplace.home.settings.write_text("# the old scanner needs this\n[limits]\nmax_slices = 99\n", encoding="utf-8")
    workplace.change({"clinic.name": "Clinic “North”", "clinic.paper": "Letter"})
    text = workplace.home.settings.read_text(encoding="utf-8")
    assert "# the old scanner needs this" in text
    kept = load_settings(workplace.home.settings)
    assert (kept.limits.max_slices, kept.clinic.name, kept.clinic.paper) == (99, "Clinic “North”", "Letter")


def test_a_wrong_value_changes_nothing_on_the_disk(workplace: Workplace) -> None:
    workplace.change({"clinic.name": "North"})
    before = workplace.home.settings.read_bytes()
    with pytest.raises(SettingsError):
        change_settings(workplace.home.settings, {"clinic.name": "South", "clinic.paper": "papyrus"})
    assert workplace.home.settings.read_bytes() == before
    assert workplace.settings.clinic.name == "North"


def test_a_settings_file_that_somebody_broke_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "outpost.toml"
    path.write_text("limits = [", encoding="utf-8")
    with pytest.raises(SettingsError, match="valid TOML"):
        change_settings(path, {"clinic.name": "x"})
    assert path.read_text(encoding="utf-8") == "limits = ["


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [("limits.max_slices", " 12 ", 12), ("lesions.periventricular_mm", "2,5", 2.5), ("clinic.name", " A ", "A")],
)
def test_what_is_typed_is_understood(key: str, text: str, value: object) -> None:
    assert value_from(key, text) == value


@pytest.mark.parametrize(
    ("key", "text"), [("limits.max_slices", "many"), ("limits.max_slices", "0"), ("clinic.paper", "A3")]
)
def test_what_cannot_be_is_said_while_it_is_typed(key: str, text: str) -> None:
    with pytest.raises(SettingsError):
        value_from(key, text)


def test_every_limit_can_be_changed_by_its_name() -> None:
    for key, value in limits_and_their_meaning():
        assert value_from(key, str(value)) == value


def test_without_a_settings_file_everything_is_as_it_came(tmp_path: Path) -> None:
    assert settings_at(tmp_path / "none.toml") == Settings()


def test_folders_are_remembered_the_last_one_first_and_not_for_ever(workplace: Workplace) -> None:
    for name in ("a", "b", "a", *map(str, range(9))):
        workplace.remember_folder(Path(name))
    workplace.remember_light(light=True)
    workplace.remember_start()
    kept = recall(workplace.home.memory)
    assert kept.folders[0] == "8"
    assert len(kept.folders) == MOST_FOLDERS
    assert kept.light
    assert kept.started_before
    assert Memory().with_folder(Path("a")).with_folder(Path("b")).with_folder(Path("a")).folders == ("a", "b")


@pytest.mark.parametrize("content", [b"{", b"\xff", b"{}", b'{"folders": 3}'])
def test_a_damaged_memory_is_empty_and_no_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "memory.json").write_bytes(content)
    assert recall(tmp_path / "memory.json") == Memory()


def test_a_home_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputFailed):
        Workplace(Home(tmp_path / "file" / "home")).remember_start()


def test_nothing_is_changed_while_the_settings_are_under_a_pin(workplace: Workplace) -> None:
    workplace.change({"clinic.name": "North"})
    workplace.safeguard.put(PIN)
    assert PIN not in "".join(path.read_text(encoding="utf-8") for path in workplace.home.folder.iterdir())
    workplace.safeguard.close()
    for change in (lambda: workplace.change({"clinic.name": "South"}), workplace.safeguard.remove):
        with pytest.raises(Misuse, match="under a PIN"):
            change()
    with pytest.raises(Misuse, match="not right"):
        workplace.safeguard.open("0000")
    assert settings_at(workplace.home.settings).clinic.name == "North"
    workplace.safeguard.open(PIN)
    workplace.change({"clinic.name": "South"})
    workplace.safeguard.remove()
    assert not workplace.safeguard.is_closed


@pytest.mark.parametrize("content", [b"", b"no salt", b"zz:zz", b"\xff\xfe"])
def test_a_damaged_pin_lets_nobody_in(workplace: Workplace, content: bytes) -> None:
    workplace.home.folder.mkdir(exist_ok=True)
    workplace.home.safeguard.write_bytes(content)
    with pytest.raises(Misuse):
        workplace.safeguard.open("1234")
    assert workplace.safeguard.is_closed


def test_what_is_saved_overwrites_nothing_else_and_a_stick_that_is_gone_is_said(tmp_path: Path) -> None:
    report = tmp_path / "batch.pdf"
    report.write_bytes(b"new")
    place = tmp_path / "old.pdf"
    place.write_bytes(b"old")
    with pytest.raises(OutputFailed, match="not the same"):
        save_file(report, place)
    assert place.read_bytes() == b"old"
    with pytest.raises(OutputFailed, match=r"gone\.pdf"):
        save_file(tmp_path / "gone.pdf", tmp_path / "gone.pdf")
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "study" / "dicom").mkdir(parents=True)
    (tmp_path / "study" / "dicom" / "a.dcm").write_bytes(b"")
    with pytest.raises(OutputFailed, match="could not be saved"):
        save_dicom(tmp_path / "study", tmp_path / "file")


def test_results_go_where_the_settings_say(workplace: Workplace) -> None:
    assert workplace.results == usual_results()
    workplace.change({"clinic.results": "/data/results"})
    assert workplace.results == Path("/data/results")


def test_sticks_come_first_by_name_and_the_systems_own_folders_not_at_all() -> None:
    found = places_from(
        [
            Mounted("/", "ext4", "rw", size=270_000_000_000),
            Mounted("/boot/efi", "vfat", "rw"),
            Mounted("/snap/core/1", "squashfs", "ro"),
            Mounted("/media/nurse/MRI-STICK", "exfat", "rw", size=64_000_000_000),
            Mounted("/media/nurse/CD", "iso9660", "ro"),
            Mounted("E:\\", "NTFS", "rw,removable", label="North E:\\"),
            Mounted("/mnt/share", "cifs", "rw"),
        ]
    )
    assert [(place.name, place.kind) for place in found] == [
        ("MRI-STICK", PlaceKind.STICK),
        ("North E:\\", PlaceKind.STICK),
        ("CD", PlaceKind.DISC),
        ("share", PlaceKind.NETWORK),
        ("/", PlaceKind.DISK),
    ]
    assert str(found[0]) == "MRI-STICK (stick, 64 GB)"


def test_looking_for_places_never_fails() -> None:
    assert all(place.folder.exists() for place in find_places())


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/data/scans", "/data/scans"),
        ("  '/data/my scans'\n", "/data/my scans"),
        ('"/data/my scans"', "/data/my scans"),
        ("/data/my\\ scans", "/data/my scans"),
        ("file:///data/my%20scans", "/data/my scans"),
        ("/data/it's\\ here", "/data/it's\\ here"),
    ],
)
def test_a_dropped_path_is_understood_however_the_terminal_writes_it(text: str, path: str) -> None:
    assert path_from(text, windows=False) == Path(path)


def test_a_windows_path_keeps_its_backslashes() -> None:
    assert path_from("C:\\scans\\new", windows=True) == Path("C:\\scans\\new")
    assert path_from("file:///C:/scans", windows=True) == Path("C:/scans")
    assert path_from(" \n") is None


def test_a_pin_lets_its_doctor_sign_and_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "doctors.json"
    enrol(path, "  Dr.  Ama  Mensah ", PIN)
    assert known_doctors(path) == ("Dr. Ama Mensah",)
    check_pin(path, "Dr. Ama Mensah", PIN)
    assert PIN not in path.read_text(encoding="utf-8")
    for name, pin in (("Dr. Ama Mensah", PIN[:-1]), ("Dr. Ama Mensah", "2468"), ("Dr. Other", PIN), ("", PIN)):
        with pytest.raises(Misuse):
            check_pin(path, name, pin)


@pytest.mark.parametrize("pin", ["", "123", "12a4", "１２３４"])
def test_a_pin_that_is_none_is_refused(tmp_path: Path, pin: str) -> None:
    with pytest.raises(Misuse, match="at least 4 digits"):
        enrol(tmp_path / "doctors.json", "Dr. A", pin)


def test_a_damaged_file_of_pins_lets_nobody_sign(tmp_path: Path) -> None:
    path = tmp_path / "doctors.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(Misuse, match="cannot be read"):
        check_pin(path, "Dr. A", "1234")


@pytest.mark.parametrize(
    ("name", "written"),
    [("Beispiel^Jörg", "Beispiel Jörg"), ("Mihon^Hanako=見本^花子", "Mihon Hanako / 見本 花子"), (None, "B-17")],
)
def test_names_are_written_as_people_do(name: str | None, written: str) -> None:
    assert who_is(PatientFacts(name, "B-17")) == written


def looked_into(folder: Path) -> Inventory:
    inventory = Inventory()
    for event in find_studies(folder, Settings()):
        inventory.take(event)
    return inventory


def test_the_operators_word_counts_and_can_be_taken_back(tmp_path: Path) -> None:
    flair_series(tmp_path / "flair")
    inventory = looked_into(tmp_path)
    (row,) = inventory.rows()
    assert (row.kind, row.asks) == (Kind.BRAIN_FLAIR, False)
    inventory.tell(row.source, None)
    assert inventory.counts()[0] == 0
    assert "1 file looked" not in inventory.sentence()
    inventory.tell(row.source, Kind.SPINE_AXIAL)
    assert next(inventory.rows()).kind is Kind.SPINE_AXIAL


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    flair_series(tmp_path / "flair")
    (tmp_path / "empty.dcm").write_bytes(b"")
    brain_series(tmp_path / "t1")
    inventory = looked_into(tmp_path)
    assert inventory.counts()[2] > 0
    assert "left out" in inventory.sentence()


def test_the_pipeline_reads_what_the_operator_said(tmp_path: Path) -> None:
    flair_series(tmp_path / "flair")
    (found,) = [event for event in find_studies(tmp_path, Settings()) if hasattr(event, "study")]
    first = found.study.series[0].sources[0]
    assert not is_named(found, {})
    named = as_named(found, {first: Kind.SPINE_SAGITTAL})
    assert is_named(found, {first: None})
    assert named.study.series[0].recognition.kind is Kind.SPINE_SAGITTAL
    none = as_named(found, {first: None})
    assert not none.study.series
    assert "the operator said so" in none.left_out[-1].sentence
    assert as_named(found, {}) == found


def test_opening_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(OutputFailed, match="is not there"):
        open_file(tmp_path / "report.pdf")


def test_without_a_desktop_the_place_of_the_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF")
    with pytest.raises(OutputFailed, match="no window"):
        open_file(path)


@pytest.mark.parametrize("opener", ["xdg-open", "gio"])
def test_a_file_is_handed_to_the_systems_own_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opener: str
) -> None:
    told = tmp_path / "told"
    program = tmp_path / opener
    keep = f"import pathlib; pathlib.Path({str(told)!r}).write_text(sys.argv[-1])"
    program.write_text(f"#!{sys.executable}\nimport sys\n{keep}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DISPLAY", ":0")
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF")
    open_file(path)
    for _ in range(400):
        if told.exists() and told.read_text(encoding="utf-8"):
            break
        time.sleep(0.05)
    assert told.read_text(encoding="utf-8") == str(path)


def test_installed_models_are_listed_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "brain-lesions-9.9.9").mkdir()
    (tmp_path / "brain-lesions-9.9.9" / "model.json").write_text("{", encoding="utf-8")
    (model,) = installed_in(tmp_path)
    assert "cannot be used" in model.trouble
    assert model.card == "This package has no card."
