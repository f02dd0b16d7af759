"""Reading the PNG files and tables of the lumbar sets, with every failure in a sentence that names the file."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

from appliance.errors import NothingToRead, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray


def read_grey(path: Path) -> NDArray[np.uint8]:
    """One picture as grey values, row 0 at the top."""
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("L"))
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        raise Unreadable(
            f"The picture {path.name} cannot be read ({error}).", advice="Copy it again from the data set."
        ) from error


def read_labels(path: Path, *, highest: int) -> NDArray[np.uint8]:
    """One mask whose values are class numbers."""
    labels = read_grey(path)
    if labels.max(initial=0) > highest:
        raise Unreadable(
            f"The mask {path.name} holds the value {labels.max()}, but its classes end at {highest}.",
            advice="Check that it is a mask of class numbers and not a picture.",
        )
    return labels


def read_table(path: Path, columns: Iterable[str]) -> list[dict[str, str]]:
    """Read the rows of a CSV file that has at least these columns."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(
            f"The table {path.name} cannot be read ({error}).", advice="Check that the folder is laid out as described."
        ) from error
    if missing:
        raise Unreadable(
            f"The table {path.name} lacks the column {missing[0]}.", advice="Check that it belongs to this data set."
        )
    if not rows:
        raise NothingToRead(f"The table {path.name} has no rows.", advice="Check that the data set is complete.")
    return rows
