"""A study in memory → its findings and all its files, with the model packages that are installed.

What cannot be read becomes a ``Problem`` in the findings, and the rest of the study is read. Sagittal series come
before axial ones, which take their levels from them.
"""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from appliance import __version__
from appliance.contracts import Kind
from appliance.errors import BadModel, EngineFailed, Refused, Unreadable
from appliance.findings.sources import examination_of, patient_of
from appliance.findings.study import DISCLAIMER, FORMAT, VERSION, Findings, Outcome, Problem, Program, Timing
from appliance.further import further_words
from appliance.pipeline.record import Record, problem_of, record_of
from appliance.readers.brain import BrainGiven
from appliance.readers.desk import Desk
from appliance.readers.further import FurtherGiven
from appliance.readers.spine_axial import AxialGiven
from appliance.readers.spine_record import disagreements
from appliance.report.written import write_reports
from appliance.results import StudyFolder, load_earlier
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from appliance.engine.choice import Device
    from appliance.engine.engines import Engines
    from appliance.findings import AxialFindings, BrainFindings, SagittalFindings
    from appliance.findings.further import FurtherFindings
    from appliance.models import ModelPackage
    from appliance.pipeline.reading import Loaded, Place, Step
    from appliance.pipeline.record import Readable
    from appliance.readers.brain import Earlier
    from appliance.readers.spine_sagittal import SagittalReading
    from appliance.settings import Settings

NO_MODEL, NO_ENGINE = "no-model", "engine-failed"
OF_THE_MACHINE = frozenset({NO_MODEL, NO_ENGINE})
"""Reasons that lie in this program or machine and not in the scan: worth another try."""


@dataclass(slots=True)
class _Told:
    """What was found so far."""

    problems: list[Problem]
    notes: list[str]
    brain: list[BrainFindings] = field(default_factory=list)
    sagittal: list[SagittalFindings] = field(default_factory=list)
    axial: list[AxialFindings] = field(default_factory=list)
    further: list[FurtherFindings] = field(default_factory=list)
    kinds: set[Kind] = field(default_factory=set)
    timings: list[Timing] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        """Judge from what was read and what was not."""
        if self.brain or self.sagittal or self.axial or self.further:
            return Outcome.PARTLY if self.problems else Outcome.READ
        of_the_machine = any(problem.reason in OF_THE_MACHINE for problem in self.problems)
        return Outcome.FAILED if of_the_machine else Outcome.REFUSED


