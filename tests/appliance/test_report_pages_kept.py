"""Pages against kept pictures of themselves: a change of the layout shows, and is then looked at.

To keep new ones after looking: ``KEEP_PAGES=1 pytest tests/appliance/test_report_pages_kept.py``.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pypdfium2
import pytest
from brain_findings import brain_study
from findings_builders import refused_study, write_study
from PIL import Image
from spine_findings import spine_study

from appliance.report.batch import Batch, sheets_of
from appliance.report.dossier import open_dossier
from appliance.report.pdf import make_pdf
from appliance.report.workbook import workbook_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from appliance.findings.study import Findings

KEPT = Path(__file__).parent / "kept_pages"
STUDIES: dict[str, Callable[[], Findings]] = {"brain": brain_study, "spine": spine_study, "refused": refused_study}
PAGES = (
    ("brain", "en", 1), ("brain", "en", 2), ("brain", "fa", 1), ("brain", "hi", 2), ("spine", "fr", 1),
    ("spine", "fa", 2), ("spine", "en", 3), ("refused", "es", 1),
)  # fmt: skip
DOTS_PER_POINT = 0.8
BLOCK = 16
"""Pixels: a letter that moves by less than a block is seen, an edge that is drawn a little softer is not."""
MOST_APART = 24
"""Grey values, of a block's mean."""


def _rendered(pdf: bytes, page: int) -> NDArray[np.uint8]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return np.asarray(document[page - 1].render(scale=DOTS_PER_POINT, grayscale=True).to_pil())
    finally:
        document.close()


def _blocks(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    rows, columns = (side // BLOCK for side in picture.shape)
    cut = picture[: rows * BLOCK, : columns * BLOCK].astype(float)
    return cut.reshape(rows, BLOCK, columns, BLOCK).mean(axis=(1, 3))


@pytest.mark.parametrize(("study", "language", "page"), PAGES)
def test_a_page_looks_as_it_was_kept(study: str, language: str, page: int, tmp_path: Path) -> None:
    folder = write_study(STUDIES[study](), tmp_path)
    picture = _rendered(make_pdf(open_dossier(folder, "District hospital"), language), page)
    kept = KEPT / f"{study}-{language}-{page}.png"
    if os.environ.get("KEEP_PAGES"):
        Image.fromarray(picture).quantize(64).save(kept, optimize=True)
    with Image.open(kept) as opened:
        before = np.asarray(opened.convert("L"))
    assert before.shape == picture.shape
    assert np.abs(_blocks(before) - _blocks(picture)).max() <= MOST_APART


@pytest.mark.slow
def test_a_report_takes_less_than_four_tenths_of_a_second(tmp_path: Path) -> None:
    folder = write_study(brain_study(), tmp_path)
    assert min(_seconds(lambda: make_pdf(open_dossier(folder))) for _ in range(5)) <= 0.4


@pytest.mark.slow
def test_the_workbook_of_a_thousand_studies_takes_less_than_five_seconds() -> None:
    pair = (brain_study(), spine_study())
    batch = Batch("year", tuple(pair[number % 2] for number in range(1000)), ())
    assert _seconds(lambda: workbook_of(sheets_of(batch), pair[0].made_at)) <= 5


def _seconds(work: Callable[[], bytes]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
