"""All data sets by name: from a folder to cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import Misuse, NothingToRead
from training.datasets.local import find_glioma, find_ljubljana, find_plain, with_population
from training.datasets.published import find_ms3seg, find_mslesseg, find_msseg2016, find_wmh2017

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from training.datasets.case import Case

ADAPTERS: dict[str, Callable[[Path, str], list[Case]]] = {
    "tabriz": find_plain,
    "tabriz_unlabelled": find_plain,
    "mslesseg": find_plain,
    "ljubljana_longitudinal": find_ljubljana,
    "glioma_tcga": find_glioma,
}
LAYOUTS = ADAPTERS | {
    "plain": find_plain,
    "published-mslesseg": find_mslesseg,
    "published-msseg2016": find_msseg2016,
    "published-wmh2017": find_wmh2017,
    "published-ms3seg": find_ms3seg,
}
"""How the files of a folder are laid out."""


def find_cases(folder: Path, layout: str, dataset: str | None = None) -> list[Case]:
    """Return the cases of one data set in a folder."""
    if layout not in LAYOUTS:
        raise Misuse(f"There is no layout “{layout}”.", advice=f"Use one of: {', '.join(sorted(LAYOUTS))}.")
    if not folder.is_dir():
        raise NothingToRead(f"There is no folder {folder}.", advice="Give the folder of the data set.")
    cases = LAYOUTS[layout](folder, dataset or layout)
    if not cases:
        raise NothingToRead(f"No scan of {layout} lies in {folder}.", advice="Check the layout of the folder.")
    return cases


def find_all(brain_data: Path) -> dict[str, list[Case]]:
    """Return the cases of every known set below one folder, each set in a sub-folder of its name."""
    population = brain_data.parent / "population" / "tabriz_1380.csv"
    found = {}
    for name in ADAPTERS:
        if (brain_data / name).is_dir():
            cases = find_cases(brain_data / name, name)
            found[name] = with_population(cases, population) if population.is_file() else cases
    if not found:
        raise NothingToRead(f"No known data set lies in {brain_data}.", advice=f"Use: {', '.join(ADAPTERS)}.")
    return found
