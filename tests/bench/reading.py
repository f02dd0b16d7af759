"""How long reading studies takes, how much memory, how both grow, and how long it takes to begin.

Run as ``python -m tests.bench.reading`` (a few minutes; ``--long`` adds a batch of 1,000). Each measurement is a
process of its own, so that peak memory is that of one batch. Studies are heads of the sample clinic with the models
that ship, read without reading ahead; two times are told of each: until findings, masks and pictures are written,
and until the DICOM objects and the PDF are there too. “Warm” is the median of all studies but the first, which also
opens the models. Beside it runs the lesion network's teacher in PyTorch, on the same number of slices in the same
run, because a busy machine slows both. Growth is that of batches of tiny studies that no model looks at: what the
pipeline itself costs.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from appliance.pipeline.events import Event

REPOSITORY = Path(__file__).resolve().parents[2]
THICK_SLICES, FINE_SLICES = 20, 180
TINY = (1, 10, 100)
MANY = 1000
WARM_STUDIES = 5
LAST_STEP = "report"
"""Begins when all other results are written."""


def main() -> None:
    options = _options()
    if options.measure:
        print(json.dumps(MEASURES[options.measure](Path(options.folder), options.number)))
        return
    with tempfile.TemporaryDirectory(prefix="outpost-bench-") as place:
        _report(Path(place), TINY + ((MANY,) if options.long else ()))


def _report(place: Path, sizes: tuple[int, ...]) -> None:
    version = _seconds_of(["--version"])
    print(f"outpost --version: {version:.2f} s (Python alone: {_python_alone():.2f} s)")
    print(f"outpost run, first event: {_first_event(place):.2f} s")
    for name, number in (("thick", WARM_STUDIES), ("fine", 3)):
        told = _in_a_process(name, place / name, number)
        print(_line(THICK_SLICES if name == "thick" else FINE_SLICES, told), flush=True)
    ours, teacher = _in_a_process("student", place, THICK_SLICES), _in_a_process("teacher", place, THICK_SLICES)
    ratio = teacher["seconds"] / ours["seconds"]
    print(f"lesion step, {THICK_SLICES} slices: {ours['seconds']:.3f} s", end="; ")
    print(f"teacher in PyTorch {teacher['seconds']:.3f} s: {ratio:.1f}×")
    fewer, before = 0, 0.0
    for number in sizes:
        told = _in_a_process("tiny", place / f"tiny {number}", number)
        each = 1000 * (told["seconds"] - before) / (number - fewer)
        growth = f", {each:.1f} ms for each further one" if fewer else ""
        print(f"{number:>5} tiny studies: {told['seconds']:7.2f} s of processor, peak {told['peak_mb']:.0f} MB{growth}")
        fewer, before = number, told["seconds"]


def _line(slices: int, told: dict[str, float]) -> str:
    return (
        f"{slices:>4} slices, warm: {told['results']:6.2f} s to findings, masks and pictures "
        f"({told['results_cpu']:.2f} s of processor), {told['whole']:6.2f} s with DICOM objects and PDF "
        f"({told['whole_cpu']:.2f} s); first study {told['first']:.1f} s, peak {told['peak_mb']:.0f} MB"
    )


def _in_a_process(name: str, folder: Path, number: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--measure", name, "--folder", str(folder), "--number", str(number)]
    env = {**os.environ, "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{REPOSITORY / 'tests'}"}
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    measured: dict[str, float] = json.loads(answer.stdout)
    return measured


def _batch_of_heads(folder: Path, number: int) -> dict[str, float]:
    """Make the scans in another process: the memory that this takes is not the reader's."""
    command = [sys.executable, __file__, "--measure", f"make {folder.name}", "--folder", str(folder)]
    subprocess.run([*command, "--number", str(number)], check=True, capture_output=True)
    from appliance.engine.choice import Device  # noqa: PLC0415 - the same
    from appliance.models.slots import FACTORY  # noqa: PLC0415 - the process that reports must not pay for it
    from appliance.pipeline import Batch, run_batch  # noqa: PLC0415 - the same
    from appliance.pipeline.opening import open_packages  # noqa: PLC0415 - the same
    from appliance.settings import Settings  # noqa: PLC0415 - the same

    settings = Settings()
    settings = replace(settings, computing=replace(settings.computing, read_ahead_bytes=0))
    batch = Batch(folder / "scans", folder / "results", settings)
    times = list(times_of(run_batch(batch, lambda: open_packages(FACTORY, settings, Device.CPU))))
    warm = {name: statistics.median(getattr(each, name) for each in times[1:]) for name in Times.__slots__}
    return {**warm, "first": times[0].whole, "peak_mb": _peak_mb()}


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds from the end of the study before: of the clock, and of the processor."""

    results: float
    results_cpu: float
    whole: float
    whole_cpu: float


def times_of(events: Iterable[Event]) -> Iterator[Times]:
    """Time each study of a batch, or end the program if one was not read."""
    from appliance.pipeline.events import StudyEnded, StudyStep  # noqa: PLC0415 - only the measured process has it

    began = reported = _clocks()
    for event in events:
        if isinstance(event, StudyStep) and event.step == LAST_STEP:
            reported = _clocks()
        if isinstance(event, StudyEnded):
            if event.ending != "read":
                sys.exit(event.sentence)
            ended = _clocks()
            yield Times(reported[0] - began[0], reported[1] - began[1], ended[0] - began[0], ended[1] - began[1])
            began = ended


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _make(folder: Path, number: int, *, fine: bool) -> dict[str, float]:
    from appliance.sample.brain_scan import draw_head, fine_grid, scan_brain, thick_grid  # noqa: PLC0415 - see above
    from appliance.sample.dicom_writer import write_series  # noqa: PLC0415 - the same
    from appliance.sample.scan_spec import PatientSpec, Protocol, SeriesSpec, StudySpec  # noqa: PLC0415 - the same

    position = fine_grid(1) if fine else thick_grid(1, depths=1)
    protocol = Protocol.BRAIN_FLAIR_3D if fine else Protocol.BRAIN_FLAIR
    scan = scan_brain(draw_head(1, lesions=20, total_ml=10.0), position, seed=1, protocol=protocol)
    for each in range(number):
        spec = SeriesSpec(protocol, patient=PatientSpec(patient_id=f"S-{each}"), study=StudySpec(f"bench {each}"))
        write_series(folder / "scans" / str(each), scan.voxels, scan.affine, spec=spec)
    return {}


def _batch_of_tiny_studies(folder: Path, number: int) -> dict[str, float]:
    from batches import SimulatedReader, clinic, run  # noqa: PLC0415 - only this process needs it

    scans = clinic(folder / "scans", number)
    start = time.process_time()
    run(scans, folder / "results", SimulatedReader())
    return {"seconds": time.process_time() - start, "peak_mb": _peak_mb()}


def _student(_folder: Path, slices: int) -> dict[str, float]:
    import numpy as np  # noqa: PLC0415 - only one of the two is paid for

    from appliance.engine.choice import Device  # noqa: PLC0415 - the same
    from appliance.engine.engines import Engines  # noqa: PLC0415 - the same
    from appliance.engine.runner import Runner  # noqa: PLC0415 - the same
    from appliance.models import load_shelf, network_of  # noqa: PLC0415 - the same
    from appliance.models.slots import FACTORY  # noqa: PLC0415 - the same
    from appliance.settings import Settings  # noqa: PLC0415 - the same

    settings = Settings()
    packages, _ = load_shelf(FACTORY, settings.limits)
    package = next(package for package in packages if package.spec.task == "brain-lesions")
    with Engines(settings.computing, Device.CPU) as engines:
        runner = Runner(engines, network_of(package, "lesions"))
        _, *shape = package.spec.networks["lesions"].input.shape
        images = np.random.default_rng(1).random((slices, *(int(size or 0) for size in shape)), dtype=np.float32)
        return {"seconds": _quickest(lambda: runner.run(images))}


def _teacher(_folder: Path, slices: int) -> dict[str, float]:
    import torch  # noqa: PLC0415 - only one of the two is paid for

    from training.networks.registry import NetworkSpec, build  # noqa: PLC0415 - the same

    torch.set_num_threads(os.cpu_count() or 1)
    network = build(NetworkSpec()).eval()
    image = torch.rand(slices, 3, 224, 192)
    with torch.inference_mode():
        return {"seconds": _quickest(lambda: [network(part) for part in image.split(4)])}


def _quickest(task: object, times: int = 5) -> float:
    assert callable(task)
    took = []
    for _ in range(times):
        start = time.perf_counter()
        task()
        took.append(time.perf_counter() - start)
    return min(took)


def _seconds_of(arguments: list[str]) -> float:
    command = [sys.executable, "-m", "appliance", *arguments]
    return _quickest(lambda: subprocess.run(command, check=True, capture_output=True, cwd=REPOSITORY))


def _first_event(place: Path) -> float:
    (place / "empty").mkdir()
    command = [sys.executable, "-m", "appliance", "run", str(place / "empty"), "-o", str(place / "out"), "--json"]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPOSITORY) as process:
        assert process.stdout is not None
        process.stdout.readline()
        seconds = time.perf_counter() - start
        process.stdout.read()
    return seconds


def _python_alone() -> float:
    return _quickest(lambda: subprocess.run([sys.executable, "-c", ""], check=True))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


MEASURES = {
    "thick": _batch_of_heads,
    "fine": _batch_of_heads,
    "make thick": lambda folder, number: _make(folder, number, fine=False),
    "make fine": lambda folder, number: _make(folder, number, fine=True),
    "tiny": _batch_of_tiny_studies,
    "student": _student,
    "teacher": _teacher,
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="also a batch of 1,000 tiny studies")
    parser.add_argument("--measure", choices=sorted(MEASURES), help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
