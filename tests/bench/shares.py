"""What a study's time goes to, on the real pipeline, and how near the networks come to what the processor can do.

Run as ``python -m tests.bench.shares`` (some minutes); it keeps ``docs/bench/shares.json`` and writes the tables of
``docs/speed.md``. Studies are heads of the sample clinic, read one after the other without reading ahead, so that
every part has the machine to itself; the first study, which also opens the models, does not count.

``--before FOLDER`` measures an older version beside this one in the same run (``git archive`` makes such a folder;
it brings its own ``tests/bench/shares.py``) and keeps ``docs/bench/faster-DAY.json``: a step to be shown beside the
earlier ones.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.bench.floor import int8_peak, macs_of
from tests.bench.record import RECORDS, REPOSITORY, machine, write_record
from tests.bench.speed_page import STEPS, write_speed_page
from tests.bench.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = {"thick": ("20 slices", 4), "fine": ("1 mm, 172 slices", 3)}
INFERENCE, RELEVANCE, REST = "inference", "relevance map", "everything else"
LESIONS, BRAIN, ANOMALY = (f"appliance.readers.{name}:" for name in ("lesions", "brain", "anomaly"))
LOADING, FOLDER = "appliance.pipeline.loading:", "appliance.results.study_folder:"
PARTS = {
    "decoding": (f"{LOADING}read_volumes", f"{LOADING}fingerprint_of"),
    "quality gate": (f"{LOADING}check_quality",),
    "pre-processing": (
        *(
            LESIONS + name
            for name in ("canonical", "prepare_head", "prepare_brain", "brain_from", "to_stack", "uncanonical")
        ),
        *(ANOMALY + name for name in ("into_matrix", "places", "prepare_brain", "to_stack", "worn_by_px")),
        "appliance.preprocess:Prepared.batch",
        "appliance.readers.model:probabilities",
    ),
    INFERENCE: ("appliance.engine.runner:Runner.run",),
    RELEVANCE: (f"{BRAIN}explain_lesion",),
    "measuring": (
        *(LESIONS + name for name in ("without_small", "measure_lesions", "in_255ths")),
        *(ANOMALY + name for name in ("find_unexplained", "in_255ths")),
        *(BRAIN + name for name in ("align", "compare_lesions", "study_of", "brain_findings", "question_about")),
    ),
    "pictures": (
        f"{FOLDER}_packed",
        *(f"appliance.pictures.brain:{name}" for name in ("_marked", "_relevance", "_change")),
    ),
    "files and ledger": (
        *(
            FOLDER + name
            for name in ("mask_file", "map_file", "follow_up_file", "StudyFolder._put_file", "StudyFolder.finish")
        ),
        "appliance.pipeline.one:put_in_place",
        "appliance.pipeline.one:OneStudy._told",
    ),
    "DICOM objects": ("appliance.report.written:write_answers", "appliance.report.written:write_document"),
    "PDF": ("appliance.report.written:make_pdf",),
}


def main() -> None:
    """Measure both kinds of study, keep what was measured and write the page."""
    options = _options()
    if options.kind:
        print(json.dumps(shares_of(Path(options.folder), KINDS[options.kind][1])))
        return
    if not options.table:
        _measure(None if options.before is None else Path(options.before), options.since)
    write_speed_page(REPOSITORY / "docs" / "speed.md", RECORDS)


def _measure(before: Path | None, since: str) -> None:
    began = machine()
    now: dict[str, Any] = {}
    then: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="outpost-shares-") as place:
        for kind, (name, number) in KINDS.items():
            folder = Path(place) / kind
            _make(kind, folder, number)
            if before is None:
                now[name] = _apart(kind, folder, REPOSITORY)
            else:
                now[name], then[name] = _by_turns(kind, folder, before)
    write_record("shares", began, {"studies": now})
    if before is not None:
        write_record(f"{STEPS}-{began['measured_on']}", began, {"since": since, "before": then, "after": now})


def shares_of(folder: Path, number: int) -> dict[str, Any]:
    """Read a folder of scans, and say what the median study's seconds went to."""
    from appliance.engine.choice import Device  # noqa: PLC0415 - the process that reports must not pay for it
    from appliance.models.slots import FACTORY  # noqa: PLC0415 - the same
    from appliance.pipeline import Batch, run_batch  # noqa: PLC0415 - the same
    from appliance.pipeline.events import StudyEnded  # noqa: PLC0415 - the same
    from appliance.pipeline.opening import open_packages  # noqa: PLC0415 - the same
    from appliance.settings import Settings  # noqa: PLC0415 - the same

    settings = Settings()
    settings = replace(settings, computing=replace(settings.computing, read_ahead_bytes=0))
    with tempfile.TemporaryDirectory(dir=folder) as results:
        batch = Batch(folder / "scans", Path(results), settings)
        slices = _count_slices()
        watch = Stopwatch(opaque=frozenset({RELEVANCE}))
        watch.watch(PARTS)
        _one_after_another()
        studies: list[dict[str, dict[str, float]]] = []
        mark = (time.perf_counter(), time.process_time())
        for event in run_batch(batch, lambda: open_packages(FACTORY, settings, Device.CPU)):
            if isinstance(event, StudyEnded):
                if event.ending != "read":
                    sys.exit(event.sentence)
                now = (time.perf_counter(), time.process_time())
                studies.append(_parts(watch, now[0] - mark[0], now[1] - mark[1]))
                mark = now
                watch.start_again()
    if len(studies) != number:
        sys.exit(f"{len(studies)} of {number} studies were read")
    return {"parts": medians_of(studies[1:]), **_floor(slices, number)}


