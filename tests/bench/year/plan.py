"""A clinic's year on paper: who comes, what is scanned, what is broken, and what goes wrong when. Pure.

The same number of studies, scans to draw from and seed give the same year, so that a year that was stopped goes on
as it was planned. Five of a hundred visits bring broken files; every mishap strikes at a visit that can be read.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

MONTHS = 12
SMALLEST = 12
BROKEN_SHARE, BACK_SHARE, FINE_SHARE, REAL_SHARE, AGAIN_SHARE = 0.05, 0.15, 0.02, 0.4, 0.12
"""Broken files among visits; backs and fine heads among good visits; real ones and old patients among heads."""
SEED = 2025


class Scan(StrEnum):
    """What a visit brings."""

    SAMPLE = "head of the sample generator"
    REAL = "real head"
    FINE = "fine head of the sample generator"
    BACK = "back of the sample generator"


class Broken(StrEnum):
    """What is wrong with a visit's files."""

    CUT = "cut short"
    LOST_SLICE = "a slice is missing"
    NOISE = "random bytes"
    EMPTY = "empty files"
    TOO_FEW = "two slices only"
    RESTLESS = "the patient moved badly"


class Fault(StrEnum):
    """What goes wrong."""

    POWER_CUT = "power cut"
    FULL_DISK = "full disk"
    GOOD_UPDATE = "update"
    BAD_UPDATE = "update that fails its self-test"
    CLOCK_BACK = "clock jumps backwards"
    PULLED_STICK = "pulled stick"


UPDATES = frozenset({Fault.GOOD_UPDATE, Fault.BAD_UPDATE})
WHEN = (
    (2, Fault.POWER_CUT),
    (3, Fault.GOOD_UPDATE),
    (4, Fault.FULL_DISK),
    (5, Fault.POWER_CUT),
    (6, Fault.CLOCK_BACK),
    (7, Fault.PULLED_STICK),
    (8, Fault.BAD_UPDATE),
    (9, Fault.POWER_CUT),
)
"""The month of every fault."""
STEPS = ("read", "write", "report")


@dataclass(frozen=True, slots=True)
class Pool:
    """How many different scans there are to make visits from."""

    sample: int
    real: int
    fine: int
    backs: int

    def of(self, scan: Scan) -> int:
        """Say how many there are of one kind."""
        return {Scan.SAMPLE: self.sample, Scan.REAL: self.real, Scan.FINE: self.fine, Scan.BACK: self.backs}[scan]


@dataclass(frozen=True, slots=True)
class Visit:
    """One study."""

    number: int
    """From 1, in the order of the year; its voxels are drawn with it."""
    patient: int
    """The number of the patient's first visit."""
    day: date
    scan: Scan
    base: int
    """Which scan of the pool."""
    broken: Broken | None = None


@dataclass(frozen=True, slots=True)
class Mishap:
    """A fault, and the moment at which it strikes."""

    fault: Fault
    at: int | None = None
    """The visit; ``None`` before any is read."""
    step: str = ""
    """The step of its reading; empty for the first moment."""
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Month:
    """What lies on one stick, and what happens while it is read."""

    number: int
    visits: tuple[Visit, ...]
    mishap: Mishap | None = None


@dataclass(frozen=True, slots=True)
class Year:
    """All of it."""

    months: tuple[Month, ...]

    @property
    def visits(self) -> tuple[Visit, ...]:
        """List every visit, in order."""
        return tuple(visit for month in self.months for visit in month.visits)

    @property
    def mishaps(self) -> tuple[Mishap, ...]:
        """List every mishap, in order."""
        return tuple(month.mishap for month in self.months if month.mishap)

    def only(self, visits: frozenset[int]) -> Year:
        """Give the same year with these visits alone, and nothing that goes wrong: only good updates come."""
        months = []
        for month in self.months:
            kept = tuple(visit for visit in month.visits if visit.number in visits)
            calm = month.mishap if month.mishap and month.mishap.fault is Fault.GOOD_UPDATE else None
            months.append(Month(month.number, kept, calm))
        return Year(tuple(months))

    def until(self, month: int) -> Year:
        """Give the year up to the end of a month."""
        return Year(tuple(each for each in self.months if each.number <= month))


