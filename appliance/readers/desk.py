"""Everything that the installed packages can read, behind one door.

    desk = Desk(packages, engines, settings)
    answer = desk.read_brain(BrainGiven("1", volume, earlier))
    sagittal = desk.read_sagittal("2", volume)
    axial = desk.read_axial(AxialGiven(("3", "4"), volumes, sagittal.reading))

Each answer holds the record for ``findings.json`` and what it can be drawn and written from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from appliance.contracts import Kind
from appliance.errors import BadModel
from appliance.further import reading_of
from appliance.heap import give_back_free_pages
from appliance.models.spec import PreparedAs, Task
from appliance.readers.brain import BrainReader
from appliance.readers.model import Model
from appliance.readers.protocol import read_with
from appliance.readers.relevance import explain_canal, explained
from appliance.readers.spine_axial import AxialReader
from appliance.readers.spine_record import axial_findings, sagittal_findings
from appliance.readers.spine_sagittal import SagittalReader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from appliance.contracts import Volume
    from appliance.engine.engines import Engines
    from appliance.findings import AxialFindings, SagittalFindings
    from appliance.findings.further import FurtherFindings
    from appliance.findings.study import ModelUsed
    from appliance.models.package import ModelPackage
    from appliance.preprocess import Floats
    from appliance.readers.brain import BrainAnswer, BrainGiven
    from appliance.readers.further import FurtherGiven
    from appliance.readers.spine_axial import AxialGiven, AxialReading
    from appliance.readers.spine_sagittal import SagittalReading
    from appliance.settings import Settings

TASKS = {
    Kind.BRAIN_FLAIR: (Task.BRAIN_LESIONS, Task.BRAIN_ANOMALY),
    Kind.SPINE_AXIAL: (Task.SPINE_AXIAL,),
    Kind.SPINE_SAGITTAL: (Task.SPINE_SAGITTAL,),
}
"""Which packages each kind of scan is read with: it cannot be read without the first. A further one has its own."""


LARGE_VOXELS = 4_000_000
"""A scan with more is read with nothing open that it does not need: a 1 mm head has eleven million, a thick one two."""


@dataclass(frozen=True, slots=True, eq=False)
class SagittalAnswer:
    """What is said about one sagittal series."""

    findings: SagittalFindings
    reading: SagittalReading


@dataclass(frozen=True, slots=True, eq=False)
class AxialAnswer:
    """What is said about one axial series."""

    findings: AxialFindings
    reading: AxialReading
    relevance: Floats | None
    """Of the narrowest level's crop, ``[row, column]``: what counted for the canal's grade."""


class Desk:
    """Reads whatever there is a package for."""

    def __init__(self, packages: Iterable[ModelPackage], engines: Engines, settings: Settings) -> None:
        self._models = {package.spec.task: Model(package, engines) for package in packages}
        self._settings = settings
        self._large = False

    def can_read(self, kind: Kind) -> bool:
        """Say whether a package for this kind is installed."""
        return _tasks_of(kind)[0] in self._models

    def begin(self, volumes: Collection[Volume]) -> None:
        """Turn to the next study; a large one gets the room of the networks that it does not need."""
        needed = {task for volume in volumes if volume.kind for task in _tasks_of(volume.kind)}
        self._large = large = any(volume.voxels.size > LARGE_VOXELS for volume in volumes)
        for task, model in self._models.items():
            if large and task not in needed:
                model.close()
                continue
            model.begin()
            if large:
                model.fold_explainers()
        if large:
            give_back_free_pages()

    def used(self, kinds: Iterable[Kind]) -> tuple[ModelUsed, ...]:
        """Say which models took part in reading these kinds, and where they ran."""
        tasks = {task for kind in kinds for task in _tasks_of(kind)}
        return tuple(model.used for task, model in sorted(self._models.items()) if task in tasks)

    def read_brain(self, given: BrainGiven) -> BrainAnswer:
        """Read a FLAIR."""
        anomaly = self._models.get(Task.BRAIN_ANOMALY)
        answer = read_with(BrainReader(self._model(Kind.BRAIN_FLAIR), anomaly, self._settings), given)
        self._rest()
        return answer

    def read_sagittal(self, series: str, volume: Volume) -> SagittalAnswer:
        """Read a sagittal series of the spine."""
        reading = read_with(SagittalReader(self._model(Kind.SPINE_SAGITTAL)), volume)
        self._rest()
        return SagittalAnswer(sagittal_findings(series, reading, self._settings.spine), reading)

    def read_axial(self, given: AxialGiven) -> AxialAnswer:
        """Read axial slices of the spine."""
        model = self._model(Kind.SPINE_AXIAL)
        reading = read_with(AxialReader(model), given)
        explains = model.explains(PreparedAs.SPINE_AXIAL_CROP)
        relevance, notes = explained(lambda: explain_canal(model, reading) if explains else None)
        findings = axial_findings(reading, self._settings.spine)
        self._rest()
        return AxialAnswer(replace(findings, notes=(*findings.notes, *notes)), reading, relevance)

    def read_further(self, kind: Kind, given: FurtherGiven) -> FurtherFindings:
        """Read a scan with the reading that brought its kind."""
        findings: FurtherFindings = reading_of(kind.value).read(self._model(kind), given)
        self._rest()
        return findings

    def _rest(self) -> None:
        for model in self._models.values():
            model.rest()
            if self._large:
                model.fold_explainers()
        give_back_free_pages()

    def _model(self, kind: Kind) -> Model:
        task = _tasks_of(kind)[0]
        model = self._models.get(task)
        if model is None:
            raise BadModel(
                f"No model package for {task} is installed, so this kind of scan cannot be read.",
                advice="Install the program or its last update again; “outpost doctor” lists what is there.",
            )
        return model


def _tasks_of(kind: Kind) -> tuple[Task, ...]:
    return (Task(kind.value),) if kind.is_further else TASKS[kind]
