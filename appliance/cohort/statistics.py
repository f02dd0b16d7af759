"""People → tables: who they are, how much they have by age and sex, and how the groups differ.

Means are of persons' own shares, with the sample's standard deviation. Groups are compared with the
Mann-Whitney U test, two-sided, with the rank-biserial correlation as the effect; p-values of one table are
corrected together after Holm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from appliance.cohort.people import REGIONS
from appliance.cohort.tables import Table, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from appliance.cohort.people import People, Person

AGES = ((18, 30), (30, 40), (40, 50), (50, 60), (60, 200))
FEWEST_TO_TEST = 5
"""People that each side of a test must have."""
FENCES = 1.5
"""Quartile ranges beyond the quartiles from which a value is an outlier (Tukey)."""
SPREAD = ("n", "mean", "SD", "median", "lower quartile", "upper quartile")


@dataclass(frozen=True, slots=True)
class Variable:
    """One number of a person."""

    name: str
    of: Callable[[Person], float | None]


def _region(at: int) -> Callable[[Person], float | None]:
    return lambda person: None if person.regions is None else person.regions[at]


LESIONS = Variable("lesions, % of brain", lambda person: person.lesions)
VENTRICLES = Variable("ventricles, % of brain", lambda person: person.ventricles)
SHARES = tuple(Variable(f"{name}, % of lesions", _region(at)) for at, name in enumerate(REGIONS))
AGE = Variable("age, years", lambda person: person.age)
VARIABLES = (LESIONS, VENTRICLES, *SHARES)


def values(people: Iterable[Person], variable: Variable) -> NDArray[np.float64]:
    """Give the known values of some people."""
    known = (variable.of(person) for person in people)
    return np.array([value for value in known if value is not None], dtype=np.float64)


def aged(people: Iterable[Person], ages: tuple[int, int]) -> tuple[Person, ...]:
    """Give those of an age group."""
    return tuple(person for person in people if person.age is not None and ages[0] <= person.age < ages[1])


def age_name(ages: tuple[int, int]) -> str:
    """Name an age group."""
    return f"{ages[0]}+" if ages == AGES[-1] else f"{ages[0]}–{ages[1] - 1}"


def all_tables(people: People) -> tuple[Table, ...]:
    """Make all tables of a cohort."""
    kept = without_outliers(people.people)
    return (
        baseline(people),
        by_age(people),
        by_sex(people),
        *_between_groups(people),
        regions(people),
        correlations(people),
        outliers(people, kept),
    )


def baseline(people: People) -> Table:
    """Say who they are."""
    rows: list[tuple[Value, ...]] = []
    for group in people.groups:
        members = people.of(group)
        ages = values(members, AGE)
        women, men = (sum(person.sex == sex for person in members) for sex in ("F", "M"))
        rows.append((group, len(members), women, men, *_spread(ages)[1:3], *_ends(ages)))
    columns = ("group", "people", "women", "men", "mean age", "SD of age", "youngest", "oldest")
    return Table("baseline", "Who they are", columns, tuple(rows), people.notes)


def by_age(people: People) -> Table:
    """Say how much they have in each age group."""
    rows = [
        (group, age_name(ages), variable.name, *_spread(values(aged(people.of(group), ages), variable)))
        for group in people.groups for variable in VARIABLES for ages in AGES
    ]  # fmt: skip
    return Table("age groups", "By age group", ("group", "age", "measure", *SPREAD), tuple(rows))


def by_sex(people: People) -> Table:
    """Compare women and men inside each group."""
    pairs = [
        (group, variable, _of_sex(people, group, "F", variable), _of_sex(people, group, "M", variable))
        for group in people.groups for variable in VARIABLES
    ]  # fmt: skip
    tested = _compared([(women, men) for _, _, women, men in pairs])
    rows = tuple(
        (group, variable.name, *_spread(women)[:3], *_spread(men)[:3], *test)
        for (group, variable, women, men), test in zip(pairs, tested, strict=True)
    )
    columns = ("group", "measure", "women", "mean", "SD", "men", "mean (men)", "SD (men)", *TESTED)
    return Table("sexes", "Women against men", columns, rows, (HOW,))


def _of_sex(people: People, group: str, sex: str, variable: Variable) -> NDArray[np.float64]:
    return values((person for person in people.of(group) if person.sex == sex), variable)


def _between_groups(people: People) -> tuple[Table, ...]:
    """Compare MS with each other group, over all ages and inside each."""
    if "MS" not in people.groups:
        return ()
    tables = []
    for other in people.groups[1:]:
        pairs = [
            (name, variable, values(chosen(people.of("MS")), variable), values(chosen(people.of(other)), variable))
            for name, chosen in _slices() for variable in VARIABLES
        ]  # fmt: skip
        tested = _compared([(one, two) for _, _, one, two in pairs])
        rows = tuple(
            (name, variable.name, *_spread(one)[:4], *_spread(two)[:4], *test)
            for (name, variable, one, two), test in zip(pairs, tested, strict=True)
        )
        sides = tuple(f"{side} {part}" for side in ("MS", other) for part in SPREAD[:4])
        tables.append(
            Table(f"MS against {other}", f"MS against {other}", ("age", "measure", *sides, *TESTED), rows, (HOW,))
        )
    return tuple(tables)


def _slices() -> list[tuple[str, Callable[[Sequence[Person]], tuple[Person, ...]]]]:
    whole: list[tuple[str, Callable[[Sequence[Person]], tuple[Person, ...]]]] = [("all", tuple)]
    return whole + [(age_name(ages), lambda people, ages=ages: aged(people, ages)) for ages in AGES]


def regions(people: People) -> Table:
    """Say where the lesions lie, as the mean of persons and as the share of all lesions together."""
    rows = []
    for group in people.groups:
        for ages in (None, *AGES):
            chosen = people.of(group) if ages is None else aged(people.of(group), ages)
            ill = [person for person in chosen if person.regions is not None and person.lesions is not None]
            means = [float(np.mean(values(ill, share))) if ill else None for share in SHARES]
            rows.append((group, "all" if ages is None else age_name(ages), len(ill), *means, *_pooled(ill)))
    columns = ("group", "age", "people with lesions", *(f"mean {name}, %" for name in REGIONS),
               *(f"pooled {name}, %" for name in REGIONS))  # fmt: skip
    note = (
        "Mean: of each person's own shares. Pooled: of all lesions together, each weighted by its share of the brain."
    )
    return Table("regions", "Where the lesions lie", columns, tuple(rows), (note,))


def correlations(people: People) -> Table:
    """Correlate everything with everything, by ranks, in each group."""
    rows: list[tuple[Value, ...]] = []
    measures = (AGE, *VARIABLES)
    for group in people.groups:
        for one in measures:
            row: list[Value] = [group, one.name]
            row += [_rank_correlation(people.of(group), one, other) for other in measures]
            rows.append(tuple(row))
    return Table("correlations", "Correlation matrix (Spearman)", ("group", "measure", *(m.name for m in measures)),
                 tuple(rows))  # fmt: skip


def without_outliers(people: tuple[Person, ...]) -> tuple[Person, ...]:
    """Leave out persons whose lesion share lies beyond Tukey's fence of their group."""
    fences = {}
    for group in {person.group for person in people}:
        known = values((person for person in people if person.group == group), LESIONS)
        lower, upper = np.percentile(known, [25, 75]) if known.size else (0.0, np.inf)
        fences[group] = upper + FENCES * (upper - lower)
    return tuple(person for person in people if person.lesions is None or person.lesions <= fences[person.group])


