"""A program for the tests: read damaged files, many of them, and say what came of it.

``fuzz_reading.py dicom|nifti COUNT SEED FOLDER`` damages sound files (every transfer syntax, classic and
multi-frame; or NIfTI of every kind) by rules that hypothesis draws, and reads each as the clinic does:
the folder, then every series found, and the file itself even if the folder would leave it out. It fails
on any exception but ours, on a warning, on an example that takes too long, and prints what it cost.
"""

from __future__ import annotations

import faulthandler
import gzip
import json
import shutil
import struct
import sys
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
from builders import axial_affine, flair_series, zip_of
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from measured_reading import peak_mib
from reading import STUDY, as_series

from appliance.contracts import FileFormat, StudyFound, Volume
from appliance.decoding.process import DECODER
from appliance.errors import Refused
from appliance.sample.scan_spec import Layout, Storage, Syntax
from appliance.settings import Limits, Settings
from appliance.studies import find_studies
from appliance.volumes import read_volumes

if TYPE_CHECKING:
    from collections.abc import Callable

MEBI = 1 << 20
SETTINGS = Settings(limits=replace(Limits(), max_volume_bytes=64 * MEBI, max_decode_seconds=2))
SECONDS_FOR_ONE = 60
"""Far more than one takes, on a machine that is busy with other work."""
ODD_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
VOXELS = 30 + np.arange(8 * 8 * 4).reshape(8, 8, 4) % 200


@dataclass
class Tally:
    """What came of all examples."""

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0


def dicom_files(folder: Path) -> list[list[Path]]:
    """Sound series; each is a list of its files."""
    found = []
    for syntax in Syntax:
        eight = syntax is Syntax.JPEG_BASELINE
        storage = (
            Storage(bits_stored=8, bits_allocated=8) if eight else Storage(slope=1.5 if syntax.endswith("4.90") else 1)
        )
        for layout in Layout:
            where = folder / f"{syntax.name}-{layout.name}"
            found.append(flair_series(where, voxels=VOXELS, syntax=syntax, layout=layout, storage=storage))
    flair_series(folder / "packed", voxels=VOXELS, layout=Layout.ENHANCED, syntax=Syntax.DEFLATED)
    return [*found, [zip_of(folder / "packed", folder / "cd.zip")]]


def nifti_files(folder: Path) -> list[list[Path]]:
    """Sound files of every kind of number, packed or not."""
    found = []
    for number, dtype in enumerate((np.uint8, np.int16, np.float32, np.float64, ">i2", np.complex64)):
        for kind in (nib.Nifti1Image, nib.Nifti2Image):
            for ending in (".nii", ".nii.gz"):
                voxels = VOXELS.astype(dtype)
                image = kind(
                    np.stack([voxels] * 2, axis=-1) if number % 2 else voxels, axial_affine(), dtype=voxels.dtype
                )
                image.header.set_slope_inter(*((0.5, 2) if number == 1 else (1, 0)))
                path = folder / f"{number}{kind.__name__}" / f"scan{ending}"
                path.parent.mkdir(exist_ok=True)
                nib.save(image, path)
                found.append([path])
    return found


Damage = st.tuples(
    st.sampled_from(("cut", "bytes", "number", "delete", "double", "zero", "swap", "bits")),
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 200),
    st.integers(0, 2**32 - 1),
)


def damaged(data: bytes, damages: list[tuple[str, float, int, int]]) -> bytes:
    for kind, where, length, number in damages:
        data = DAMAGES[kind](data, int(where * max(len(data), 1)), length, number)
    return data


