"""What a release says of itself: one signed file, made into frozen types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the strict loader reads the annotations at run time

from appliance.exact_json import NotAsAgreed, fitted, parsed
from appliance.models.slots import PACKAGE_NAME, numbers_of
from appliance.update.names import MODELS, PROGRAMS, is_harmless
from appliance.words import shown

SCHEMA = 1
"""Raised whenever a field is added, removed or changes its meaning; other schemas are refused."""
LONGEST_DESCRIPTION = 1024 * 1024
"""Bytes."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a machine must have to use the models of a release."""

    app: str
    """The oldest program."""
    model_schema: int
    """Of ``model.json``."""
    openvino: str
    """The oldest OpenVINO; its first two numbers count."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program folder that a bundle carries."""

    platform: str
    """``linux-x86_64``: its folder below ``programs/``."""
    version: str
    start: str
    """The file to start, below its folder."""

    @property
    def folder(self) -> str:
        """Where its files lie among the signed ones."""
        return f"{PROGRAMS}{self.platform}/"


@dataclass(frozen=True, slots=True)
class Release:
    """All that ``release.json`` says."""

    schema: int
    number: int
    """Rises from release to release."""
    made_at: datetime
    notes: str
    """What is new, for whoever installs it."""
    needs: Needs
    models: tuple[str, ...]
    """The packages that this bundle carries."""
    also: tuple[str, ...]
    """Packages that are current too, and that an earlier bundle carried."""
    programs: tuple[Program, ...]


def release_from(content: bytes) -> Release:
    """Make a release out of its file, or say what is wrong with it."""
    try:
        value = parsed(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NotAsAgreed("it is not UTF-8") from error
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise NotAsAgreed("it was made for another version of this program")
    release = fitted(value, Release)
    _check(release)
    return release


def folder_of(package: str) -> str:
    """Return where a package's files lie among the signed ones."""
    return f"{MODELS}{package}/"


def _check(release: Release) -> None:
    if release.made_at.tzinfo is None:
        raise NotAsAgreed("made_at has no time zone")
    names = (*release.models, *release.also)
    if odd := [name for name in names if not PACKAGE_NAME.fullmatch(name)]:
        raise NotAsAgreed(f"“{shown(odd[0])}” cannot be a package")
    tasks = [name.rpartition("-")[0] for name in names]
    if len(set(tasks)) != len(tasks):
        raise NotAsAgreed("it names two packages for one task")
    versions = [release.needs.app, release.needs.openvino, *(program.version for program in release.programs)]
    if not all(map(numbers_of, versions)):
        raise NotAsAgreed("it names a version that is none")
    if not all(is_harmless(program.folder + program.start) for program in release.programs):
        raise NotAsAgreed("it names a file to start that cannot be one")