def draw_year(studies: int, pool: Pool, seed: int = SEED) -> Year:
    """Plan a year of so many studies."""
    if studies < SMALLEST:
        raise ValueError(f"a year has {SMALLEST} studies or more, not {studies}")
    rng = random.Random(f"{seed} {studies}")
    broken = _broken(studies, rng)
    visits: list[Visit] = []
    for number in range(1, studies + 1):
        visits.append(_visit(number, studies, visits, broken.get(number), pool, rng))
    mishaps = dict(WHEN)
    months = (tuple(visit for visit in visits if visit.day.month == number) for number in range(1, MONTHS + 1))
    return Year(
        tuple(
            Month(number, come, _mishap(mishaps[number], come, rng) if number in mishaps else None)
            for number, come in enumerate(months, start=1)
        )
    )


def _day(number: int, studies: int) -> date:
    """Spread visits evenly, so that months are alike and their order is that of their numbers."""
    month, within = divmod((number - 1) * MONTHS, studies)
    return date(2025, month + 1, 1 + within * 28 // studies)


def _broken(studies: int, rng: random.Random) -> dict[int, Broken]:
    """Draw who brings broken files, never all of a month; every way to break comes in turn."""
    numbers = list(range(1, studies + 1))
    good = {month: sum(_day(number, studies).month == month for number in numbers) for month in range(1, MONTHS + 1)}
    wanted, ways, drawn = max(1, round(BROKEN_SHARE * studies)), list(Broken), dict[int, Broken]()
    rng.shuffle(numbers)
    for number in numbers:
        month = _day(number, studies).month
        if len(drawn) < wanted and (good[month] > 1 or month not in dict(WHEN)):
            good[month] -= 1
            drawn[number] = ways[len(drawn) % len(ways)]
    return drawn


def _visit(
    number: int, studies: int, before: list[Visit], broken: Broken | None, pool: Pool, rng: random.Random
) -> Visit:
    day = _day(number, studies)
    if broken is not None:
        return Visit(number, number, day, Scan.SAMPLE, rng.randrange(pool.sample), broken)
    old = [each for each in before if _can_come_again(each, day)]
    if old and rng.random() < AGAIN_SHARE:
        known = rng.choice(old)
        return Visit(number, known.patient, day, known.scan, known.base)
    scan = _scan(pool, rng)
    return Visit(number, number, day, scan, rng.randrange(pool.of(scan)))


def _can_come_again(visit: Visit, day: date) -> bool:
    return visit.broken is None and visit.scan in {Scan.SAMPLE, Scan.REAL} and visit.day.month < day.month


def _scan(pool: Pool, rng: random.Random) -> Scan:
    drawn = rng.random()
    if drawn < BACK_SHARE:
        return Scan.BACK
    if drawn < BACK_SHARE + FINE_SHARE:
        return Scan.FINE
    return Scan.REAL if pool.real and rng.random() < REAL_SHARE else Scan.SAMPLE


def _mishap(fault: Fault, visits: tuple[Visit, ...], rng: random.Random) -> Mishap:
    good = [visit.number for visit in visits if visit.broken is None]
    if fault in UPDATES:
        return Mishap(fault)
    if fault is Fault.PULLED_STICK:  # the visit in progress is in memory: those after it are lost
        first = good[: len(good) // 2]
        return Mishap(fault, rng.choice(first)) if first else Mishap(fault)
    if fault is Fault.POWER_CUT:
        return Mishap(fault, rng.choice(good), rng.choice(STEPS), round(rng.uniform(0.0, 1.0), 2))
    return Mishap(fault, rng.choice(good))