def overwritten(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def odd_number(data: bytes, at: int, length: int, number: int) -> bytes:
    value = ODD_NUMBERS[number % len(ODD_NUMBERS)]
    size = "BHL"[length % 3]
    order = "<>"[number % 2]
    return overwritten(data, at, struct.pack(order + size, value & (1 << 8 * struct.calcsize(order + size)) - 1))


DAMAGES: dict[str, Callable[[bytes, int, int, int], bytes]] = {
    "cut": lambda data, at, _length, _number: data[:at],
    "bytes": lambda data, at, length, number: overwritten(data, at, number.to_bytes(4, "big")[: 1 + length % 4]),
    "number": odd_number,
    "delete": lambda data, at, length, _number: data[:at] + data[at + length :],
    "double": lambda data, at, length, _number: data[: at + length] + data[at:],
    "zero": lambda data, at, length, _number: overwritten(data, at, bytes(min(length, len(data) - at))),
    "swap": lambda data, at, length, _number: (
        data[:at] + data[at + length : at + 2 * length] + data[at : at + length] + data[at + 2 * length :]
    ),
    "bits": lambda data, at, _length, number: overwritten(
        data, at, bytes(b ^ 1 << number % 8 for b in data[at : at + 1])
    ),
}


def attempt(
    sound: list[Path], which: int, damages: list[tuple[str, float, int, int]], *, inside: bool, folder: Path
) -> set[str]:
    """Damage one file of a series and read the series, first as a folder and then as it is."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    paths = [Path(shutil.copy(path, folder)) for path in sound]
    target = paths[which % len(paths)]
    target.write_bytes(damaged_file(target, damages, inside=inside))
    before = {path: path.read_bytes() for path in paths}
    outcomes = {f"found and {outcome}" for outcome in found_in(folder)}
    if target.suffix != ".zip":
        outcomes |= read_directly(paths)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before, "an input file was changed"
    return outcomes


def damaged_file(path: Path, damages: list[tuple[str, float, int, int]], *, inside: bool) -> bytes:
    """A packed file may be damaged as it lies, or below its packing."""
    data = path.read_bytes()
    if inside and path.suffix == ".gz":
        return gzip.compress(damaged(gzip.decompress(data), damages), 1)
    return damaged(data, damages)


def found_in(folder: Path) -> set[str]:
    outcomes = set()
    for event in find_studies(folder, SETTINGS):
        if isinstance(event, StudyFound):
            for series in event.study.series:
                outcomes |= volumes_or_refusal(
                    lambda series=series, event=event: read_volumes(event.study, series, SETTINGS)
                )
    return outcomes


def read_directly(paths: list[Path]) -> set[str]:
    file_format = FileFormat.NIFTI if ".nii" in paths[0].name else FileFormat.DICOM
    return volumes_or_refusal(lambda: read_volumes(STUDY, as_series(paths, file_format=file_format), SETTINGS))


def volumes_or_refusal(read: Callable[[], tuple[Volume, ...]]) -> set[str]:
    try:
        volumes = read()
    except Refused as error:
        refused = error
    else:
        for volume in volumes:
            check(volume)
        return {"read"}
    assert refused.what
    assert refused.advice
    assert str(refused).isprintable(), repr(str(refused))
    return {str(refused.reason)}


def check(volume: Volume) -> None:
    assert volume.voxels.shape == volume.geometry.shape
    assert volume.voxels.nbytes <= SETTINGS.limits.max_volume_bytes
    assert np.isfinite(volume.geometry.affine).all()
    assert abs(np.linalg.det(volume.geometry.affine[:3, :3])) > 0
    assert np.isfinite(volume.voxels).all()
    assert all(warning.isprintable() for warning in volume.warnings)


def main(what: str, count: int, first_seed: int, folder: Path) -> None:
    warnings.simplefilter("error")
    faulthandler.enable()
    corpus = {"dicom": dicom_files, "nifti": nifti_files}[what](folder)
    tally = Tally()
    for sound in corpus:
        tally.outcomes.update(f"sound: {outcome}" for outcome in read_sound(sound, folder / "now"))
    start_mib = peak_mib()

    @seed(first_seed)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(corpus), st.integers(0, 3), st.lists(Damage, min_size=1, max_size=4), st.booleans())
    def one(sound: list[Path], which: int, damages: list[tuple[str, float, int, int]], inside: bool) -> None:  # noqa: FBT001 - hypothesis fills it in
        faulthandler.dump_traceback_later(SECONDS_FOR_ONE, exit=True)
        began = time.perf_counter()
        tally.outcomes.update(attempt(sound, which, damages, inside=inside, folder=folder / "now"))
        tally.outcomes["examples"] += 1
        tally.slowest = max(tally.slowest, time.perf_counter() - began)
        faulthandler.cancel_dump_traceback_later()

    one()
    DECODER.close()
    print(json.dumps({"outcomes": tally.outcomes, "slowest_s": tally.slowest, "mib": peak_mib() - start_mib}))


def read_sound(paths: list[Path], folder: Path) -> set[str]:
    return attempt(paths, 0, [], inside=False, folder=folder)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
