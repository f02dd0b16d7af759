"""What lies on a stick: all of it, in an order that tells a stick that was pulled out too early."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pypdfium2
import pytest
import screens
import stick
from launchers import NAMES
from PIL import Image
from rich.segment import Segment
from rich.style import Style
from start_page import Launchers, start_page
from textual.geometry import Size

from appliance import seal
from appliance.errors import OutputFailed
from appliance.settings import LANGUAGES, PAPERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = b"%PDF-1.4 a page"
PICTURE = Image.new("RGB", (screens.WIDTH * screens.ACROSS, screens.HEIGHT * screens.DOWN), (20, 90, 110))


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program folder whose program says what it was told."""
    folder = tmp_path / "built"
    card = folder / stick.FACTORY / "brain-lesions-1.0.0" / "card.md"
    card.parent.mkdir(parents=True)
    card.write_text("# A card", encoding="utf-8")
    shutil.copy("/bin/echo", folder / "outpost")
    (folder / stick.SBOM).write_text("{}", encoding="utf-8")
    seal.begin(folder)
    seal.finish(folder)
    return folder


@pytest.fixture
def written(program: Path, tmp_path: Path) -> Path:
    out = tmp_path / "my stick नमूना"
    stick.write_stick(out, {"linux": program}, PAGE)
    return out


def test_everything_is_there_and_sealed(written: Path) -> None:
    assert {path.name for path in written.iterdir()} == {
        "Check stick.cmd", "COMPLETE.json", "SHA256SUMS", "Start Outpost.cmd", "Start here.pdf", "check-stick.sh",
        "models", "outpost-linux", "sbom.cdx.json", "start-outpost.sh",
    }  # fmt: skip
    assert seal.first_fault(written) == ""
    assert list(seal.faults(written)) == []
    assert list(seal.faults(written / "outpost-linux")) == []
    assert (written / "models" / "brain-lesions-1.0.0.md").read_text(encoding="utf-8") == "# A card"
    assert (written / "Start here.pdf").read_bytes() == PAGE


@pytest.mark.parametrize("steps", range(9))
def test_a_stick_pulled_out_at_any_step_is_not_complete(
    program: Path, written: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    left = iter(range(steps))

    def until_pulled(source: str | Path, target: str | Path) -> None:
        if next(left, None) is None:
            raise OSError(5, "Input/output error")
        copied(source, target)

    copied = stick._copied
    monkeypatch.setattr(stick, "_copied", until_pulled)
    monkeypatch.setattr(stick, "_allow_to_run", lambda path: until_pulled(path, path.with_name("again")))
    with pytest.raises((OSError, shutil.Error)):
        stick.write_stick(written, {"linux": program}, PAGE)
    assert (written / seal.MARK).exists()
    assert "was not written to its end" in seal.first_fault(written)


def test_a_stick_that_is_too_small_is_left_as_it_was(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stick.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 90, 10))
    with pytest.raises(OutputFailed, match="are needed"):
        stick.write_stick(tmp_path / "small", {"linux": program}, PAGE)
    assert list((tmp_path / "small").iterdir()) == []


def test_a_damaged_program_is_not_put_on_a_stick(program: Path, tmp_path: Path) -> None:
    (program / "outpost").write_bytes(b"")
    with pytest.raises(OutputFailed, match="outpost is damaged"):
        stick.write_stick(tmp_path / "out", {"linux": program}, PAGE)
    assert not (tmp_path / "out").exists()


def test_a_program_of_before_leaves_nothing_behind(program: Path, written: Path) -> None:
    (written / "outpost-linux" / "old library.so").write_bytes(b"old")
    (written / "results of the clinic").mkdir()
    stick.write_stick(written, {"linux": program}, PAGE)
    assert not (written / "outpost-linux" / "old library.so").exists()
    assert (written / "results of the clinic").is_dir()


@pytest.mark.parametrize("may_run", [True, False], ids=["with rights", "on FAT, where nothing is executable"])
def test_the_launcher_starts_the_program_and_hands_on_what_it_was_told(written: Path, may_run: bool) -> None:  # noqa: FBT001 - a case
    (written / "outpost-linux" / "outpost").chmod(0o755 if may_run else 0o644)
    for name, told in (("start-outpost.sh", "list a folder"), ("check-stick.sh", "verify list a folder")):
        run = subprocess.run(
            ["sh", str(written / name), "list", "a folder"], capture_output=True, text=True, check=False
        )
        assert (run.returncode, run.stdout) == (0, f"{told}\n"), run.stderr


def test_the_launcher_says_what_to_do_if_the_program_is_not_there(written: Path) -> None:
    shutil.rmtree(written / "outpost-linux")
    run = subprocess.run(["sh", str(written / "start-outpost.sh")], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "Have it written again." in run.stderr


def pages_of(content: bytes) -> Iterator[str]:
    document = pypdfium2.PdfDocument(content)
    for page in document:
        yield page.get_textpage().get_text_bounded()
    document.close()


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_one_page_in_every_language_and_names_the_files(language: str, paper: str) -> None:
    page = start_page(language, paper, Launchers(**NAMES), {"home": PICTURE, "batch": PICTURE})
    assert page == start_page(language, paper, Launchers(**NAMES), {"home": PICTURE, "batch": PICTURE})
    (text,) = pages_of(page)
    assert "�" not in text
    names = {"start-outpost.sh", "Start Outpost.cmd", "Check stick.cmd", "F9"}
    assert language == "fa" or all(name in text for name in names)  # Persian lines are turned round by the reader


def test_a_screen_is_drawn_with_its_letters_and_colours() -> None:
    class Screen:
        class _compositor:  # noqa: N801 - as Textual calls it
            @staticmethod
            def render_strips() -> list[list[Segment]]:
                return [
                    [
                        Segment("Ab", Style.parse("bold #ffffff on #0f5c6e")),
                        Segment("x", Style.parse("reverse #000000 on #ffffff")),
                    ],
                    [Segment("नमूना", Style.parse("#000000 on #ffffff"))],
                ]

    picture = screens.drawn(type("App", (), {"screen": Screen, "size": Size(screens.WIDTH, screens.HEIGHT)})())
    colours = {picture.getpixel((across, down)) for across in range(24) for down in range(24)}
    assert (15, 92, 110) in colours
    assert any(min(colour) > 200 for colour in colours)
    assert picture.getpixel((25, 1)) == (0, 0, 0)
    assert min(picture.crop((0, 24, 60, 48)).convert("L").tobytes()) < 100
    assert screens.png(picture).getvalue().startswith(b"\x89PNG")
