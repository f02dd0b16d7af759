"""A clinic's stick: invented patients, several scanners' habits, good scans and bad ones, and the truth beside them.

``make_clinic`` writes two folders, ``scans`` (what a reader is pointed at) and ``truth`` (what was
planted). It never writes into a folder that holds anything else, and leaves nothing half-made: the
clinic appears whole or not at all. The same seed writes the same bytes.
"""

from __future__ import annotations

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from appliance.errors import Misuse, OutputFailed
from appliance.sample.clinic_truth import StudyTruth, read_truth, write_truth
from appliance.sample.clinic_visits import VISITS, Site

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.sample.clinic_visits import Visit

TWO_CORES: Final = 2


@dataclass(frozen=True, slots=True)
class SampleClinic:
    """What was made."""

    folder: Path
    studies: tuple[StudyTruth, ...]

    @property
    def scans(self) -> Path:
        """The folder that a reader is pointed at."""
        return self.folder / "scans"

    @property
    def truth(self) -> Path:
        """What was planted: ``truth.json`` and the masks."""
        return self.folder / "truth"


def make_clinic(
    folder: Path, *, seed: int = 2025, visits: Iterable[Visit] = VISITS, coarseness: int = 1
) -> SampleClinic:
    """Make the sample clinic, or find the one that was made there before.

    A coarse one has the same files with fewer pixels, for those who need the files and not the pictures.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        return _found(folder, seed)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            return SampleClinic(folder, _make(Site(making / "clinic", seed, coarseness), folder, visits))
        finally:
            shutil.rmtree(making, ignore_errors=True)
    except OSError as error:
        raise OutputFailed(
            f"The sample clinic could not be written to {folder.name} ({error.strerror or error}).",
            advice="Check that the disk has 150 MB free and may be written to.",
        ) from error


def _found(folder: Path, seed: int) -> SampleClinic:
    studies = read_truth(folder, seed) if folder.is_dir() else None
    if studies is None:
        raise Misuse(
            f"{folder.name} is not empty, and it is not this sample clinic.",
            advice="Name a folder that does not exist yet; nothing was changed.",
        )
    return SampleClinic(folder, studies)


def _make(site: Site, folder: Path, visits: Iterable[Visit]) -> tuple[StudyTruth, ...]:
    with ThreadPoolExecutor(max_workers=TWO_CORES) as pool:
        studies = tuple(study for made in pool.map(lambda visit: visit(site), visits) for study in made)
    write_truth(site.folder, studies, site.seed)
    if folder.exists():
        folder.rmdir()
    site.folder.rename(folder)
    return studies
