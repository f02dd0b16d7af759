"""The clinic's settings: every limit has a name, a unit and a reason.

Read from ``outpost.toml``; a key that does not exist or a value out of its range is an error that
names the key, because a misspelt limit that is silently ignored is worse than none.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from appliance.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

MEBI = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What one input may cost. Anything larger is refused before memory is spent on it."""

    max_files: int = 1_000_000
    """Files looked at in one folder."""
    max_folder_depth: int = 64
    """Folders inside folders."""
    max_header_bytes: int = 16 * MEBI
    """Bytes of one file that may be read to learn what it is."""
    max_file_bytes: int = 2048 * MEBI
    """Size of one file on the disk."""
    max_rows_or_columns: int = 4096
    """Pixels along one side of an image."""
    max_slices: int = 4096
    """Slices, echoes and time points of one series together."""
    max_volume_bytes: int = 512 * MEBI
    """All volumes of one series together, after decompression."""
    max_header_items: int = 100_000
    """Nested groups in one image's header: a hostile one has millions, and each costs memory and time."""
    max_decode_seconds: int = 20
    """For one compressed image: a damaged one can keep a decoder busy for ever."""
    max_zip_members: int = 200_000
    """Files inside one zip."""
    max_zip_ratio: int = 200
    """How many times larger a zip's member may be than what is stored of it."""
    max_model_bytes: int = 256 * MEBI
    """All files of one model package together."""
    max_update_bytes: int = 2048 * MEBI
    """All files of one update together, unpacked."""


@dataclass(frozen=True, slots=True)
class Reading:
    """When a stack of slices counts as a volume."""

    min_slices: int = 3
    """Fewer are refused: no volume can be measured on them."""
    spacing_tolerance_mm: float = 0.1
    """Gaps between neighbouring slices may differ by this much and still count as regular …"""
    spacing_tolerance_share: float = 0.02
    """… or by this share of the gap, whichever is larger."""
    spacing_rounding_mm: float = 0.01
    """Smaller differences are rounding in the header and not worth a word."""
    orientation_tolerance_deg: float = 0.5
    """Slices of one stack may be tilted against each other by this much, and a stack may lean by this much."""
    min_spacing_mm: float = 0.01
    """Voxels smaller than this are a mistake in the header …"""
    max_spacing_mm: float = 100.0
    """… and so are larger ones than this."""


@dataclass(frozen=True, slots=True)
class Lesions:
    """What counts as a lesion, where it lies, and how much is much. Repeated in every result."""

    min_volume_mm3: float = 14.0
    """Smaller spots are not counted but said: a ball 3 mm across, the least that the McDonald criteria count."""
    thick_slices_from_mm: float = 2.5
    """From this gap on, voxels of neighbouring slices touch only where one lies right over the other."""
    core_depth_mm: float = 3.0
    """A part of a confluent lesion is a lesion of its own only if it is this deep …"""
    neck_share: float = 0.7
    """… and its neck is narrower than this share of its depth."""
    periventricular_mm: float = 3.0
    """Gap to the ventricles up to which a lesion is periventricular."""
    juxtacortical_mm: float = 4.0
    """Gap to the brain's surface up to which a lesion, not being periventricular, is juxtacortical."""
    sulcus_below: float = 0.6
    """What is darker on FLAIR than this share of the brain's median, and open to the outside, is a sulcus."""
    sure_from: float = 0.7
    """Mean probability from which a lesion is called sure."""
    unsure_from: float = 0.2
    """Probability from which a region that is no lesion is shown as a candidate."""
    moderate_from_ml: float = 5.0
    """Lesion volume from which the load is moderate; below it is mild (docs/decisions/0006)."""
    severe_from_ml: float = 15.0
    """Lesion volume from which the load is severe."""


