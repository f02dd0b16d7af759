"""Small made-up spine sets in the published layouts, for tests."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from appliance.measure_spine import CANAL, DISC, VERTEBRA

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

DISC_ROWS = (24, 58, 92, 126)


def table(path: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


def save(path: Path, pixels: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def axial_picture(random: np.random.Generator, *, pressed: bool) -> NDArray[np.uint8]:
    """A disc with a canal behind it, small where it is pressed."""
    rows, columns = np.indices((240, 240))
    picture = random.integers(20, 60, (240, 240))
    picture[np.hypot((rows - 110) / 0.8, columns - 120) < 34] = 110
    picture[np.hypot(rows - 150, columns - 120) < (4 if pressed else 10)] = 200
    return picture.astype(np.uint8)


def make_axial(folder: Path, patients: int = 6) -> Path:
    random = np.random.default_rng(1)
    rows, notes = [], []
    for patient in range(1, patients + 1):
        pressed = patient % 2 == 0
        for level, suffix in (("L3/L4", "D3"), ("L4/L5", "D4"), ("L5/S1", "D5")):
            serious = pressed and level == "L4/L5"
            name = f"T1_{patient:04d}_{suffix}.png"
            save(folder / "images" / name, axial_picture(random, pressed=serious))
            rows.append((name, patient, level, "Serious" if serious else "No", "train", ""))
        words = f"L4-L5: bulge compressing the thecal sac, number {patient}" if pressed else "No compression noted."
        notes.append((patient, words))
    table(folder / "index.csv", ("file", "patient", "level", "note_grade", "split", "seen_in_t2"), rows)
    table(folder / "notes.csv", ("patient", "note"), notes)
    return folder


def sagittal_pair(random: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    labels = np.zeros((160, 128), dtype=np.uint8)
    labels[8:142, 30:62] = VERTEBRA
    for row in DISC_ROWS:
        labels[row - 4 : row + 4, 30:62] = DISC
    labels[6:156, 66:78] = CANAL
    greys = np.array([30, 120, 60, 220])[labels] + random.integers(-8, 8, labels.shape)
    return np.clip(greys, 0, 255).astype(np.uint8), labels


def make_masks(folder: Path, patients: int = 4) -> Path:
    random = np.random.default_rng(2)
    rows = []
    for patient in range(1, patients + 1):
        for number in (1, 2):
            name = f"{patient}_slice{number}.png"
            picture, labels = sagittal_pair(random)
            save(folder / "images" / name, picture)
            save(folder / "masks" / name, labels)
            rows.append((name, patient, number, "train"))
    table(folder / "index.csv", ("file", "patient", "slice", "split"), rows)
    return folder


def make_mid(folder: Path, patients: int = 4) -> Path:
    random = np.random.default_rng(3)
    rows, grades = [], []
    for patient in range(1, patients + 1):
        picture, _ = sagittal_pair(random)
        save(folder / "images" / f"{patient}_t2.png", picture)
        rows.append((f"{patient}_t2.png", patient, "T2", 128, 160))
        grades += [
            (patient, disc, 0, 0, 1, 0, 0, (patient + disc) % 2, 1, 1 + (patient + disc) % 5)
            for disc in range(1, len(DISC_ROWS) + 1)
        ]
    table(folder / "index.csv", ("file", "patient", "weighting", "width", "height"), rows)
    graded = "modic upper_endplate lower_endplate spondylolisthesis herniation narrowing bulging pfirrmann"
    table(folder / "gradings.csv", ["patient", "disc_from_l5s1_up", *graded.split()], grades)
    return folder


def truth(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Answer as a perfect segmenter would: all made-up slices have the same anatomy."""
    labels = sagittal_pair(np.random.default_rng(0))[1]
    scale = max(images.shape[2:]) / max(labels.shape)
    rows, columns = (
        np.minimum((np.arange(n) / scale).astype(int), m - 1)
        for n, m in zip(images.shape[2:], labels.shape, strict=True)
    )
    one_hot = np.moveaxis(np.eye(4, dtype=np.float32)[labels[np.ix_(rows, columns)]], -1, 0)
    return np.repeat(one_hot[None], len(images), axis=0)