class PackageReader:
    """Reads studies with model packages; networks are opened when they are first needed, and kept."""

    def __init__(
        self,
        packages: Sequence[ModelPackage],
        engines: Engines,
        settings: Settings,
        notices: tuple[str, ...] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._desk = Desk(packages, engines, settings)
        self._models = tuple(sorted((str(package.spec.task), package.spec.version) for package in packages))
        self._device = engines.device
        self._settings = settings
        self._clock = clock
        self.notices = notices
        """What is wrong with packages that are not used."""

    @property
    def models(self) -> tuple[tuple[str, str], ...]:
        """Task and version of every package."""
        return self._models

    @property
    def device(self) -> Device:
        """Where it was asked to compute."""
        return self._device

    def read(self, loaded: Loaded, place: Place, step: Step) -> Findings:
        """Read a study and write all its results."""
        record = record_of(loaded)
        self._desk.begin([one.volume for one in record.readable])
        told = _Told(list(record.problems), list(loaded.study.notes))
        told.timings.append(Timing("load", round(loaded.seconds, 3)))
        folder = StudyFolder.begin(place.folder)
        self._read_brains(record, loaded, place, folder, told, step)
        self._read_spines(record, folder, told, step)
        self._read_further(record, told, step)
        findings = self._findings(record, loaded, folder, told)
        step("write")
        folder.finish(findings)
        step("report")
        write_reports(place.folder, {one.id: one.volume for one in record.readable}, self._settings)
        return findings

    def _read_brains(
        self, record: Record, loaded: Loaded, place: Place, folder: StudyFolder, told: _Told, step: Step
    ) -> None:
        brains = record.of(Kind.BRAIN_FLAIR)
        earlier = self._earlier(loaded, place, told) if brains else None
        for one in brains:
            with self._attempt(one, told, step):
                answer = self._desk.read_brain(BrainGiven(one.id, one.volume, earlier))
                told.brain.append(answer.findings)
                folder.add_brain(answer)

    def _read_spines(self, record: Record, folder: StudyFolder, told: _Told, step: Step) -> None:
        reading: SagittalReading | None = None
        for one in record.of(Kind.SPINE_SAGITTAL):
            with self._attempt(one, told, step):
                answer = self._desk.read_sagittal(one.id, one.volume)
                told.sagittal.append(answer.findings)
                reading = reading or answer.reading
                folder.add_sagittal(answer)
        for stacks in _by_series(record.of(Kind.SPINE_AXIAL)):
            with self._attempt(stacks[0], told, step):
                ids, volumes = tuple(one.id for one in stacks), tuple(one.volume for one in stacks)
                axial = self._desk.read_axial(AxialGiven(ids, volumes, reading))
                told.axial.append(axial.findings)
                folder.add_axial(axial)

    def _read_further(self, record: Record, told: _Told, step: Step) -> None:
        for kind in map(Kind, further_words()):
            for one in record.of(kind):
                with self._attempt(one, told, step):
                    told.further.append(self._desk.read_further(kind, FurtherGiven(one.id, one.volume)))

    @contextmanager
    def _attempt(self, one: Readable, told: _Told, step: Step) -> Iterator[None]:
        """Read one scan; what prevents it becomes a problem of the study."""
        kind = one.volume.kind
        assert kind is not None  # it was chosen by its kind
        step(f"read {kind}")
        start = time.monotonic()
        try:
            yield
            told.kinds.add(kind)
        except Refused as refusal:
            told.problems.append(problem_of(refusal, refusal.reason, one.id))
        except BadModel as error:
            told.problems.append(problem_of(error, NO_MODEL, one.id))
        except EngineFailed as error:
            told.problems.append(problem_of(error, NO_ENGINE, one.id))
        told.timings.append(Timing(f"read {kind} {one.id}", round(time.monotonic() - start, 3)))

    def _earlier(self, loaded: Loaded, place: Place, told: _Told) -> Earlier | None:
        """Find the newest earlier study whose results can still be compared with."""
        for study in place.earlier:
            name = study.outputs[0].path.partition("/")[0] if study.outputs else study.study.key
            try:
                return load_earlier(place.output / name, loaded.study.facts.when)
            except Unreadable as error:
                told.notes.append(f"An earlier study could not be compared with. {error}")
        return None

    def _findings(self, record: Record, loaded: Loaded, folder: StudyFolder, told: _Told) -> Findings:
        study = loaded.study
        return Findings(
            format=FORMAT,
            version=VERSION,
            program=Program("outpost", __version__),
            made_at=self._clock(),
            study=study.key,
            source=shown(loaded.root.name or str(loaded.root)),
            outcome=told.outcome,
            patient=patient_of(study.patient),
            examination=examination_of(study.facts),
            series=record.series,
            problems=tuple(told.problems),
            notes=tuple(told.notes),
            brain=tuple(told.brain),
            spine_axial=tuple(told.axial),
            spine_sagittal=tuple(told.sagittal),
            disagreements=tuple(
                found
                for axial in told.axial
                for sagittal in told.sagittal[:1]
                for found in disagreements(axial, sagittal)
            ),
            models=self._desk.used(told.kinds),
            settings=_limits(self._settings),
            timings=tuple(told.timings),
            pictures=folder.pictures,
            outputs=folder.outputs,
            disclaimer=DISCLAIMER,
            further=tuple(told.further),
        )


def _by_series(stacks: tuple[Readable, ...]) -> list[list[Readable]]:
    series: dict[int, list[Readable]] = defaultdict(list)
    for one in stacks:
        series[one.group].append(one)
    return list(series.values())


def _limits(settings: Settings) -> dict[str, dict[str, int | float]]:
    return {
        "quality": asdict(settings.quality),
        "lesions": asdict(settings.lesions),
        "change": asdict(settings.change),
        "anomaly": asdict(settings.anomaly),
        "spine": asdict(settings.spine),
    }
