"""A real PACS on loopback takes the objects and gives them back."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.error import URLError

import pydicom
import pytest
from answered_study import answered_brain
from pydicom.filebase import DicomBytesIO

from appliance.findings.json_file import read_findings
from appliance.report.files import objects_of
from appliance.settings import Clinic
from appliance.workplace.doctors import enrol
from appliance.workplace.reviewing import digest_of, draft_of
from appliance.workplace.signing import Signature, sign

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READY_S = 60


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _asked(url: str, data: bytes | None = None) -> bytes:
    with urllib.request.urlopen(url, data, timeout=20) as answer:  # noqa: S310 - loopback
        return bytes(answer.read())


@contextmanager
def _orthanc(folder: Path) -> Iterator[str]:
    program = shutil.which("Orthanc")
    assert program, "install Debian's orthanc"
    http = _free_port()
    settings = {
        "StorageDirectory": str(folder / "store"),
        "IndexDirectory": str(folder / "store"),
        "HttpPort": http,
        "DicomServerEnabled": False,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "Plugins": [],
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    server = subprocess.Popen(
        [program, str(folder / "orthanc.json")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield _when_ready(f"http://127.0.0.1:{http}", server)
    finally:
        server.terminate()
        server.wait(30)


def _when_ready(url: str, server: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + READY_S
    while time.monotonic() < end and server.poll() is None:
        try:
            _asked(f"{url}/system")
        except (URLError, ConnectionError):
            time.sleep(0.2)
        else:
            return url
    raise AssertionError("Orthanc did not start")


def _signed(folder: Path) -> list[Path]:
    """Let a doctor sign, and give what is new for the PACS."""
    doctors = folder.parent.parent / "doctors.json"
    enrol(doctors, "دکتر رحیمی", "2468")
    findings = read_findings(folder / "findings.json")
    signature = Signature("دکتر رحیمی", "2468")
    sign(folder, findings.study, draft_of(findings), digest_of(folder), signature, Clinic(), doctors)
    return [path for path in objects_of(folder) if "-signed-" in path.stem]


@pytest.mark.slow
def test_orthanc_files_every_object_in_the_study_and_gives_it_back(tmp_path: Path) -> None:
    answered = answered_brain(tmp_path)
    scans = sorted(path for path in answered.scans.rglob("*") if path.is_file())
    files = (*answered.files, *_signed(answered.files[0].parent.parent))
    with _orthanc(tmp_path) as url:
        for path in (*scans, *files):
            told = json.loads(_asked(f"{url}/instances", path.read_bytes()))
            assert told["Status"] == "Success", path.name
        (study,) = json.loads(_asked(f"{url}/studies"))
        series = json.loads(_asked(f"{url}/studies/{study}/series"))
        assert sorted(each["MainDicomTags"]["Modality"] for each in series) == [
            "DOC",
            "DOC",
            "MR",
            "OT",
            "SEG",
            "SR",
            "SR",
        ]
        back = {bytes(_asked(f"{url}/instances/{instance}/file")) for each in series for instance in each["Instances"]}
    sent = {pydicom.dcmread(path).SOPInstanceUID: path for path in files}
    came = {(data := pydicom.dcmread(DicomBytesIO(raw))).SOPInstanceUID: data for raw in back}
    for uid, path in sent.items():
        assert came[uid] == pydicom.dcmread(path), path.name
