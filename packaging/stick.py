"""Writes a stick: python packaging/stick.py OUT --language fr.

    OUT/
      Start here.pdf                    one page, in the clinic's language
      start-outpost.sh, Start Outpost.cmd, check-stick.sh, Check stick.cmd
      outpost-linux/, outpost-windows/  the programs with their models, licences and SBOM
      models/                           what each model is and how good it is, for people
      sbom.cdx.json, SHA256SUMS, COMPLETE.json

The mark of the unfinished is the first file that is written, and COMPLETE.json the last (appliance/seal.py).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from launchers import LAUNCHERS, NAMES, text_of  # noqa: E402 - the script's own folder is on the path
from screens import take_pictures  # noqa: E402 - the same
from start_page import Launchers, start_page  # noqa: E402 - the same

from appliance.errors import OutpostError, OutputFailed  # noqa: E402 - the repository is on the path only now
from appliance.seal import begin, finish, first_fault  # noqa: E402 - the same
from appliance.settings import LANGUAGES, PAPERS  # noqa: E402 - the same
from appliance.words import megabytes  # noqa: E402 - the same

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from PIL.Image import Image

PAGE, SBOM = "Start here.pdf", "sbom.cdx.json"
FACTORY = Path("_internal", "appliance", "factory")
SPARE = 16_000_000
"""Bytes left for the file system's own tables."""


def write_stick(out: Path, programs: Mapping[str, Path], page: bytes) -> None:
    """Write everything; ``programs`` are folders by system, ``linux`` first."""
    _check(out, programs.values())
    begin(out)
    for system, program in programs.items():
        place = out / f"outpost-{system}"
        if place.exists():
            shutil.rmtree(place)
        shutil.copytree(program, place, copy_function=_copied)
    first = next(iter(programs.values()))
    _copied(first / SBOM, out / SBOM)
    for card in sorted((first / FACTORY).glob("*/card.md")):
        (out / "models").mkdir(exist_ok=True)
        _copied(card, out / "models" / f"{card.parent.name}.md")
    for name in LAUNCHERS:
        (out / name).write_bytes(text_of(name))
        _allow_to_run(out / name)
    (out / PAGE).write_bytes(page)
    finish(out)


def page_for(language: str, paper: str) -> bytes:
    """Make the page with pictures of the app; the app reads two studies for it."""
    return start_page(language, paper, Launchers(**NAMES), _pictures(language))


def _pictures(language: str) -> dict[str, Image]:
    with tempfile.TemporaryDirectory() as folder:
        return take_pictures(Path(folder), language)


def _check(out: Path, programs: Iterable[Path]) -> None:
    needed = SPARE
    for program in programs:
        if fault := first_fault(program):
            raise OutputFailed(f"The program in {program} is not whole: {fault}.", advice="Build it again.")
        needed += sum(path.stat().st_size for path in program.rglob("*"))
    out.mkdir(parents=True, exist_ok=True)
    if (free := shutil.disk_usage(out).free) < needed:
        raise OutputFailed(
            f"{out} has {megabytes(free)} free, and {megabytes(needed)} are needed.", advice="Take a larger stick."
        )


def _copied(source: str | Path, target: str | Path) -> None:
    """Copy content and the right to run; FAT keeps no such right, and says so by failing."""
    shutil.copyfile(source, target)
    if os.access(source, os.X_OK):
        _allow_to_run(Path(target))


def _allow_to_run(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.chmod(0o755)


def main() -> int:
    """Write a stick as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path, help="where the stick is mounted, or a folder")
    parser.add_argument("--language", choices=tuple(LANGUAGES), default="en", help="of the page “Start here”")
    parser.add_argument("--paper", choices=PAPERS, default=PAPERS[0])
    parser.add_argument("--linux", type=Path, default=REPOSITORY / "dist" / "outpost", metavar="FOLDER")
    parser.add_argument("--windows", type=Path, metavar="FOLDER", help="a program folder that was built on Windows")
    options = parser.parse_args()
    programs = {"linux": options.linux, **({"windows": options.windows} if options.windows else {})}
    try:
        write_stick(options.out, programs, page_for(options.language, options.paper))
    except OutpostError as error:
        sys.exit(f"stick: {error}")
    print(f"{options.out} is complete.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