@dataclass(frozen=True, slots=True)
class Change:
    """When a lesion counts as changed between two studies of one patient."""

    same_place_mm: float = 2.0
    """Lesions nearer than this after alignment are the same: slices fall differently in each study."""
    min_change_ml: float = 0.05
    """Smaller differences in volume are measurement."""
    large_from_ml: float = 0.4
    """A lesion some 9 mm across; smaller ones vary more from scan to scan (Goodin et al. 1992)."""
    small_change_share: float = 0.5
    """A small lesion has changed if its volume differs by this share …"""
    large_change_share: float = 0.25
    """… a large one, by this."""
    min_correlation: float = 0.7
    """Scans that agree less than this inside the brain are not aligned, and no change is told."""


@dataclass(frozen=True, slots=True)
class Quality:
    """From where on a scan is read with a warning, or not at all (docs/decisions/0060)."""

    noise_warn: float = 0.12
    """Standard deviation of the noise, against tissue."""
    noise_refuse: float = 0.18
    ghosting_warn: float = 0.04
    """Brightness of a second image half a picture away, against the first."""
    ghosting_refuse: float = 0.15
    motion_warn: float = 0.105
    """Signal thrown out of its place, in heads; a number without a unit."""
    motion_refuse: float = 0.2
    outline_mm_refuse: float = 10.5
    """Over how many millimetres the outline of a head that moved may rise from air to tissue."""
    spine_motion_warn: float = 0.28
    """The same in the spine, where breathing and bowel are always in the picture."""
    spine_motion_refuse: float = 0.45
    clipping_warn: float = 0.05
    """Share of the tissue that is as bright as the brightest voxel."""
    clipping_refuse: float = 0.25
    bright_fluid_warn: float = 0.02
    """Share of bright voxels less that of dark ones, deep inside a head."""
    bright_fluid_refuse: float = 0.05
    cut_warn: float = 0.15
    """How much of the head lies on an edge of the picture, against its largest section."""
    cut_refuse: float = 0.6
    vertex_warn: float = 0.85
    """The same on the uppermost slice, where thick slices always leave something."""
    head_warn_mm: float = 110.0
    """Height of the head on the slices."""
    head_refuse_mm: float = 75.0
    sagittal_warn_mm: float = 150.0
    """Height of the back on sagittal slices: five discs."""
    sagittal_refuse_mm: float = 90.0
    axial_warn_mm: float = 80.0
    """The smaller side of what axial slices of the spine show."""
    axial_refuse_mm: float = 50.0
    gap_warn_mm: float = 9.0
    """From slice to slice, but for axial slices of the spine, which lie where the discs are."""
    gap_refuse_mm: float = 15.0
    lost_refuse: float = 0.15
    """Share of slices that are empty or repeated; a single one is warned of."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """When something that looks unusual is flagged for a human."""

    min_volume_ml: float = 0.5
    """Smaller regions are not flagged: every healthy brain has some."""
    min_mean: float = 0.3
    """A region's mean on the map, from which it is flagged."""
    explained_within_mm: float = 3.0
    """What lies this near to a lesion is its rim."""


@dataclass(frozen=True, slots=True)
class Spine:
    """How far a grade of the spine is trusted."""

    sure_from: float = 0.6
    """Probability from which a grade is called sure."""


@dataclass(frozen=True, slots=True)
class Computing:
    """How much of the machine the models may take, and how long they may take to answer."""

    cpu_threads: int = 8
    """At most this many; never more than there are cores."""
    gpu_memory_bytes: int = 768 * MEBI
    """Working space of one model on the graphics card. Four models fit a card of 4 GB beside the screen."""
    start_s: float = 120.0
    """A model that is not ready by then is tried on another engine."""
    gpu_answer_s: float = 60.0
    """A graphics card that has not answered by then is given up."""
    self_test_s: float = 180.0
    """Models of an update that have not passed their self-test by then are not installed."""
    read_ahead_bytes: int = 128 * MEBI
    """Studies smaller than this are read from the disk while the one before is computed."""


