"""A golden case that is damaged, too large or does not fit its networks is refused."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
from model_builders import IMAGES, Package, zipped
from refusals import golden, refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def stored(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def header(claim: str) -> bytes:
    """Make an ``npy`` file of a header alone."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {claim}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def changed(name: str, array: np.ndarray) -> Callable[[Package], bytes]:
    return lambda package: zipped(golden(package) | {name: array})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda _: b"no archive", "golden.npz: it is not a readable archive"),
        (lambda package: package.files["golden.npz"][:-30], "golden.npz: it is not a readable archive"),
        (lambda _: stored("lesions.image.npy", b"no array"), "is not a float32 array"),
        (lambda _: stored("lesions.image.npy", header("(1000000000000,)")), "has not the size that it claims"),
        (lambda _: stored("lesions.image.npy", header("()")), "is not a float32 array"),
        (lambda _: stored("big.npy", bytes(3_000_000)), "it unpacks to more than the settings allow"),
        (changed("lesions.image", IMAGES.astype(np.float64)), "is not a float32 array"),
        (changed("lesions.image", np.array([{}])), "is not a float32 array"),
        (changed("lesions.image", np.asfortranarray(IMAGES)), "is not a float32 array"),
        (changed("lesions.image", np.full_like(IMAGES, np.nan)), "holds values that are not numbers"),
        (changed("lesions.image", IMAGES[:0]), "has not the size that it claims"),
        (changed("lesions.image", np.concatenate([IMAGES] * 4)), "has not between 1 and 4 slices"),
        (changed("lesions.image", IMAGES[:, :1]), "“lesions.image” has the shape (2, 1, 24, 16)"),
        (changed("lesions.logits", IMAGES[:1, :2]), "“lesions.logits” has the shape (1, 2, 24, 16)"),
        (changed("lesions.explain.where", IMAGES[:1]), "does not have the shape of one slice"),
        (changed("lesions.more", IMAGES), "“lesions.more” is not used"),
        (
            lambda package: zipped({n: a for n, a in golden(package).items() if n != "lesions.logits"}),
            "“lesions.logits” is missing",
        ),
    ],
)
def test_a_golden_case_that_does_not_fit(
    sound: Package, tmp_path: Path, content: Callable[[Package], bytes], words: str
) -> None:
    sound.files["golden.npz"] = content(sound)
    assert words in refusal(sound.write(tmp_path))
