"""A program for the tests: read each file named on the command line, and say what it cost.

Prints a line of JSON for each: why it was refused (or ``read``), the seconds of work, and the largest memory so
far above what the libraries take. Its address space is limited, so that a mistake here cannot take the machine.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from reading import as_series

from appliance.contracts import FileFormat, PatientFacts, Study, StudyFacts
from appliance.decoding.process import DECODER
from appliance.errors import Refused
from appliance.settings import Settings
from appliance.volumes import read_volumes

MOST_ADDRESS_SPACE = 6 << 30


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESS_SPACE, MOST_ADDRESS_SPACE))
    start_mib = peak_mib()
    for name in sys.argv[1:]:
        path = Path(name)
        file_format = FileFormat.NIFTI if ".nii" in path.name else FileFormat.DICOM
        began = time.process_time()
        verdict = attempt(path, file_format)
        seconds = time.process_time() - began
        print(json.dumps({"file": path.name, "verdict": verdict, "s": seconds, "mib": peak_mib() - start_mib}))
    DECODER.close()


def attempt(path: Path, file_format: FileFormat) -> str:
    study = Study("key", PatientFacts(), StudyFacts(), ())
    try:
        read_volumes(study, as_series([path], file_format=file_format), Settings())
    except Refused as refused:
        return str(refused.reason)
    return "read"


def peak_mib() -> float:
    """Linux's own figure: the usual one counts the memory of the program that started this one."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
