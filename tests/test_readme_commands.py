"""Every command that the README tells a clinic is run as it stands there, one after the other, on one small clinic.

A line that is new there fails here until it is run too.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from appliance import seal
from appliance.findings import read_findings
from appliance.models.slots import FACTORY
from appliance.report.code import code_of
from appliance.sample.clinic import make_clinic
from appliance.sample.clinic_visits import a_lost_slice, a_narrow_spine, a_restless_patient

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

APP = "outpost"
"""Needs a terminal: the pilot's days (``test_tui_day.py``) go through it."""
PATIENCE_S = 1200
FINE, REFUSED = 0, 1


class Told(NamedTuple):
    """What a command must end with, and what it must say or leave."""

    code: int
    says: str
    leaves: str = ""


TO_COME = {
    "outpost run FOLDER -o OUT": Told(REFUSED, "missing", "OUT/summary.csv"),
    "outpost list FOLDER": Told(FINE, "brain-flair"),
    "outpost report OUT": Told(FINE, "batch.pdf", "OUT/batch.pdf"),
    "outpost report OUT/STUDY --dicom FOLDER": Told(FINE, "dicom", "OUT/STUDY/dicom/report.dcm"),
    "outpost print REPORT.pdf": Told(REFUSED, "in the queue"),
    "outpost cohort TABLE -o OUT": Told(FINE, "cohort", "COHORT/cohort.pdf"),
    "outpost ledger verify OUT": Told(FINE, "entries"),
    "outpost ledger check OUT CODE": Told(FINE, ""),
    "outpost doctor": Told(FINE, "processor"),
    "outpost models verify FOLDER": Told(FINE, "spine-axial-1.0.0/grader"),
    "outpost models update PATH": Told(REFUSED, "trusts no update"),
    "outpost verify [FOLDER]": Told(FINE, "as it was written"),
    "outpost demo [FOLDER]": Told(FINE, "studies found", "DEMO/scans"),
}
"""By the README's own line, in the order in which they can be run."""


def told_in(readme: str) -> list[str]:
    """List the commands of the README's first part, without what it says of them."""
    return [line.strip() for line in re.findall(r"^(outpost[^#\n]*)#", readme, re.MULTILINE)]


@pytest.fixture
def readme(repository: Path) -> str:
    return (repository / "README.md").read_text(encoding="utf-8")


def test_every_command_of_the_readme_is_run_below(readme: str) -> None:
    assert sorted(told_in(readme)) == sorted([APP, *TO_COME])


@pytest.mark.slow
def test_every_command_of_the_readme_does_what_it_says(tmp_path: Path) -> None:
    places = prepared(tmp_path)
    for line, told in TO_COME.items():
        ended = run(line, places)
        said = ended.stdout + ended.stderr
        assert (line, ended.returncode) == (line, told.code), said
        assert told.says.casefold() in said.casefold(), line
        if told.leaves:
            assert resolved(told.leaves, line, places).exists(), line


def prepared(folder: Path) -> dict[str, Path]:
    """Make a clinic with a head, a back and a broken scan, and something whole to verify."""
    clinic = make_clinic(folder / "clinic", visits=(a_narrow_spine, a_restless_patient, a_lost_slice))
    whole = folder / "whole"
    whole.mkdir()
    seal.begin(whole)
    (whole / "program").write_bytes(b"something")
    seal.finish(whole)
    (folder / "update.outpost").write_bytes(b"nothing that anybody signed")
    return {
        "scans": clinic.scans,
        "out": folder / "out",
        "whole": whole,
        "update": folder / "update.outpost",
        "cohort": folder / "cohort",
        "demo": folder / "demo",
        "state": folder / "state",
    }


def run(line: str, places: Mapping[str, Path]) -> subprocess.CompletedProcess[str]:
    words = [word_for(word, line, places) for word in line.split()[1:]]
    environment = os.environ | {"OUTPOST_STATE": str(places["state"]), "XDG_DATA_HOME": str(places["state"])}
    return subprocess.run(
        [sys.executable, "-m", "appliance", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def word_for(word: str, line: str, places: Mapping[str, Path]) -> str:
    """Put a real path or code in the place of a word that stands for one."""
    if word == "CODE":
        written = a_study(places["out"]) / "findings.json"
        return str(code_of(read_findings(written).study, hashlib.sha256(written.read_bytes()).hexdigest()))
    return str(resolved(word, line, places)) if word.strip("[]")[:1].isupper() else word


def resolved(word: str, line: str, places: Mapping[str, Path]) -> Path:
    verb = " ".join(line.split()[1:3])
    by_verb = {"models verify": FACTORY / "spine-axial-1.0.0", "verify [FOLDER]": places["whole"]}
    folder = by_verb.get(verb, places["demo"] if verb.startswith("demo") else places["scans"])
    head, _, rest = word.strip("[]").partition("/")
    out = places["cohort"] if verb.startswith("cohort") else places["out"]
    stand_in = {
        "FOLDER": folder,
        "OUT": out,
        "TABLE": places["out"],
        "PATH": places["update"],
        "COHORT": places["cohort"],
        "DEMO": places["demo"],
    }
    if head == "REPORT.pdf":
        return a_study(places["out"]) / "report.pdf"
    first, _, below = rest.partition("/")
    base = a_study(places["out"]) if first == "STUDY" else stand_in[head] / first
    return base / below if below else base


def a_study(out: Path) -> Path:
    """Return a study that came from DICOM and was read."""
    return next(path.parent for path in sorted(out.glob("*/findings.json")) if read_findings(path).brain)