LANGUAGES = {"en": "English", "fr": "Français", "es": "Español", "hi": "हिन्दी", "fa": "فارسی"}
PAPERS = ("A4", "Letter")


@dataclass(frozen=True, slots=True)
class Clinic:
    """Who uses the program, and how its papers look."""

    name: str = ""
    """Stands at the head of every report."""
    logo: str = ""
    """A picture (PNG or JPEG) for the head of every report; empty for none."""
    language: str = "en"
    """Of the reports: one of ``LANGUAGES``."""
    paper: str = "A4"
    """One of ``PAPERS``."""
    printer: str = ""
    """As the system calls it; empty for the system's usual one."""
    results: str = ""
    """The folder where results are kept; empty until somebody chose one."""
    folders: str = "number"
    """What a study's folder is called: its ``number``, which tells nothing of the patient, or ``name`` and number."""


CHOICES: dict[str, tuple[str, ...]] = {
    "clinic.language": tuple(LANGUAGES),
    "clinic.paper": PAPERS,
    "clinic.folders": ("number", "name"),
}
"""Settings that take one of a few words."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All of them; a settings file names only those that differ."""

    limits: Limits = field(default_factory=Limits)
    reading: Reading = field(default_factory=Reading)
    lesions: Lesions = field(default_factory=Lesions)
    change: Change = field(default_factory=Change)
    quality: Quality = field(default_factory=Quality)
    anomaly: Anomaly = field(default_factory=Anomaly)
    spine: Spine = field(default_factory=Spine)
    computing: Computing = field(default_factory=Computing)
    clinic: Clinic = field(default_factory=Clinic)


def load_settings(path: Path) -> Settings:
    """Read a settings file, or say which key is wrong."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"The settings file {path.name} cannot be opened ({error.strerror}).",
            advice="Check that it exists and that you may read it.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The settings file {path.name} is not valid TOML: {error}.", advice="Correct that line."
        ) from error
    return settings_from(table)


def settings_from(table: dict[str, object]) -> Settings:
    """Put a table's values over the defaults."""
    defaults = Settings()
    sections = {section.name: getattr(defaults, section.name) for section in fields(defaults)}
    for name, values in table.items():
        if name not in sections:
            raise SettingsError(f"There is no settings section [{name}].", advice=f"Use one of: {_listed(sections)}.")
        if not isinstance(values, dict):
            raise SettingsError(f"“{name}” must be a section.", advice=f"Write [{name}] on a line of its own.")
        sections[name] = _overlaid(name, sections[name], values)
    return Settings(**sections)


Section = TypeVar("Section", Limits, Reading, Lesions, Change, Quality, Anomaly, Spine, Computing, Clinic)


def _overlaid(name: str, section: Section, values: dict[str, Any]) -> Section:
    known = {entry.name: getattr(section, entry.name) for entry in fields(section)}
    for key, value in values.items():
        if key not in known:
            raise SettingsError(f"There is no setting {name}.{key}.", advice=f"Use one of: {_listed(known)}.")
        if isinstance(known[key], str):
            _check_text(f"{name}.{key}", value)
        else:
            _check_number(f"{name}.{key}", value, whole=isinstance(known[key], int))
    return replace(section, **values)


def _check_number(key: str, value: object, *, whole: bool) -> None:
    wanted = "a whole number above zero" if whole else "a number above zero"
    allowed = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, allowed) or not 0 < value < math.inf:
        raise SettingsError(f"{key} = {value!r} is not {wanted}.", advice=f"Give {wanted}.")


def _check_text(key: str, value: object) -> None:
    if not isinstance(value, str):
        raise SettingsError(f"{key} = {value!r} is not text.", advice='Put it in quotation marks: "…".')
    words = CHOICES.get(key, (value,))
    if value not in words:
        raise SettingsError(f"{key} cannot be “{value}”.", advice=f"Use one of: {', '.join(words)}.")


def _listed(names: dict[str, object]) -> str:
    return ", ".join(sorted(names))
