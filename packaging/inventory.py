"""Which parts are in the program folder, under which licences: a folder of licence texts, and an SBOM (CycloneDX).

A part is found by its files: PyInstaller's list of what it took in is compared with the record of every installed
distribution, with Python's own folder, and with the system's package manager for the libraries in between. What
belongs to nobody is an error, so that nothing is shipped without its licence.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from importlib.metadata import Distribution

LICENCES, SBOM = "licences", "sbom.cdx.json"
NAMED_LIKE_ONE = ("licen", "copying", "copyright", "notice", "authors", "thirdparty")
ALWAYS = frozenset({"pyinstaller", "fontpkg-noto-sans", "fontpkg-noto-sans-devanagari", "fontpkg-ibm-plex-sans-arabic"})
"""Its loader is the executable; the typefaces are cut out of these."""
OURS = "outpost-mri"
LONGEST_NAME = 60
"""Of a licence: some packages put the whole text where its name belongs."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that somebody else made and licensed."""

    name: str
    version: str
    licence: str
    """As its makers call it; empty if they do not say."""
    texts: tuple[Path, ...]
    kind: str
    """Of package address: ``pypi``, ``deb`` or ``generic``."""


def parts_of(sources: Iterable[Path]) -> list[Part]:
    """Say which parts these files belong to."""
    owners = {path: found for found in distributions() for path in _files_of(found)}
    native, needed = set(), {found.name: found for found in distributions() if found.name.lower() in ALWAYS}
    for source in sources:
        if source in owners:
            needed[owners[source].name] = owners[source]
        elif source.is_absolute() and not _is_ours(source):
            native.add(source)
    parts = [of_distribution(found) for name, found in sorted(needed.items()) if name != OURS]
    return [_of_python(), *parts, *_of_the_system(native)]


def write_licences(parts: Iterable[Part], folder: Path) -> None:
    """Copy every licence text into a folder of its part."""
    for part in parts:
        place = folder / f"{part.name}-{part.version}".replace(":", "_").replace("~", "_")
        place.mkdir(parents=True, exist_ok=True)
        for text in part.texts:
            shutil.copyfile(text, place / text.name)
        if not part.texts:
            (place / "LICENCE.txt").write_text(f"{part.name} {part.version}: {part.licence}\n", encoding="utf-8")


def sbom(parts: Iterable[Part], version: str) -> str:
    """Write the parts down as CycloneDX 1.6."""
    bom = Bom()
    program = Component(name="outpost", version=version, type=ComponentType.APPLICATION, bom_ref="outpost")
    components = [_component(part) for part in parts]
    bom.metadata.component = program
    bom.components.update(components)
    bom.register_dependency(program, components)
    return JsonV1Dot6(bom).output_as_string(indent=2)


def _component(part: Part) -> Component:
    licences = [LicenseFactory().make_from_string(part.licence)] if part.licence else []
    address = PackageURL(part.kind, "debian" if part.kind == "deb" else None, part.name, part.version)
    return Component(
        name=part.name, version=part.version, licenses=licences, purl=address, bom_ref=f"{part.name}@{part.version}"
    )


def of_distribution(found: Distribution) -> Part:
    """Say whose an installed distribution is, and under which licence."""
    told = found.metadata
    licence = told.get("License-Expression") or told.get("License") or ""
    if not licence or len(licence) > LONGEST_NAME:
        classifiers = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier", []) if "License ::" in line]
        licence = classifiers[0] if classifiers else ""
    return Part(found.name, found.version, licence, tuple(_texts_of(found)), "pypi")


def _texts_of(found: Distribution) -> Iterator[Path]:
    for path in sorted(_files_of(found)):
        is_text = path.suffix not in {".py", ".pyc", ".so", ".h"} and path.is_file()
        if is_text and path.name.lower().replace("_", "").startswith(NAMED_LIKE_ONE) and "tests" not in path.parts:
            yield path


def _files_of(found: Distribution) -> Iterator[Path]:
    place = Path(str(found.locate_file(""))).resolve()
    return (place / file for file in found.files or ())


def _of_python() -> Part:
    version = ".".join(map(str, sys.version_info[:3]))
    places = [Path(sys.base_prefix), Path(sys.base_prefix, "lib", f"python{sys.version_info[0]}.{sys.version_info[1]}")]
    texts = tuple(place / "LICENSE.txt" for place in places if (place / "LICENSE.txt").is_file())
    return Part("python", version, "PSF-2.0", texts, "generic")


def _is_ours(source: Path) -> bool:
    from_python = source.is_relative_to(Path(sys.base_prefix).resolve())
    return from_python or source.is_relative_to(Path(__file__).resolve().parent.parent)


def _of_the_system(libraries: Iterable[Path]) -> Iterator[Part]:
    """Ask Debian's package manager; on Windows Python brings its libraries along, under its own licence."""
    if sys.platform == "win32":
        return
    named = {_debian_owner(library) for library in libraries}
    for name, version in sorted(named):
        text = Path("/usr/share/doc", name, "copyright")
        yield Part(name, version, "", (text,) if text.is_file() else (), "deb")


def _debian_owner(library: Path) -> tuple[str, str]:
    for path in (library, library.resolve(), Path("/usr", *library.parts[1:])):
        if package := _told("dpkg", "-S", str(path)).partition(": ")[0].partition(",")[0]:
            return package.partition(":")[0], _told("dpkg-query", "-W", "-f", "${Version}", package)
    raise SystemExit(f"Nobody says whose {library} is, so its licence is not known.")


def _told(*words: str) -> str:
    """Ask a program of the system; empty if it knows nothing."""
    asked = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - words of this file
    return asked.stdout if asked.returncode == 0 else ""
