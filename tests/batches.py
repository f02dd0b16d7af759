"""Batches for tests: folders of tiny studies, a reader that takes milliseconds, and what a run left on the disk.

The simulated reader writes real findings and a file that depends on every voxel; it can fail, wait and tell.
"""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
from builders import flair_series, ramp

from appliance.atomic import write_whole
from appliance.findings.json_file import NAME, as_json
from appliance.findings.sources import examination_of, patient_of
from appliance.findings.study import DISCLAIMER, FORMAT, VERSION, Findings, Outcome, Program, Timing
from appliance.ledger import verify_ledger
from appliance.pipeline import Batch, run_batch
from appliance.pipeline.record import NOT_GOOD_ENOUGH, record_of
from appliance.sample.scan_spec import PatientSpec, StudySpec
from appliance.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from appliance.pipeline.events import Event
    from appliance.pipeline.reading import Loaded, Place, Step

MODELS = (("brain-lesions", "1.0.0"),)
STATE_OF_THE_RUN = {"outpost.lock", "ledger.sqlite3", "ledger.sqlite3-journal"}
"""What differs from run to run beside times: the record itself is judged by ``verify_ledger``."""
WITH_TIMES = {"batch.pdf", "batch.xlsx"}
"""Of the batch: they say when it was read, and are made anew at the end of each run."""


def clinic(folder: Path, studies: int = 3, *, slices: int = 5) -> Path:
    """Write so many visits of as many patients, no two alike."""
    for number in range(studies):
        a_visit(folder / f"visit {number}", number, slices=slices)
    return folder


def a_visit(folder: Path, number: int, *, slices: int = 5, date: str = "") -> list[Path]:
    return flair_series(
        folder,
        voxels=ramp((16, 12, slices), low=10 + number),
        patient=PatientSpec(f"Sample^Nobody{number}", f"S-{number}"),
        study=StudySpec(f"visit {number} {date}", date or f"2025{1 + number % 12:02}{1 + number % 27:02}"),
    )


@dataclass
class SimulatedReader:
    """Reads at once."""

    models: tuple[tuple[str, str], ...] = MODELS
    device: str = "cpu"
    notices: tuple[str, ...] = ()
    seconds: float = 0.0
    """Taken by every step."""
    seconds_a_voxel: float = 0.0
    size: int = 0
    """Bytes of an additional file."""
    at_read: Callable[[Loaded, Place], None] = lambda *_: None
    was_read: list[str] = field(default_factory=list)

    def read(self, loaded: Loaded, place: Place, step: Step) -> Findings:
        step("read brain-flair")
        self.at_read(loaded, place)
        self.was_read.append(loaded.study.key)
        digest = hashlib.sha256()
        for series in loaded.series:
            for checked in series.volumes:
                digest.update(np.ascontiguousarray(checked.volume.voxels).tobytes())
                time.sleep(self.seconds_a_voxel * checked.volume.voxels.size)
        time.sleep(self.seconds)
        write_whole(place.folder / "lesions.nii.gz", digest.digest() * 40)
        step("pictures")
        time.sleep(self.seconds)
        (place.folder / "large.bin").write_bytes(bytes(self.size))
        findings = findings_of(loaded)
        write_whole(place.folder / NAME, as_json(findings).encode())
        return findings


def findings_of(loaded: Loaded) -> Findings:
    """Find nothing; the tiny pictures are not judged."""
    record = record_of(loaded)
    problems = tuple(problem for problem in record.problems if problem.reason != NOT_GOOD_ENOUGH)
    study = loaded.study
    whole = Outcome.READ if not problems else Outcome.PARTLY
    return Findings(
        FORMAT, VERSION, Program("outpost", "0"), datetime.now(UTC), study.key, loaded.root.name,
        whole if any(series.volumes for series in loaded.series) else Outcome.REFUSED,
        patient_of(study.patient), examination_of(study.facts), record.series, problems, study.notes,
        (), (), (), (), (), {}, (Timing("read", time.monotonic()),), (), (), DISCLAIMER,
    )  # fmt: skip


@contextmanager
def opened(reader: SimulatedReader) -> Iterator[SimulatedReader]:
    yield reader


def batch(folder: Path, output: Path, **changes: object) -> Batch:
    return replace(Batch(folder, output, Settings(), operator="Amina"), **changes)


def run(folder: Path, output: Path, reader: SimulatedReader | None = None, **changes: object) -> list[Event]:
    """Read a folder to the end."""
    return list(run_batch(batch(folder, output, **changes), lambda: opened(reader or SimulatedReader())))


def told(events: list[Event], kind: type) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


def left_on_disk(output: Path) -> dict[str, bytes]:
    """Give every result, without the times in it."""
    files = {path.relative_to(output).as_posix(): path for path in sorted(output.rglob("*")) if path.is_file()}
    return {
        name: _without_times(path.read_bytes()) if path.name == NAME else path.read_bytes()
        for name, path in files.items()
        if name not in STATE_OF_THE_RUN | WITH_TIMES
    }


def _without_times(content: bytes) -> bytes:
    findings = json.loads(content)
    findings["made_at"] = findings["timings"] = None
    for model in findings["models"]:
        for engine in model["engines"]:
            engine["reason"] = None
    return json.dumps(findings, sort_keys=True).encode()


def assert_sound(output: Path) -> None:
    """The record holds, every result is as it was written, and nothing half-made lies about."""
    verdict = verify_ledger(output)
    assert verdict.sound, verdict.sentences
    assert [path.name for path in output.rglob(".*")] == []
