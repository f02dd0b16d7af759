"""What the published study says of its table, beside what the table yields, with every definition that was tried.

Three of its figures can be had back; four cannot, under any of the definitions here, and are shown with the
values that come nearest, so that a reader sees how far they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from appliance.cohort.statistics import AGES, LESIONS, SHARES, VENTRICLES, aged, values, without_outliers
from appliance.cohort.tables import Table, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from appliance.cohort.people import People, Person

PATIENTS, CONTROLS = 381, 999
LARGE = 0.05
SEXES = ("periventricular share, men against women", "61.85 % against 56.45 %")
YOUNG, OLD = AGES[0], AGES[-1]


def is_the_published_table(people: People) -> bool:
    """Say whether this is that table, by its groups."""
    return set(people.groups) == {"MS", "HC"} and len(people.people) == PATIENTS + CONTROLS


def published_figures(people: People) -> Table:
    """Hold the table against what was published of it."""
    rows = tuple(_rows(people))
    note = "Periventricular share: of each person's lesions; persons without lesions have none."
    return Table("published", "Against the published figures", ("published", "figure", "definition tried", "value"),
                 rows, (note,))  # fmt: skip


def _rows(people: People) -> Iterator[tuple[Value, ...]]:
    ill, healthy = people.of("MS"), people.of("HC")
    yield ("people with MS", "381", "rows of the group MS", len(ill))
    yield ("controls", "999", "rows of the group HC", len(healthy))
    for name, figure, ages in (("18–29", "0.13 %", YOUNG), ("60+", "0.71 %", OLD)):
        yield (f"lesion share of MS, {name}", figure, "mean of persons, %", _mean(aged(ill, ages)))
    yield ("periventricular share of MS, 60+", "71.43 %", "mean of persons, %", _share(aged(ill, OLD))[0])
    yield from _periventricular(ill)
    yield from _fold(ill, healthy)
    yield from _correlation(ill)
    yield from _sexes(ill)


def _periventricular(ill: Sequence[Person]) -> Iterator[tuple[Value, ...]]:
    tried = {
        "all with MS, mean ± SD of persons": ill,
        "without persons who have no periventricular lesion": [p for p in ill if p.regions and p.regions[0] > 0],
        "outliers removed": without_outliers(tuple(ill)),
        "men with MS": [p for p in ill if p.sex == "M"],
        f"lesions of at least {LARGE:g} % of the brain": [p for p in ill if (p.lesions or 0.0) >= LARGE],
    }
    for definition, chosen in tried.items():
        mean, deviation = _share(chosen)
        yield ("periventricular share of MS", "58.02 ± 28.35 %", definition, f"{mean:.2f} ± {deviation:.2f}")


def _fold(ill: Sequence[Person], healthy: Sequence[Person]) -> Iterator[tuple[Value, ...]]:
    old, young = _mean(aged(ill, OLD)), _mean(aged(ill, YOUNG))
    yield ("growth with age", "5.5-fold", "mean at 60+ over mean at 18–29", old / young)
    yield (
        "growth with age",
        "5.5-fold",
        "the same of the rounded means, 0.71 over 0.13",
        round(old, 2) / round(young, 2),
    )
    medians = [float(np.median(values(aged(ill, ages), LESIONS))) for ages in (OLD, YOUNG)]
    yield ("growth with age", "5.5-fold", "median at 60+ over median at 18–29", medians[0] / medians[1])
    yield ("growth with age", "5.5-fold", "mean of MS over mean of controls", _mean(ill) / _mean(healthy))


def _correlation(ill: Sequence[Person]) -> Iterator[tuple[Value, ...]]:
    known = [(p.age, p.lesions, p.ventricles) for p in ill if None not in (p.age, p.lesions, p.ventricles)]
    age, lesions, ventricles = np.array(known, dtype=np.float64).T
    means = [_mean(aged(ill, ages)) for ages in AGES]
    mean_ages = [float(np.mean([p.age for p in aged(ill, ages)])) for ages in AGES]
    medians = [float(np.median(values(aged(ill, ages), LESIONS))) for ages in AGES]
    shares = [_share(aged(ill, ages))[0] for ages in AGES]
    wide = [float(np.mean(values(aged(ill, ages), VENTRICLES))) for ages in AGES]
    tried = {
        "Pearson, age and lesion share, persons with MS": (age, lesions),
        "Pearson, ventricle and lesion share, persons with MS": (ventricles, lesions),
        "Pearson, number of the age group and its mean lesion share": (range(len(AGES)), means),
        "Pearson, mean age of the age group and its mean lesion share": (mean_ages, means),
        "Pearson, number of the age group and its median lesion share": (range(len(AGES)), medians),
        "Pearson, mean ventricle and mean lesion share of the age groups": (wide, means),
        "Pearson, mean periventricular and mean lesion share of the age groups": (shares, means),
    }
    for definition, (one, other) in tried.items():
        yield ("correlation", "r = 0.82", definition, float(np.corrcoef(one, other)[0, 1]))
    ranks = float(stats.spearmanr(age, lesions)[0])
    yield ("correlation", "r = 0.82", "Spearman, age and lesion share, persons with MS", ranks)


def _sexes(ill: Sequence[Person]) -> Iterator[tuple[Value, ...]]:
    kept = without_outliers(tuple(ill))
    tried = {"mean of persons": ill, "mean of persons, outliers removed": kept,
             "persons with periventricular lesions": [p for p in ill if p.regions and p.regions[0] > 0]}  # fmt: skip
    for definition, chosen in tried.items():
        men, women = (_share([p for p in chosen if p.sex == sex])[0] for sex in ("M", "F"))
        yield (*SEXES, definition, f"{men:.2f} against {women:.2f}")
    men, women = (float(np.median(values([p for p in ill if p.sex == sex], SHARES[0]))) for sex in ("M", "F"))
    yield (*SEXES, "median of persons", f"{men:.2f} against {women:.2f}")


def _mean(people: Sequence[Person]) -> float:
    return float(np.mean(values(people, LESIONS)))


def _share(people: Sequence[Person]) -> tuple[float, float]:
    known = values(people, SHARES[0])
    return float(known.mean()), float(known.std(ddof=1))
