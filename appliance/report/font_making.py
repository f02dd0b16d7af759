"""The typefaces of the reports, made once out of installed ones: small, static, in two weights.

Guarantees: what is made depends only on the typefaces that are installed; a file appears whole or not at all.
The sources are the ``fontpkg-*`` packages, which come with the program, and for Chinese, Japanese and Korean
the system's own. Some are variable typefaces, whose bold takes seconds to work out: a report must not wait for
that, so it is done at build time, or once on the first report. ``python -m appliance.report.font_making
FOLDER`` makes them for a build.
"""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.errors import OutputFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

SYSTEM_FOLDERS = tuple(
    Path(folder)
    for folder in (
        "/usr/share/fonts",
        "/usr/local/share/fonts",
        "/System/Library/Fonts",
        "/Library/Fonts",
        os.path.join(os.environ.get("WINDIR", r"C:\Windows"), "Fonts"),  # noqa: PTH118 - a Windows path, on any system
    )
)
WEIGHTS = {"regular": 400, "bold": 700}
MARK_OF_THE_UNKNOWN = 0xFFFD


@dataclass(frozen=True, slots=True)
class Typeface:
    """One script's letters: which, and where they come from."""

    name: str
    package: str
    """Holds a variable typeface in its folder ``files``; empty if only the system has it."""
    system_files: tuple[tuple[str, int], ...]
    """Names in the system's folders, with the number inside a collection; the first there is taken."""
    ranges: tuple[tuple[int, int], ...]
    """Characters that are kept, both ends inside; empty keeps all and copies the file as it is."""
    shaped: bool
    """Whether letters change by their neighbours."""


LATIN = Typeface(
    "latin",
    "fontpkg_noto_sans",
    (("NotoSans-{Weight}.ttf", 0), ("segoeui.ttf", 0), ("DejaVuSans.ttf", 0)),
    (
        (0x20, 0x17F), (0x18F, 0x192), (0x1A0, 0x1B0), (0x1CD, 0x1DC), (0x218, 0x21B), (0x259, 0x259),
        (0x2B0, 0x2DD), (0x300, 0x36F), (0x386, 0x3CE), (0x400, 0x45F), (0x490, 0x4FF), (0x1E80, 0x1EF9),
        (0x2010, 0x2044), (0x20AC, 0x20AC), (0x2070, 0x2089), (0x2116, 0x2122), (0x2190, 0x2193), (0x2212, 0x2212),
        (0x2248, 0x2265), (0x25A0, 0x25A1), (0x25CB, 0x25CF), (MARK_OF_THE_UNKNOWN, MARK_OF_THE_UNKNOWN),
    ),
    shaped=False,
)  # fmt: skip
ARABIC = Typeface(
    "arabic",
    "fontpkg_ibm_plex_sans_arabic",
    (("NotoSansArabic-{Weight}.ttf", 0), ("NotoNaskhArabic-{Weight}.ttf", 0), ("segoeui.ttf", 0)),
    ((0x20, 0x22), (0x28, 0x3A), (0xAB, 0xAB), (0xBB, 0xBB), (0x600, 0x6FF), (0x750, 0x77F), (0x200C, 0x200F)),
    shaped=True,
)
DEVANAGARI = Typeface(
    "devanagari",
    "fontpkg_noto_sans_devanagari",
    (("NotoSansDevanagari-{Weight}.ttf", 0), ("Nirmala.ttf", 0), ("Nirmala.ttc", 0)),
    ((0x20, 0x22), (0x28, 0x3A), (0x900, 0x97F), (0x200C, 0x200D), (0x25CC, 0x25CC)),
    shaped=True,
)
HAN = Typeface(
    "han",
    "",
    (("NotoSansCJK-Regular.ttc", 2), ("NotoSansCJKsc-Regular.otf", 0), ("msyh.ttc", 0), ("PingFang.ttc", 0)),
    ((0x3000, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xFF01, 0xFF5E)),
    shaped=False,
)
MADE = (LATIN, ARABIC, DEVANAGARI)
"""In two weights each, for whole reports in these scripts."""


def make_typefaces(folder: Path) -> tuple[Path, ...]:
    """Make all that can be made out of what is installed; what is there already stays."""
    folder.mkdir(parents=True, exist_ok=True)
    made = [_made(face, weight, folder) for face in MADE for weight in WEIGHTS]
    made.append(_made(HAN, "regular", folder))
    return tuple(path for path in made if path is not None)


def make_one(face: Typeface, weight: str, folder: Path) -> Path | None:
    """Make one if it is not there; ``None`` if its letters are not installed on this machine."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _made(face, weight, folder)
    except OSError as error:
        raise OutputFailed(
            f"The typefaces of the reports could not be written to {folder.name} ({error.strerror}).",
            advice="Free some space on the disk, or let the program write to your home folder.",
        ) from error


def made_or_system(face: Typeface, folder: Path) -> tuple[Path, int] | None:
    """Find a typeface that is too large to cut while a report waits: made by the build, else the system's whole."""
    made = folder / f"{face.name}-regular.ttf"
    return (made, 0) if made.is_file() else _system_file(face, "regular")


def _system_file(face: Typeface, weight: str) -> tuple[Path, int] | None:
    wanted = {name.format(Weight=weight.capitalize()): number for name, number in face.system_files}
    found = {path.name: path for path in _system_files() if path.name in wanted}
    return next(((found[name], number) for name, number in wanted.items() if name in found), None)


def _system_files() -> Iterator[Path]:
    for folder in SYSTEM_FOLDERS:
        if folder.is_dir():
            yield from sorted(folder.rglob("*.[to]t[fc]"))


def _made(face: Typeface, weight: str, folder: Path) -> Path | None:
    path = folder / f"{face.name}-{weight}.ttf"
    if path.exists():
        return path
    source = _source(face, weight)
    if source is None:
        return None
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        _cut(face, WEIGHTS[weight], *source).save(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _source(face: Typeface, weight: str) -> tuple[Path, int] | None:
    spec = find_spec(face.package) if face.package else None
    if spec is not None and spec.origin is not None:
        files = sorted(path for path in (Path(spec.origin).parent / "files").glob("*.ttf") if "Italic" not in path.name)
        exact = [path for path in files if path.stem.endswith(f"-{weight.capitalize()}")]
        if files:
            return (exact or files)[0], 0
    return _system_file(face, weight)


def _cut(face: Typeface, weight: int, source: Path, number: int) -> Any:  # noqa: ANN401 - fontTools is untyped
    """Keep the characters that are asked for, in one weight."""
    from fontTools import subset  # noqa: PLC0415 - half a second that most commands do not need
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - the same
    from fontTools.varLib import instancer  # noqa: PLC0415 - the same

    font: Any = TTFont(source, fontNumber=number, recalcTimestamp=False)
    options: Any = subset.Options()
    options.layout_features = ["*"] if face.shaped else []
    options.hinting, options.notdef_outline = False, True
    options.drop_tables += ["meta"]  # it cannot be cut, and would be dropped with a warning on the screen
    cutter: Any = subset.Subsetter(options)
    cutter.populate(unicodes=[code for first, last in face.ranges for code in range(first, last + 1)])
    cutter.subset(font)
    if "fvar" in font:
        axes = {axis.axisTag: axis.defaultValue for axis in font["fvar"].axes} | {"wght": weight}
        instancer.instantiateVariableFont(font, axes, inplace=True)
    return font


if __name__ == "__main__":
    for made in make_typefaces(Path(sys.argv[1])):
        print(made.name)
