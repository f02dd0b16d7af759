"""What is compared: ways to get from a FLAIR in memory to its lesion mask on the scan's own grid.

Outpost, its teacher in PyTorch and ONNX Runtime differ in nothing but what runs the networks; the nnU-Net-style ones
are in ``torch_contenders``. A runtime is loaded only by the process that measures it: its memory is part of the figure.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.engine.choice import Device
from appliance.engine.engines import Engines
from appliance.models import load_shelf
from appliance.models.probabilities import probabilities
from appliance.models.slots import FACTORY
from appliance.models.spec import Role
from appliance.readers.lesions import LesionReader
from appliance.readers.model import Model
from appliance.settings import Settings
from tests.bench.record import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from appliance.contracts import Volume
    from appliance.engine.network import Floats
    from appliance.models.package import ModelPackage
    from appliance.models.spec import PreparedAs

    Run = Callable[[Floats], Floats]

THREADS = 2
REPEATS = 2
"""After a first one that also opens the networks."""
OUTPOST, TEACHER, ONNX, NN2D, NN3D = "outpost", "teacher", "onnx-fp32", "nnunet-2d", "nnunet-3d"
CHECKPOINTS = REPOSITORY / "training" / "checkpoints"
TEACHERS = {"brain": CHECKPOINTS / "brain.safetensors", "lesions": CHECKPOINTS / "teacher.safetensors"}


@dataclass(frozen=True, slots=True)
class Cost:
    """What one study took."""

    seconds: float
    processor_s: float
    disk_mb: float
    passes: tuple[int, int] | None = None
    """How many passes of the network were timed, of how many that a study takes."""


def cost_of(contender: str, volume: Volume, passes: int | None = None) -> Cost:
    """Take the mean of a few studies; ``passes`` bounds those of the networks that take minutes."""
    if contender in {NN2D, NN3D}:
        from tests.bench.torch_contenders import sliding_cost  # noqa: PLC0415 - see the module's docstring

        return sliding_cost(volume, passes, flat=contender == NN2D)
    package = next(one for one in load_shelf(FACTORY, Settings().limits)[0] if one.spec.task == "brain-lesions")
    with Engines(Settings().computing, Device.CPU) as engines:
        model, files = _model(contender, package, engines)
        reader = LesionReader(model, Settings().lesions)
        reader.read(volume)
        took = [timed(lambda: reader.read(volume)) for _ in range(REPEATS)]
    seconds, processor = (statistics.mean(each) for each in zip(*took, strict=True))
    return Cost(seconds, processor, sum(path.stat().st_size for path in files) / 1e6)


class Swapped(Model):
    """A package's networks, run by something else."""

    def __init__(self, package: ModelPackage, engines: Engines, runs: dict[str, Run]) -> None:
        super().__init__(package, engines)
        self._runs = runs

    def answer(self, prepared_as: PreparedAs, images: Floats) -> Floats:
        """Return probabilities from the runtime that stands in."""
        name, network = self._named(prepared_as)
        return probabilities(self._runs[name](images), network.outputs[0], self.spec.calibration)


def _model(contender: str, package: ModelPackage, engines: Engines) -> tuple[Model, list[Path]]:
    networks = package.spec.networks
    if contender == OUTPOST:
        return Model(package, engines), _files(package, Role.CPU_INT8)
    if contender == ONNX:
        runs = {name: _onnx(package.contents[networks[name].graphs[Role.CPU_FP32]]) for name in networks}
        return Swapped(package, engines, runs), _files(package, Role.CPU_FP32)
    from tests.bench.torch_contenders import teacher_run  # noqa: PLC0415 - see the module's docstring

    return Swapped(package, engines, {name: teacher_run(TEACHERS[name]) for name in networks}), list(TEACHERS.values())


def _files(package: ModelPackage, role: Role) -> list[Path]:
    return [package.folder / network.graphs[role] for network in package.spec.networks.values()]


def _onnx(content: bytes) -> Run:
    import onnxruntime  # noqa: PLC0415 - see the module's docstring

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    return lambda images: session.run(None, {given.name: images})[0]


def timed(task: Callable[[], object]) -> tuple[float, float]:
    """Say how long something took: by the clock, and by the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    task()
    return time.perf_counter() - clock, time.process_time() - processor
