"""What the sample clinic holds, study by study, as it is written to ``truth/truth.json`` and read back.

The file also names every file of the clinic with its size, so that a clinic that is whole is known
again and one that is not is never taken for it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from appliance.sample.lesions import Region
from appliance.sample.truth import LesionTruth, LevelTruth

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME: Final = "truth/truth.json"
FORMAT: Final = "outpost sample clinic 1"


@dataclass(frozen=True, slots=True)
class SeriesTruth:
    """One series, or one file that is no series."""

    path: str
    """Its folder or its file, from the clinic's folder."""
    expected: str
    """What a reader should make of it: the words of ``--as``, or a reason for leaving it out."""
    masks: tuple[tuple[str, str], ...] = ()
    """What is shown, and the NIfTI file that holds it, from the clinic's folder."""
    lesions: tuple[LesionTruth, ...] = ()
    levels: tuple[LevelTruth, ...] = ()
    brain_ml: float | None = None
    ventricle_ml: float | None = None


@dataclass(frozen=True, slots=True)
class StudyTruth:
    """One visit of one invented patient."""

    patient_id: str
    patient_name: str
    date: str
    note: str
    """What is special about it."""
    series: tuple[SeriesTruth, ...]


def write_truth(clinic: Path, studies: tuple[StudyTruth, ...], seed: int) -> None:
    """Write the truth, last of all."""
    content = {
        "format": FORMAT,
        "seed": seed,
        "note": "Every patient here is invented. Millimetres are RAS; volumes are millilitres.",
        "studies": [asdict(study) for study in studies],
        "files": _sizes(clinic),
    }
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    path = clinic / FILE_NAME
    path.parent.mkdir(exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def read_truth(clinic: Path, seed: int) -> tuple[StudyTruth, ...] | None:
    """Read the truth of a clinic that is whole and of this seed; else nothing."""
    try:
        content = json.loads((clinic / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict) or (content.get("format"), content.get("seed")) != (FORMAT, seed):
        return None
    if content.get("files") != _sizes(clinic):
        return None
    return tuple(_study(study) for study in content["studies"])


def _sizes(clinic: Path) -> dict[str, int]:
    files = sorted(path for path in clinic.rglob("*") if path.is_file())
    names = {path.relative_to(clinic).as_posix(): path.stat().st_size for path in files}
    names.pop(FILE_NAME, None)
    return names


def _study(values: dict[str, Any]) -> StudyTruth:
    return StudyTruth(**{**values, "series": tuple(_series(series) for series in values["series"])})


def _series(values: dict[str, Any]) -> SeriesTruth:
    lesions = tuple(
        LesionTruth(**{**lesion, "centre_mm": tuple(lesion["centre_mm"]), "region": Region(lesion["region"])})
        for lesion in values["lesions"]
    )
    levels = tuple(LevelTruth(**{**level, "centre_mm": tuple(level["centre_mm"])}) for level in values["levels"])
    masks = tuple((name, path) for name, path in values["masks"])
    return SeriesTruth(**{**values, "masks": masks, "lesions": lesions, "levels": levels})
