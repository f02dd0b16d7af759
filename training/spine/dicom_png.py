"""DICOM → PNG, for people who want the pictures. No name and no date goes into a picture or its file name.

Every image is written as 8-bit grey between its 0.5th and 99.5th percentile. A file that is broken, that
is no DICOM image, or that is not one grey picture per frame is listed with its reason and left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pydicom
from PIL import Image
from pydicom.errors import InvalidDicomError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Exported:
    """What came of one file: its pictures, or why there are none."""

    source: Path
    pictures: tuple[Path, ...] = ()
    why_not: str = ""


def export_folder(source: Path, target: Path) -> Iterator[Exported]:
    """Export every file of a folder, in the order of their names; the folders inside are kept."""
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        yield export_file(path, target / path.relative_to(source).parent)


def export_file(path: Path, folder: Path) -> Exported:
    """Export one file, or say why not."""
    try:
        frames = _frames(path)
    except (
        OSError,
        InvalidDicomError,
        AttributeError,
        ValueError,
        RuntimeError,
        NotImplementedError,
        KeyError,
    ) as error:
        return Exported(path, why_not=str(error).splitlines()[0] if str(error) else type(error).__name__)
    folder.mkdir(parents=True, exist_ok=True)
    names = [path.stem if len(frames) == 1 else f"{path.stem}-{k:04d}" for k in range(1, len(frames) + 1)]
    return Exported(
        path, tuple(_write(frame, folder / f"{name}.png") for frame, name in zip(frames, names, strict=True))
    )


def _frames(path: Path) -> NDArray[np.float64]:
    dataset = pydicom.dcmread(path)
    if int(dataset.SamplesPerPixel) != 1:
        raise ValueError("it is a colour picture")
    pixels = np.asarray(dataset.pixel_array, dtype=np.float64)
    if pixels.ndim not in {2, 3} or not pixels.size:
        raise ValueError("it is not one grey picture per frame")
    upside_down = dataset.get("PhotometricInterpretation") == "MONOCHROME1"
    return (-pixels if upside_down else pixels).reshape(-1, *pixels.shape[-2:])


def _write(frame: NDArray[np.float64], path: Path) -> Path:
    low, high = np.percentile(frame, [0.5, 99.5])
    grey = np.clip((frame - low) / (high - low if high > low else 1.0), 0, 1) * 255
    partial = path.with_suffix(".partial")
    Image.fromarray(grey.astype(np.uint8)).save(partial, format="PNG")
    return partial.replace(path)
