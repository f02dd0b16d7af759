"""What lies in a folder, as a person needs to see it before anything is read.

``Inventory`` takes what looking through the folder yields and answers three questions: what was found, what each
series will be read as, and what is left out and why. It touches no disk. What the operator says of a series that
nobody could be sure of is kept by the series' first file, so that it outlasts looking again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from appliance.contracts import Certainty, FilesSeen, Kind, LeftOut, Recognition, StudyFound
from appliance.further import reading_of
from appliance.report.marks import N_
from appliance.words import shown
from appliance.workplace.tongue import counted, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.contracts import PatientFacts, ScanEvent, Series, Source, Study

KIND_WORDS = {
    Kind.BRAIN_FLAIR: N_("Brain FLAIR"),
    Kind.SPINE_AXIAL: N_("Spine axial"),
    Kind.SPINE_SAGITTAL: N_("Spine sagittal"),
}
OPERATOR_SAID = N_("The operator said so.")
OPERATOR_LEFT_OUT = N_("The operator leaves it out.")


def words_for(kind: Kind) -> str:
    """Name a kind of scan; a further reading names itself."""
    return str(reading_of(kind.value).title) if kind.is_further else KIND_WORDS[kind]


def who_is(patient: PatientFacts) -> str:
    """Write a name as a person would: DICOM puts ``^`` between its parts and ``=`` between its scripts."""
    name = " / ".join(" ".join(part.replace("^", " ").split()) for part in (patient.name or "").split("=") if part)
    return shown(name or patient.patient_id or say("Name unknown"))


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One series, and what happens to it."""

    study: Study
    series: Series
    kind: Kind | None
    """``None`` while somebody has to say, or if it is left out."""
    asks: bool
    """Whether a person must say what it is."""
    why: str

    @property
    def source(self) -> Source:
        """The file that stands for the series."""
        return self.series.sources[0]


@dataclass(slots=True)
class Inventory:
    """Grows while a folder is looked through."""

    files: int = 0
    studies: list[Study] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    told: dict[Source, Kind | None] = field(default_factory=dict)
    """What the operator said: a kind, or ``None`` to leave it out."""

    def take(self, event: ScanEvent) -> None:
        """Take in one more thing that was seen."""
        match event:
            case FilesSeen(files=files):
                self.files = files
            case LeftOut():
                self.left_out.append(event)
            case StudyFound(study=study, left_out=left_out):
                self.studies.append(study)
                self.left_out.extend(left_out)

    def tell(self, source: Source, kind: Kind | None) -> None:
        """Take the operator's word for what a series is; ``None`` leaves it out."""
        self.told[source] = kind

    def rows(self) -> Iterator[SeriesRow]:
        """Name every series in the order of the studies."""
        for study in self.studies:
            for series in study.series:
                yield self._row(study, series)

    def counts(self) -> tuple[int, int, int]:
        """Count studies with something to read, series that ask, and files left out."""
        rows = list(self.rows())
        ready = len({row.study.key for row in rows if row.kind is not None})
        return ready, sum(row.asks for row in rows), sum(left.files for left in self.left_out)

    def sentence(self) -> str:
        """Say in one line what is in the folder."""
        ready, asking, out = self.counts()
        parts = [
            counted("{number} file looked at", "{number} files looked at", self.files),
            counted("{number} study to read", "{number} studies to read", ready),
        ]
        if asking:
            parts.append(counted("{number} series to be named by you", "{number} series to be named by you", asking))
        if out:
            parts.append(counted("{number} file left out", "{number} files left out", out))
        return " · ".join(parts)

    def _row(self, study: Study, series: Series) -> SeriesRow:
        recognition = self._recognition(series)
        asks = recognition.certainty is Certainty.ASK
        return SeriesRow(study, series, None if asks else recognition.kind, asks, recognition.why)

    def _recognition(self, series: Series) -> Recognition:
        if series.sources[0] not in self.told:
            return series.recognition
        kind = self.told[series.sources[0]]
        why = say(OPERATOR_SAID if kind else OPERATOR_LEFT_OUT)
        return replace(series.recognition, kind=kind, certainty=Certainty.TOLD, why=why)
