"""What is said about one FLAIR of the brain. Volumes in ml, distances in mm, shares from 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the exact loader reads the annotations at run time

from appliance.measure.change import ChangedLesion  # noqa: TC001 - the same
from appliance.measure.regions import Region  # noqa: TC001 - the same
from appliance.measure.severity import Severity  # noqa: TC001 - the same
from appliance.population import Group, Measure  # noqa: TC001 - the same


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something lies."""

    centre_mm: tuple[float, float, float]
    """The patient's right-anterior-superior millimetres."""
    centre_index: tuple[float, float, float]
    """Along the scan's three axes, from 0."""
    slice_number: int
    """The slice where it is largest, counted from 1 along the scan's slices."""
    first_index: tuple[int, int, int]
    last_index: tuple[int, int, int]
    """The corners of its box, both inside."""


@dataclass(frozen=True, slots=True)
class LesionFound:
    """One counted lesion."""

    number: int
    """From 1, the largest first; its value in the lesion mask."""
    volume_ml: float
    region: Region | None
    """``PEWMH``, ``PAWMH``, ``JCWMH``; ``None`` where no ventricle was found."""
    to_ventricle_mm: float | None
    to_surface_mm: float | None
    """To the surface of the brain, which stands for the cortex."""
    spot: Spot
    mean_probability: float | None
    sure: bool | None
    """Whether the mean probability reaches the setting ``lesions.sure_from``."""


@dataclass(frozen=True, slots=True)
class CandidateFound:
    """What the model was unsure of: in no count and no volume."""

    number: int
    volume_ml: float
    spot: Spot
    mean_probability: float
    highest_probability: float


@dataclass(frozen=True, slots=True)
class RegionTotal:
    """All lesions of one region."""

    region: Region
    count: int
    volume_ml: float


@dataclass(frozen=True, slots=True)
class LesionTotals:
    """All lesions together."""

    count: int
    volume_ml: float
    share_of_brain: float | None
    by_region: tuple[RegionTotal, ...]
    too_small_ml: float
    """Of spots below the least size, which are not in ``volume_ml``."""


@dataclass(frozen=True, slots=True)
class StandingAmong:
    """One measure of this patient among one group of people of the same age group and sex."""

    measure: Measure
    group: Group
    low: float
    middle: float
    high: float
    """How many of 100 have less: at least, about, at most. 0 stands for under 5 and 100 for over 95."""
    people: int
    sex: str
    """Of the group: ``F``, ``M`` or ``any``."""
    from_age: int
    below_age: int
    median: float
    """Of the group, as this program would measure it."""
    sentence: str


@dataclass(frozen=True, slots=True)
class Population:
    """Where this patient stands among other people."""

    standings: tuple[StandingAmong, ...]
    """Empty where nobody can be compared; ``notes`` says why."""
    notes: tuple[str, ...]
    source: str | None


@dataclass(frozen=True, slots=True)
class EarlierStudy:
    """What this study is compared with."""

    study: str
    """Its key in the ledger."""
    uid: str | None
    when: datetime | None
    days_between: float | None


@dataclass(frozen=True, slots=True)
class ChangeSince:
    """This study against an earlier one of the same patient."""

    earlier: EarlierStudy
    lesions: tuple[ChangedLesion, ...]
    """Empty where the two could not be compared; ``notes`` says why."""
    compared: bool
    now_ml: float
    before_ml: float | None
    correlation: float | None
    """Of the two scans inside the brain, once one lies over the other."""
    rule: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnomalyRegion:
    """A place that looks unusual and that the lesion model did not explain: a human must look."""

    number: int
    volume_ml: float
    spot: Spot
    highest: float
    """Of the anomaly map, 0 … 1."""
    mean: float


@dataclass(frozen=True, slots=True)
class Anomaly:
    """What looks unusual, whatever it may be."""

    regions: tuple[AnomalyRegion, ...]
    """The most unusual first."""
    threshold: float
    explained_ml: float
    """Unusual and already a lesion."""
    unexplained_ml: float
    rule: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BrainFindings:
    """All that is said about one FLAIR."""

    series: str
    """``SeriesRead.id``."""
    lesions: tuple[LesionFound, ...]
    candidates: tuple[CandidateFound, ...]
    totals: LesionTotals
    brain_ml: float
    """With the ventricles."""
    ventricle_ml: float
    ventricle_share: float | None
    """Of the brain with its ventricles."""
    severity: Severity
    severity_rule: str
    region_rule: str
    population: Population
    change: ChangeSince | None
    """``None`` where no earlier study is known."""
    anomaly: Anomaly | None
    """``None`` where no anomaly model is installed."""
    notes: tuple[str, ...]
