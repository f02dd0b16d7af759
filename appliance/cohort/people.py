"""A table of people → frozen rows: the layout of ``tabriz_1380.csv``, or a folder of this program's own results.

Guarantees: a row that cannot be read is named with its line; a missing age or a brain without area is kept as
unknown and left out only where it is needed. Areas and volumes are never mixed: everything is a share of the
brain with its ventricles.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.errors import Misuse, NothingToRead, Unreadable
from appliance.words import shown

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.findings.study import Findings

COLUMNS = (
    "PatientID", "PatientAge", "PatientSex", "StudyGroup", "TotalIntracranialArea", "TotalVentricleArea",
    "TotalWMHArea", "TotalPeriArea", "TotalParaArea", "TotalJuxtArea",
)  # fmt: skip
SEXES = {"0": "F", "1": "M", "F": "F", "M": "M"}
"""Published as 0 and 1; 0 is F by the authors' extraction script and their count of men."""
REGIONS = ("periventricular", "paraventricular", "juxtacortical")


@dataclass(frozen=True, slots=True)
class Person:
    """One person; everything as a share of the brain with its ventricles, in percent."""

    number: str
    age: float | None
    sex: str | None
    group: str
    ventricles: float | None
    lesions: float | None
    regions: tuple[float, float, float] | None
    """Of the lesions, in percent, in the order of ``REGIONS``; ``None`` without lesions."""


@dataclass(frozen=True, slots=True)
class People:
    """All of them, and what was noticed on the way."""

    people: tuple[Person, ...]
    source: str
    notes: tuple[str, ...]

    def of(self, group: str) -> tuple[Person, ...]:
        """Give those of one group."""
        return tuple(person for person in self.people if person.group == group)

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups, MS first."""
        return tuple(sorted({person.group for person in self.people}, key=lambda name: (name != "MS", name)))


def read_people(path: Path) -> People:
    """Read a table, or the results in a folder."""
    if path.is_dir():
        return _from_results(path)
    if not path.is_file():
        raise Misuse(f"{shown(str(path))} does not exist.", advice="Give a table (.csv) or a folder of results.")
    return _from_table(path)


def _from_table(path: Path) -> People:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            table = csv.DictReader(stream)
            lacking = [name for name in COLUMNS if name not in (table.fieldnames or ())]
            if lacking:
                raise Misuse(
                    f"{shown(path.name)} lacks the columns {', '.join(lacking)}.",
                    advice="Give it the columns of tabriz_1380.csv.",
                )
            people = tuple(_row(row, path, table.line_num) for row in table)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(
            f"{shown(path.name)} is no table that can be read ({error}).", advice="Save it as CSV."
        ) from error
    return _checked(people, path.name, ())


def _row(row: dict[str, str | None], path: Path, line: int) -> Person:
    try:
        numbers = [float(row[name] or "nan") for name in COLUMNS[4:]]
        age = float(row["PatientAge"] or "nan")
    except ValueError as error:
        raise Unreadable(
            f"Line {line} of {shown(path.name)} has something that is no number ({error}).", advice="Correct that line."
        ) from error
    return _person(str(row["PatientID"]), age, row["PatientSex"], row["StudyGroup"] or "unknown", numbers)


def _person(number: str, age: float, sex: str | None, group: str, sizes: list[float]) -> Person:
    brain, ventricles, lesions, *regions = sizes
    usable = math.isfinite(brain) and brain > 0
    shares = None
    if math.isfinite(lesions) and lesions > 0 and all(map(math.isfinite, regions)):
        shares = (100 * regions[0] / lesions, 100 * regions[1] / lesions, 100 * regions[2] / lesions)
    return Person(
        number,
        age if math.isfinite(age) else None,
        SEXES.get((sex or "").strip()),
        group,
        100 * ventricles / brain if usable and math.isfinite(ventricles) else None,
        100 * lesions / brain if usable and math.isfinite(lesions) else None,
        shares,
    )


def _from_results(folder: Path) -> People:
    from appliance.findings.json_file import NAME, read_findings  # noqa: PLC0415 - a table does not need it

    people: list[Person] = []
    notes: list[str] = []
    for path in sorted(folder.glob(f"*/{NAME}")):
        try:
            people += _of_study(read_findings(path))
        except Unreadable as error:
            notes.append(str(error))
    return _checked(tuple(people), folder.name, tuple(notes))


def _of_study(findings: Findings) -> list[Person]:
    """Give the person of one study, by its most detailed FLAIR."""
    if not findings.brain:
        return []
    brain, patient = findings.brain[0], findings.patient
    regions = [next((part.volume_ml for part in brain.totals.by_region if part.region == name), 0.0)
               for name in ("PEWMH", "PAWMH", "JCWMH")]  # fmt: skip
    age = math.nan if patient.age_years is None else patient.age_years
    sizes = [brain.brain_ml, brain.ventricle_ml, brain.totals.volume_ml, *regions]
    return [_person(findings.study, age, patient.sex, "all", sizes)]


def _checked(people: tuple[Person, ...], source: str, notes: tuple[str, ...]) -> People:
    if not people:
        raise NothingToRead(
            f"There is nobody in {shown(source)}.", advice="Give a table or results with brain studies."
        )
    unknown = {
        "age": sum(person.age is None for person in people),
        "sex": sum(person.sex is None for person in people),
        "lesion share": sum(person.lesions is None for person in people),
    }
    said = tuple(
        f"Of {len(people)} people the {what} of {number} is not known." for what, number in unknown.items() if number
    )
    return People(people, source, (*notes, *said))
