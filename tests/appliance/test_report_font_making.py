"""Typefaces of reports: made out of what a machine has, whole or not at all, and said plainly where they cannot be."""

from __future__ import annotations

import runpy
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables.TupleVariation import TupleVariation

from appliance.errors import OutputFailed
from appliance.report import font_making
from appliance.report.font_making import (
    ARABIC,
    HAN,
    LATIN,
    MADE,
    WEIGHTS,
    Typeface,
    made_or_system,
    make_one,
    make_typefaces,
)

if TYPE_CHECKING:
    from pathlib import Path

    from fontTools.ttLib.tables._g_l_y_f import Glyph

LETTERS = "ABC"
SMALL = Typeface("small", "", (("Small-{Weight}.ttf", 0), ("Small.ttf", 0)), ((0x41, 0x42),), shaped=False)
"""Keeps two of the three letters."""


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder that stands for all that is installed on this machine."""
    folder = tmp_path / "installed"
    (folder / "deep").mkdir(parents=True)
    monkeypatch.setattr(font_making, "SYSTEM_FOLDERS", (tmp_path / "not there", folder))
    return folder


def _square(side: int) -> Glyph:
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, side), (side, side), (side, 0)):
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()


def _draw_typeface(path: Path, *, side: int = 500, variable: bool = False) -> Path:
    """Draw a typeface of three square letters; a bold one of a variable typeface is 100 wider."""
    names = [".notdef", *LETTERS]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(letter): letter for letter in LETTERS})
    builder.setupGlyf({name: _square(side) for name in names})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (side, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Small", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    if variable:
        builder.setupFvar([("wght", 400, 400, 700, "Weight")], [])
        wider = [(0, 0), (0, 0), (100, 0), (100, 0), (0, 0), (100, 0), (0, 0), (0, 0)]
        builder.setupGvar({name: [TupleVariation({"wght": (0, 1, 1)}, wider)] for name in names})
    builder.save(path)
    return path


def _widths(path: Path) -> dict[str, int]:
    font = TTFont(path)
    return {chr(code): font["hmtx"][name][0] for code, name in font.getBestCmap().items()}


def test_letters_that_are_not_installed_are_nothing_to_make(tmp_path: Path) -> None:
    assert make_one(SMALL, "regular", tmp_path / "made") is None
    assert made_or_system(HAN, tmp_path / "made") is None
    assert make_one(replace(SMALL, package="no_such_package_of_letters"), "bold", tmp_path / "made") is None
    assert list((tmp_path / "made").iterdir()) == []


def test_a_made_typeface_holds_its_own_letters_and_no_others(tmp_path: Path, installed: Path) -> None:
    _draw_typeface(installed / "deep" / "Small.ttf")
    made = make_one(SMALL, "regular", tmp_path / "made")
    assert made == tmp_path / "made" / "small-regular.ttf"
    assert set(_widths(made)) == {"A", "B"}


def test_an_installed_bold_is_taken_before_one_that_is_only_regular(tmp_path: Path, installed: Path) -> None:
    _draw_typeface(installed / "Small.ttf")
    _draw_typeface(installed / "Small-Bold.ttf", side=600)
    made = make_one(SMALL, "bold", tmp_path / "made")
    assert made is not None
    assert _widths(made)["A"] == 600


def test_the_weights_of_a_variable_typeface_become_two_fixed_ones(tmp_path: Path, installed: Path) -> None:
    _draw_typeface(installed / "Small.ttf", variable=True)
    made = [make_one(SMALL, weight, tmp_path / "made") for weight in WEIGHTS]
    assert [path and "fvar" in TTFont(path) for path in made] == [False, False]
    assert [path and _widths(path)["A"] for path in made] == [500, 600]


def test_a_package_of_letters_comes_before_the_systems(
    tmp_path: Path, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = tmp_path / "packages" / "letters_of_a_test" / "files"
    files.mkdir(parents=True)
    (files.parent / "__init__.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    _draw_typeface(installed / "Small.ttf")
    packed = replace(SMALL, package="letters_of_a_test")
    from_the_system = make_one(packed, "regular", tmp_path / "empty package")
    _draw_typeface(files / "Small-Bold.ttf", side=700)
    _draw_typeface(files / "Small-BoldItalic.ttf", side=800)
    made = [make_one(packed, weight, tmp_path / "made") for weight in WEIGHTS]
    assert [path and _widths(path)["A"] for path in (from_the_system, *made)] == [500, 700, 700]


def test_what_is_made_already_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "small-regular.ttf").write_bytes(b"made before")
    assert make_one(SMALL, "regular", tmp_path) == tmp_path / "small-regular.ttf"
    assert made_or_system(SMALL, tmp_path) == (tmp_path / "small-regular.ttf", 0)
    assert (tmp_path / "small-regular.ttf").read_bytes() == b"made before"


def test_a_large_typeface_of_the_system_is_used_whole_with_its_place_in_the_collection(
    tmp_path: Path, installed: Path
) -> None:
    (installed / "NotoSansCJK-Regular.ttc").write_bytes(b"large")
    assert made_or_system(HAN, tmp_path / "made") == (installed / "NotoSansCJK-Regular.ttc", 2)


def test_a_folder_that_cannot_be_written_is_said_with_what_to_do(tmp_path: Path, installed: Path) -> None:
    _draw_typeface(installed / "Small.ttf")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputFailed) as told:
        make_one(SMALL, "regular", tmp_path / "file")
    assert "could not be written" in str(told.value)


def test_a_disk_that_is_full_leaves_nothing_half_made(
    tmp_path: Path, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _draw_typeface(installed / "Small.ttf")
    saving = TTFont.save

    def full(font: TTFont, file: Path) -> None:
        saving(font, file)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(TTFont, "save", full)
    with pytest.raises(OutputFailed, match="No space left"):
        make_one(SMALL, "regular", tmp_path / "made")
    assert list((tmp_path / "made").iterdir()) == []


def test_the_build_makes_all_that_it_can_and_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for face in (LATIN, ARABIC):
        for weight in WEIGHTS:
            (tmp_path / f"{face.name}-{weight}.ttf").write_bytes(b"made before")
    monkeypatch.setattr(font_making, "MADE", (LATIN, ARABIC, SMALL))
    made = make_typefaces(tmp_path)
    assert [path.name for path in made] == [
        f"{face.name}-{weight}.ttf" for face in (LATIN, ARABIC) for weight in WEIGHTS
    ]
    for face in (*MADE, HAN):
        for weight in WEIGHTS:
            (tmp_path / f"{face.name}-{weight}.ttf").write_bytes(b"made before")
    monkeypatch.setattr(sys, "argv", ["font_making", str(tmp_path)])
    monkeypatch.delitem(sys.modules, "appliance.report.font_making")
    runpy.run_module("appliance.report.font_making", run_name="__main__")
    told = capsys.readouterr().out.split()
    assert told[0] == "latin-regular.ttf"
    assert told[-1] == "han-regular.ttf"
    assert len(told) == 7