class Inline:
    """Does at once what would be done beside: two parts at a time would each count the other's seconds too."""

    def __init__(self, **_: object) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, task: Callable[..., Any], *given: Any) -> Future[Any]:  # noqa: ANN401 - whatever the task takes
        """Do it now."""
        done: Future[Any] = Future()
        done.set_result(task(*given))
        return done


def _one_after_another() -> None:
    from appliance.readers import brain, in_parts  # noqa: PLC0415 - see above
    from appliance.results import study_folder  # noqa: PLC0415 - see above

    for module in (brain, in_parts, study_folder):
        module.ThreadPoolExecutor = Inline  # type: ignore[attr-defined]


def _count_slices() -> Counter[tuple[str, bytes]]:
    """Count the slices that each network is given."""
    from appliance.engine.runner import Runner  # noqa: PLC0415 - see above

    given: Counter[tuple[str, bytes]] = Counter()
    run = Runner.run

    def counted(self: Runner, *inputs: Any) -> Any:  # noqa: ANN401 - arrays in, arrays out
        network = self._network
        given[network.name, network.cpu[0].content] += len(inputs[0])
        return run(self, *inputs)

    Runner.run = counted  # type: ignore[method-assign]
    return given


def _floor(slices: Counter[tuple[str, bytes]], studies: int) -> dict[str, Any]:
    """Compare the networks with the processor's peak; the graph that explains is a part of its own."""
    networks = {
        name: {"slices": round(count / studies), "gmacs_a_slice": macs_of(content) / 1e9}
        for (name, content), count in slices.items()
        if "explain" not in name
    }
    peak = int8_peak() / 1e9
    gmacs = sum(network["slices"] * network["gmacs_a_slice"] for network in networks.values())
    return {"networks": networks, "int8_peak_gmacs_a_core": peak, "inference_floor_s": gmacs / peak}


def _parts(watch: Stopwatch, wall: float, processor: float) -> dict[str, dict[str, float]]:
    parts = {name: {"wall": watch.wall[name], "processor": watch.processor[name]} for name in PARTS}
    known = {clock: sum(part[clock] for part in parts.values()) for clock in ("wall", "processor")}
    parts[REST] = {"wall": wall - known["wall"], "processor": processor - known["processor"]}
    return parts


def medians_of(studies: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Take each part's median study."""
    return {
        name: {clock: statistics.median(study[name][clock] for study in studies) for clock in ("wall", "processor")}
        for name in studies[0]
    }


def _make(kind: str, folder: Path, number: int) -> None:
    making = [sys.executable, str(REPOSITORY / "tests" / "bench" / "reading.py"), "--measure", f"make {kind}"]
    subprocess.run(
        [*making, "--folder", str(folder), "--number", str(number)],
        check=True,
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
    )


def _apart(kind: str, folder: Path, tree: Path) -> dict[str, Any]:
    """Measure in a process of its own, with the program of one tree."""
    command = [sys.executable, "-m", "tests.bench.shares", "--kind", kind, "--folder", str(folder)]
    env = {**os.environ, "PYTHONPATH": str(tree)}
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=tree, env=env)
    measured: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    whole = sum(part["processor"] for part in measured["parts"].values())
    print(f"{KINDS[kind][0]}, {'now' if tree == REPOSITORY else 'before'}: {whole:.2f} s of processor", flush=True)
    return measured


def _by_turns(kind: str, folder: Path, before: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Measure this version and an older one twice each, so that a machine that slows down slows both."""
    first, *older = (_apart(kind, folder, tree) for tree in (REPOSITORY, before, before))
    return together([first, _apart(kind, folder, REPOSITORY)]), together(older)


def together(measured: list[dict[str, Any]]) -> dict[str, Any]:
    """Take the parts of several measurements together; of all else the first one tells."""
    return {**measured[0], "parts": medians_of([each["parts"] for each in measured])}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", action="store_true", help="measure nothing; write the page from what is kept")
    parser.add_argument("--before", help="the folder of an older version, to be measured in the same run")
    parser.add_argument("--since", default="", help="what the older version is called on the page")
    parser.add_argument("--kind", choices=sorted(KINDS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
