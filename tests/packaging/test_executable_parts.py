"""What is taken out of the program folder leaves it working, and what is in it is known by name and licence."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import entry
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from docstrings import shortened, without_docstrings
from inventory import Part, parts_of, sbom, write_licences
from launchers import LAUNCHERS, NAMES, text_of
from PIL import Image
from slimming import is_loadable, slim
from windows_looks import draw_icon, version_resource

from appliance import seal


def run_code(source: str) -> dict[str, object]:
    names: dict[str, object] = {}
    exec(without_docstrings(source.encode(), "a.module"), names)  # noqa: S102 - the very thing under test
    return names


def test_docstrings_go_and_everything_else_stays() -> None:
    names = run_code(
        '"""Module."""\nfrom __future__ import annotations\nclass A:\n    """Class."""\n    b: int = 1\n'
        'def f(x):\n    """Function."""\ndef g(x):\n    """Two."""\n    assert x, "kept"\n    return "value"\n'
    )
    assert names.get("__doc__") is None
    assert names["A"].__doc__ is None
    assert names["A"].b == 1
    assert names["f"](1) is None
    assert names["g"](1) == "value"
    with pytest.raises(AssertionError, match="kept"):
        names["g"](0)


def test_only_named_libraries_lose_their_docstrings(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('"""Said."""\n', encoding="utf-8")
    pure = [(name, str(module), "PYMODULE") for name in ("scipy.fft", "numpy.ma", "appliance.words", "textual.app")]
    assert list(shortened([*pure, ("scipy.x", "-", "PYMODULE")])) == ["scipy.fft"]


def elf(offset: int, address: int) -> bytes:
    header = b"\x7fELF\x02\x01".ljust(32, b"\0") + struct.pack("<Q", 64)
    header = header.ljust(54, b"\0") + struct.pack("<HH", 56, 1)
    return header.ljust(64, b"\0") + struct.pack("<IIQQQQQQ", 1, 5, offset, address, address, 0, 0, 4096)


def test_a_library_that_the_loader_would_refuse_is_recognised() -> None:
    assert is_loadable(elf(0x1000, 0x3000))
    assert not is_loadable(elf(0x1010, 0x3000))


def test_tables_lose_their_blanks_and_nothing_else(tmp_path: Path) -> None:
    told = {"é": [{"number": number, "text": "a b"} for number in range(5000)]}
    (tmp_path / "appliance").mkdir()
    for folder in (tmp_path, tmp_path / "appliance"):
        (folder / "table.json").write_text(json.dumps(told, indent=2), encoding="utf-8")
    before = (tmp_path / "table.json").stat().st_size
    assert slim(tmp_path) == before - (tmp_path / "table.json").stat().st_size > 0
    assert json.loads((tmp_path / "table.json").read_text(encoding="utf-8")) == told
    assert (tmp_path / "appliance" / "table.json").stat().st_size == before


def test_symbols_go_out_of_a_library_that_still_loads(tmp_path: Path) -> None:
    library = tmp_path / "_sample.so"
    source = Path(distribution("kiwisolver").locate_file(""), "kiwisolver")
    library.write_bytes(next(source.glob("_cext*.so")).read_bytes())
    assert slim(tmp_path) > 1_000_000
    code = f"import ctypes; ctypes.PyDLL({str(library)!r})"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["_sample.so"]


def test_parts_are_found_by_their_files_and_always_python_and_the_loader() -> None:
    place = Path(distribution("segno").locate_file("")).resolve()
    parts = {part.name: part for part in parts_of([place / "segno" / "__init__.py", Path("-")])}
    assert {"python", "segno", "pyinstaller", "fontpkg-noto-sans"} <= set(parts)
    assert "scipy" not in parts
    assert parts["segno"].version == distribution("segno").version
    assert [path.name for path in parts["segno"].texts] == ["LICENSE"]


def test_a_library_that_belongs_to_nobody_is_not_shipped(tmp_path: Path) -> None:
    stray = tmp_path / "libstray.so"
    stray.write_bytes(b"")
    with pytest.raises(SystemExit, match=r"libstray\.so"):
        parts_of([stray])


PARTS = [
    Part("one", "1.0", "MIT", (), "pypi"),
    Part("two", "2:1.0~rc1", "", (), "deb"),
    Part("three", "3", "BSD, with words that no list knows", (), "pypi"),
]


def test_the_sbom_is_what_the_standard_asks_for() -> None:
    told = sbom(PARTS, "0.1.0")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(told) is None
    read = json.loads(told)
    assert {component["name"] for component in read["components"]} == {"one", "two", "three"}
    assert read["metadata"]["component"]["version"] == "0.1.0"


def test_every_part_has_its_licence_in_a_folder_that_any_file_system_can_hold(tmp_path: Path) -> None:
    text = tmp_path / "LICENSE"
    text.write_text("Do as you like.", encoding="utf-8")
    write_licences([*PARTS, Part("four", "4", "MIT", (text,), "pypi")], tmp_path / "licences")
    folders = sorted(folder.name for folder in (tmp_path / "licences").iterdir())
    assert folders == ["four-4", "one-1.0", "three-3", "two-2_1.0_rc1"]
    assert (tmp_path / "licences" / "four-4" / "LICENSE").read_text(encoding="utf-8") == "Do as you like."
    assert "MIT" in (tmp_path / "licences" / "one-1.0" / "LICENCE.txt").read_text(encoding="utf-8")


def test_windows_gets_an_icon_in_every_size_and_a_version_of_four_numbers(tmp_path: Path) -> None:
    draw_icon(tmp_path / "outpost.ico")
    with Image.open(tmp_path / "outpost.ico") as icon:
        assert {(16, 16), (48, 48), (256, 256)} <= icon.info["sizes"]
    assert "filevers=(1, 2, 3, 0)" in version_resource("1.2.3")


def test_launchers_speak_their_systems_language() -> None:
    assert b"\r\n" in text_of("Start Outpost.cmd")
    assert b"\r" not in text_of("start-outpost.sh")
    assert {NAMES["linux"], NAMES["windows"], *NAMES["verify"].split(" / ")} == set(LAUNCHERS)
    for name in LAUNCHERS:
        if name.endswith(".sh"):
            assert subprocess.run(["sh", "-n"], input=text_of(name), check=False).returncode == 0


def test_a_program_that_is_not_whole_says_so_instead_of_starting(tmp_path: Path) -> None:
    program = tmp_path / "stick" / "outpost-linux"
    seal.begin(program)
    (program / "outpost").write_bytes(b"program")
    seal.finish(program)
    assert entry.fault_of(program) == ""
    (program / "outpost").write_bytes(b"")
    assert "outpost is damaged" in entry.fault_of(program)
    (program / "outpost").write_bytes(b"program")
    seal.begin(tmp_path / "stick")
    assert entry.fault_of(program) == "The stick stick was not written to its end"


def test_the_gpu_pack_is_used_only_if_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    pack = tmp_path / "gpu"
    assert entry.use_gpu_pack(pack)
    assert str(pack) not in sys.path
    seal.begin(pack)
    assert not entry.use_gpu_pack(pack)
    (pack / "library").write_bytes(b"whole")
    seal.finish(pack)
    assert entry.use_gpu_pack(pack)
    assert sys.path[-1] == str(pack)
    sys.path.remove(str(pack))
    (pack / "library").unlink()
    assert not entry.use_gpu_pack(pack)
    assert str(pack) not in sys.path


def test_other_programs_get_their_own_libraries_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/program/_internal")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/their/own")
    entry.give_back_library_path()
    assert entry.os.environ["LD_LIBRARY_PATH"] == "/their/own"
    assert "LD_LIBRARY_PATH_ORIG" not in entry.os.environ
    entry.give_back_library_path()
    assert "LD_LIBRARY_PATH" not in entry.os.environ
