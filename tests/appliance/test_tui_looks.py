"""The app can be read everywhere: in any size, without colour, on a Linux console, and without words of programs."""

from __future__ import annotations

import re
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeAlias

import pytest
from brain_findings import brain_study
from every_screen import batch, reports, review, settings, study, walk
from findings_builders import refused_study
from piloting import LARGE, SMALL, a_workplace, drive, press, settle, text_of, until
from spine_findings import spine_study
from textual.widgets import Footer, OptionList

from appliance.settings import LANGUAGES
from appliance.tui.app import OutpostApp
from appliance.tui.console import LETTERS, drawable
from appliance.tui.folders import ChooseFolder, FolderTree
from appliance.tui.review import ChooseGrade
from appliance.tui.shell import PlaceScreen
from appliance.workplace.findings_lines import lines_of
from appliance.workplace.tongue import speak

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

    from rich.color import Color as RichColor
    from rich.segment import Segment
    from textual.screen import Screen
    from textual.widget import Widget

HUGE = (200, 60)
LEAST_CONTRAST = 2.5
OF_A_PROGRAM = re.compile(r"\b[a-z]+_[a-z_]+\b|\bNone\b|\b[A-Z]\w+\.[A-Z_]+\b")


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    speak("en")


def segments_of(screen: Screen[object]) -> list[list[Segment]]:
    """What stands on the screen, line by line."""
    return [list(strip) for strip in screen._compositor.render_strips()]


def lines_on(screen: Screen[object]) -> list[str]:
    return ["".join(segment.text for segment in line) for line in segments_of(screen)]


def without_colour(screen: Screen[object]) -> list[list[tuple[str, bool, bool, bool]]]:
    """What stands on the screen and how, but for colours: letters, and what is bold, turned or underlined."""
    drawn = []
    for line in segments_of(screen):
        cells = []
        for text, style, _ in line:
            how = (bool(style and style.bold), bool(style and style.reverse), bool(style and style.underline))
            cells += [(letter, *how) for letter in text]
        drawn.append(cells)
    return drawn


async def lies_well(screen: Screen[object]) -> None:
    """See that everything lies within the screen and fills it."""
    width, height = screen.size
    assert (len(lines_on(screen)), len(lines_on(screen)[0])) == (height, width)
    for footer in screen.query(Footer):
        assert footer.region.bottom == height
    for widget in screen.focus_chain:
        assert widget.region.intersection(screen.region).width > 3 or not widget.is_on_screen, widget
    for dialog in screen.query(".dialog"):
        assert screen.region.contains_region(dialog.region)
    if isinstance(screen, PlaceScreen):
        assert screen.query_one("#body").region.size == (width, height - 2)


async def shows_its_focus(screen: Screen[object]) -> None:
    """See that what is in focus looks different even where nothing has a colour."""
    for widget in screen.focus_chain:
        assert await _is_marked(screen, widget), widget


async def can_be_drawn_on_a_console(screen: Screen[object]) -> None:
    """See that a Linux console has every character."""
    assert not {letter for line in lines_on(screen) for letter in line if letter not in LETTERS}


async def looked_at(app: OutpostApp, folder: Path) -> AsyncIterator[Screen[object]]:
    """Open the screens with the most on them."""
    for show in (batch, study):
        await show(app, folder)
        yield app.screen


WAYS_THROUGH = [pytest.param(looked_at, id="some"), pytest.param(walk, id="all", marks=pytest.mark.slow)]
Through: TypeAlias = "Callable[[OutpostApp, Path], AsyncIterator[Screen[object]]]"


@pytest.mark.parametrize("through", WAYS_THROUGH)
@pytest.mark.parametrize(
    ("size", "environment", "look"),
    [
        (SMALL, {}, lies_well),
        (HUGE, {}, lies_well),
        (LARGE, {"NO_COLOR": "1"}, shows_its_focus),
        (LARGE, {"TERM": "linux"}, can_be_drawn_on_a_console),
    ],
    ids=["80x24", "200x60", "without colour", "on a Linux console"],
)
def test_a_screen_can_be_read_and_used_everywhere(
    tmp_path: Path,
    size: tuple[int, int],
    environment: dict[str, str],
    look: Callable[[Screen[object]], Awaitable[None]],
    through: Through,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    async def steps(app: OutpostApp) -> None:
        async with aclosing(through(app, tmp_path)) as screens:  # type: ignore[type-var]  # both are generators
            async for screen in screens:
                await settle()
                await look(screen)

    drive(OutpostApp(a_workplace(tmp_path)), steps, size)


async def _is_marked(screen: Screen[object], widget: Widget) -> bool:
    """Say whether a widget's frame or its letters change when it comes into focus."""
    widget.focus(scroll_visible=True)
    await settle(0.02)
    within, where = without_colour(screen), widget.region.intersection(screen.region)
    screen.set_focus(None)
    await settle(0.02)
    without = without_colour(screen)
    return any(within[y][where.x : where.right] != without[y][where.x : where.right] for y in where.line_range)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("┏━┓ Home …", "╔═╗ Home ."),
        ("Müller – L4/L5 “No”", 'Müller - L4/L5 "No"'),
        ("样本", "????"),
        ("आशा", "??"),
        ("Þorlákur ǵ", "Þorlákur g"),
        ("▀▄█▓▒░│┌", "▀▄█▓▒░│┌"),
    ],
)
def test_what_the_console_lacks_becomes_what_looks_like_it_and_is_as_wide(text: str, drawn: str) -> None:
    assert drawable(text) == drawn