def outliers(people: People, kept: tuple[Person, ...]) -> Table:
    """Say what changes if the outliers are removed."""
    rows: list[tuple[Value, ...]] = []
    for group in people.groups:
        for variable in VARIABLES:
            everyone = _spread(values(people.of(group), variable))
            fewer = _spread(values((person for person in kept if person.group == group), variable))
            rows.append((group, variable.name, *everyone[:3], *fewer[:3]))
    note = f"Removed: lesion share above the group's upper quartile by more than {FENCES:g} quartile ranges."
    columns = ("group", "measure", "n, outliers kept", "mean", "SD", "n, removed", "mean, removed", "SD, removed")
    return Table("outliers", "Outliers kept and removed", columns, tuple(rows), (note,))


TESTED = ("U", "p", "p corrected", "effect")
HOW = (
    "Mann-Whitney U, two-sided; p corrected after Holm over this table; effect: rank-biserial correlation, above 0 "
    "where the first side is larger. Not tested below 5 people a side."
)


def _compared(pairs: list[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> list[tuple[Value, ...]]:
    results = [_tested(one, two) for one, two in pairs]
    corrected = iter(holm([p for _, p, _ in results if p is not None]))
    return [(u, p, next(corrected) if p is not None else None, effect) for u, p, effect in results]


def _tested(one: NDArray[np.float64], two: NDArray[np.float64]) -> tuple[float | None, float | None, float | None]:
    if min(one.size, two.size) < FEWEST_TO_TEST:
        return None, None, None
    u, p = stats.mannwhitneyu(one, two, alternative="two-sided")
    return float(u), float(p), float(2 * u / (one.size * two.size) - 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values for being many, step by step from the smallest."""
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for rank, at in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[at]))
        corrected[at] = highest
    return corrected


def _spread(known: NDArray[np.float64]) -> tuple[Value, ...]:
    if known.size == 0:
        return (0, None, None, None, None, None)
    deviation = float(known.std(ddof=1)) if known.size > 1 else None
    lower, middle, upper = (float(value) for value in np.percentile(known, [25, 50, 75]))
    return (int(known.size), float(known.mean()), deviation, middle, lower, upper)


def _ends(known: NDArray[np.float64]) -> tuple[Value, Value]:
    return (float(known.min()), float(known.max())) if known.size else (None, None)


def _pooled(ill: Sequence[Person]) -> list[float | None]:
    weights = np.array([person.lesions or 0.0 for person in ill])
    if weights.sum() == 0:
        return [None] * len(REGIONS)
    return [float(values(ill, share) @ weights / weights.sum()) for share in SHARES]


def _rank_correlation(people: Sequence[Person], one: Variable, other: Variable) -> float | None:
    pairs = [(one.of(person), other.of(person)) for person in people]
    known = np.array([pair for pair in pairs if None not in pair], dtype=np.float64)
    if len(known) < FEWEST_TO_TEST or np.ptp(known, axis=0).min() == 0:
        return None
    return float(stats.spearmanr(known[:, 0], known[:, 1]).statistic)
