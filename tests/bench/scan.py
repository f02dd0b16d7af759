"""How long looking through a folder takes, how much memory, and how both grow with the number of files.

Run as ``python -m tests.bench.scan`` (the largest folder needs about 600 MB of disk for some minutes).
Each measurement is a process of its own, so that peak memory is that of one folder. Beside it runs the
plain way to read the same headers: ``pydicom.dcmread(stop_before_pixels=True)`` on every file. Seconds are
those of the processor, system calls included, so that other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

SIZES = (10, 1_000, 100_000)
FILES_PER_SERIES = 25
FILES_PER = {"SOPInstanceUID": 1, "SeriesInstanceUID": FILES_PER_SERIES, "StudyInstanceUID": 250}
PLACE = "12345.678"
"""The template's slice position, replaced by each file's own."""


@dataclass(frozen=True)
class Cost:
    """What one way of reading a folder cost."""

    seconds: float
    peak_mb: float


def main() -> None:
    options = _options()
    if options.measure:
        print(json.dumps(_measured(options.measure, Path(options.folder))))
        return
    print(f"{'files':>9} {'Outpost':>10} {'per file':>10} {'peak':>9} {'pydicom':>10} {'peak':>9}   growth")
    before: tuple[int, Cost] | None = None
    with tempfile.TemporaryDirectory(prefix="outpost-bench-") as parent:
        for files in options.sizes:
            folder = Path(parent) / str(files)
            make_folder(folder, files)
            ours, plain = _in_a_process("outpost", folder), _in_a_process("pydicom", folder)
            print(_line(files, ours, plain, before), flush=True)
            before = (files, ours)


def make_folder(folder: Path, files: int) -> None:
    """Fill one folder with small MR images, 25 to a series and 250 to a study, by patching a template's bytes."""
    folder.mkdir()
    template, uids = _template(folder.parent / "template")
    for number in range(files):
        data = template
        for kind, uid in uids.items():
            own = number // FILES_PER[kind]
            data = data.replace(uid, uid[:-7] + b"%07d" % own)
        data = data.replace(PLACE.encode(), b"%09.3f" % (number % FILES_PER_SERIES * 6))
        (folder / f"IM{number:07d}").write_bytes(data)


def _template(folder: Path) -> tuple[bytes, dict[str, bytes]]:
    import numpy as np  # noqa: PLC0415 - the measured process must not pay for what only makes the files
    import pydicom  # noqa: PLC0415 - the same

    from appliance.sample.dicom_writer import write_series  # noqa: PLC0415 - the same
    from appliance.sample.scan_spec import SeriesSpec  # noqa: PLC0415 - the same

    place = SeriesSpec(tags=(("ImagePositionPatient", ("-100.0", "-100.0", PLACE)),))
    (path,) = write_series(folder, np.ones((16, 12, 1), np.int16), np.diag([14.0, 14.0, 6.0, 1.0]), spec=place)
    header = pydicom.dcmread(path, stop_before_pixels=True)
    uids = {kind: str(header[kind].value).encode() for kind in FILES_PER}
    return path.read_bytes(), uids


def _in_a_process(way: str, folder: Path) -> Cost:
    command = [sys.executable, __file__, "--measure", way, "--folder", str(folder)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return Cost(**json.loads(answer.stdout))


def _measured(way: str, folder: Path) -> dict[str, float]:
    read = {"outpost": _read_with_outpost, "pydicom": _read_with_pydicom}[way]
    seconds = read(folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "peak_mb": peak / (1024 if sys.platform != "darwin" else 1024**2)}


def _read_with_outpost(folder: Path) -> float:
    from appliance.contracts import StudyFound  # noqa: PLC0415 - only one of the two is paid for
    from appliance.settings import Settings  # noqa: PLC0415 - the same
    from appliance.studies import find_studies  # noqa: PLC0415 - the same

    start = time.process_time()
    filed = 0
    for event in find_studies(folder, Settings()):
        if isinstance(event, StudyFound):
            filed += sum(len(series.sources) for series in event.study.series)
    seconds = time.process_time() - start
    if filed != sum(1 for _ in folder.iterdir()):
        sys.exit(f"only {filed} files were filed")
    return seconds


def _read_with_pydicom(folder: Path) -> float:
    import pydicom  # noqa: PLC0415 - only one of the two is paid for

    start = time.process_time()
    for path in sorted(folder.iterdir()):
        pydicom.dcmread(path, stop_before_pixels=True)
    return time.process_time() - start


def _line(files: int, ours: Cost, plain: Cost, before: tuple[int, Cost] | None) -> str:
    growth = ""
    if before is not None:
        more_files, more_time = files / before[0], ours.seconds / before[1].seconds
        extra_bytes = (ours.peak_mb - before[1].peak_mb) * 1024**2 / (files - before[0])
        growth = f"{more_files:,.0f}× the files, {more_time:,.1f}× the time, {extra_bytes:,.0f} bytes a file"
    return (
        f"{files:>9,} {ours.seconds:>8.2f} s {ours.seconds / files * 1e6:>7.0f} µs {ours.peak_mb:>6.0f} MB "
        f"{plain.seconds:>8.2f} s {plain.peak_mb:>6.0f} MB   {growth}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="how many files to make")
    parser.add_argument("--measure", choices=["outpost", "pydicom"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