def test_folders_stand_behind_signs_that_every_terminal_draws(tmp_path: Path) -> None:
    (tmp_path / "scans" / "flair").mkdir(parents=True)
    (tmp_path / "scans.zip").write_bytes(b"")

    async def steps(app: OutpostApp) -> None:
        app.push_screen(ChooseFolder(tmp_path))
        await until(lambda: app.screen.query(FolderTree) and app.screen.query_one(FolderTree).root.children)
        shown = "".join(lines_on(app.screen))
        assert "+ scans" in shown
        assert all(ord(letter) < 0x2600 for letter in shown)

    drive(OutpostApp(a_workplace(tmp_path)), steps)


@pytest.mark.parametrize("language", LANGUAGES)
def test_findings_are_told_in_words_and_never_in_names_of_programs(language: str) -> None:
    speak(language)
    for findings in (brain_study(), spine_study(), refused_study()):
        for line in lines_of(findings, None):
            text = line.text.replace("T2W_TSE_ax", "").replace("T2W_TSE_sag", "")
            assert not OF_A_PROGRAM.search(text), text


def test_a_doctor_chooses_grades_by_words_of_the_clinics_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTPOST_LANGUAGE", "fr")
    app = OutpostApp(a_workplace(tmp_path))

    async def steps(app: OutpostApp) -> None:
        await review(app, tmp_path)
        assert "Modérée" in "".join(lines_on(app.screen))
        assert "Moderate" not in "".join(lines_on(app.screen))
        app.screen.query_one("#items").action_cursor_up()  # type: ignore[attr-defined]  # a table
        await press(app, "enter")
        assert isinstance(app.screen, ChooseGrade)
        words = app.screen.query_one(OptionList)
        assert [str(words.get_option_at_index(n).prompt) for n in range(words.option_count)] == [
            "Modérée", "Aucune", "Légère", "Sévère",
        ]  # fmt: skip
        words.highlighted = 3
        await press(app, "enter")
        assert "Sévère" in "".join(lines_on(app.screen))

    drive(app, steps, LARGE)


@pytest.mark.parametrize("light", [True, False], ids=["light", "dark"])
def test_every_letter_stands_out_from_its_background(tmp_path: Path, light: bool) -> None:  # noqa: FBT001 - a parameter
    workplace = a_workplace(tmp_path)
    workplace.remember_light(light=light)

    async def steps(app: OutpostApp) -> None:
        for show in (reports, settings):
            await show(app, tmp_path)
            for line in segments_of(app.screen):
                for text, style, _ in line:
                    if style and style.color and style.bgcolor and re.search(r"\w", text):
                        assert contrast(style.color, style.bgcolor) > LEAST_CONTRAST, (text, style)

    drive(OutpostApp(workplace), steps, LARGE)


def contrast(one: RichColor, other: RichColor) -> float:
    """As the web's rules for accessibility define it."""
    lights = sorted(_light(colour.get_truecolor()) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _light(colour: tuple[int, int, int]) -> float:
    linear = [value / 3294 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_what_a_file_calls_its_series_is_not_taken_for_markup(tmp_path: Path) -> None:
    async def steps(app: OutpostApp) -> None:
        await study(app, tmp_path)
        app.screen.views._rolls[0].title = "T2 [red]ax[/]"  # type: ignore[attr-defined]  # a study
        await press(app, "o")
        assert "T2 [red]ax[/]" in str(app.screen.query_one("#picture-box")._border_title)
        assert "T2 [red]ax[/]" in "".join(lines_on(app.screen))
        assert text_of(app, "#lines")

    drive(OutpostApp(a_workplace(tmp_path)), steps)
