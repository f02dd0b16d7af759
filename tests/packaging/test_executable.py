"""The program folder that was built, started on a machine that has nothing else: what is shipped is what is tested."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from empty_machine import EmptyMachine

from appliance import __version__, seal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow
TWO_GIGABYTES = 2 * 1024**3
MOST_UNPACKED = 300_000_000
FIRST_PAINT_S = 2.5
LATE = "The golden case took"
QEMU = "/usr/bin/qemu-x86_64"
OLDEST_PROCESSOR = "Nehalem"
"""Of those that qemu imitates, the oldest that works: SSE4.2 and no AVX, from 2008."""


@pytest.fixture(scope="module")
def built(repository: Path) -> Path:
    folder = repository / "dist" / "outpost"
    if not folder.is_dir():
        subprocess.run(["make", "executable"], cwd=repository, check=True)
    return folder


@pytest.fixture
def machine(built: Path, tmp_path: Path) -> EmptyMachine:
    return EmptyMachine(built, tmp_path).prepare()


def test_it_is_not_larger_than_promised_and_holds_what_any_stick_can_hold(built: Path) -> None:
    files = [path for path in built.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= MOST_UNPACKED
    assert [path for path in built.rglob("*") if path.is_symlink()] == []
    names = [str(path.relative_to(built)) for path in files]
    assert len({name.casefold() for name in names}) == len(names)
    assert [name for name in names if set(name) & set('<>:"\\|?*')] == []


def test_nothing_is_in_it_that_reports_home_or_that_nobody_uses(built: Path) -> None:
    names = " ".join(str(path.relative_to(built)) for path in built.rglob("*"))
    for unwanted in ("telemetry", "torch", "gpu_plugin", "npu_plugin", "tensorflow", "sample_data", "/tests/", "tcl"):
        assert unwanted not in names


def test_every_part_has_its_licence_and_its_line_in_the_sbom(built: Path) -> None:
    told = (built / "sbom.cdx.json").read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(told) is None
    names = {component["name"] for component in json.loads(told)["components"]}
    assert {"python", "openvino", "textual", "highdicom", "nibabel", "pyinstaller", "tuf"} <= names
    folders = [folder for folder in (built / "licences").iterdir() if folder.is_dir()]
    assert len(folders) == len(names)
    assert [folder for folder in folders if not any(folder.iterdir())] == []


def test_it_says_its_version_and_that_it_is_whole(machine: EmptyMachine) -> None:
    said = machine.run("--version")
    assert (said.returncode, said.stdout) == (0, f"outpost {__version__}\n"), said.stderr
    checked = machine.run("verify")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "Every file is as it was written." in checked.stdout


def test_what_openvino_opens_by_name_is_there(built: Path) -> None:
    names = [path.name for path in (built / "_internal" / "openvino" / "libs").iterdir()]
    for needed in ("intel_cpu_plugin", "ir_frontend", "onnx_frontend"):
        assert [name for name in names if f"openvino_{needed}" in name], (
            "the reader of its exports is missed in silence"
        )


def test_the_doctor_passes_and_every_model_gives_its_golden_answer(machine: EmptyMachine) -> None:
    said = machine.run("doctor")
    assert said.returncode == 0, said.stdout + said.stderr
    assert "fault" not in said.stdout
    assert "OpenVINO with INT8 works" in said.stdout
    factory = machine.program.parent / "_internal" / "appliance" / "factory"
    checked = machine.run("models", "verify", str(factory))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def came_as_dicom(study: Path) -> bool:
    """Whether a study was read, and came with what a PACS asks for."""
    findings = json.loads((study / "findings.json").read_text(encoding="utf-8"))
    return bool(findings["outputs"]) and findings["examination"]["uid"] is not None


def test_the_sample_clinic_is_read_and_its_reports_are_written_in_two_gigabytes(machine: EmptyMachine) -> None:
    made = machine.run("demo", "clinic", memory=TWO_GIGABYTES)
    assert made.returncode == 0, made.stderr
    read = machine.run("run", "clinic/scans", "-o", "results", memory=TWO_GIGABYTES)
    assert read.returncode == 1, read.stdout + read.stderr  # a few scans are broken on purpose
    results = machine.folder / "work" / "results"
    studies = sorted(path.parent for path in results.glob("*/findings.json"))
    assert len(studies) >= 5
    assert [study for study in studies if not (study / "report.pdf").is_file()] == []
    told = machine.run("report", "results", memory=TWO_GIGABYTES)
    assert told.returncode == 0, told.stderr
    assert list(results.glob("*.xlsx"))
    assert list(results.glob("*.pdf"))
    sent = [study for study in studies if came_as_dicom(study)][:2]
    answered = [machine.run("report", f"results/{study.name}", "--dicom", "clinic/scans") for study in sent]
    assert [answer.returncode for answer in answered] == [0, 0], [answer.stderr for answer in answered]
    assert machine.run("ledger", "verify", "results").returncode == 0
    assert machine.run("cohort", "results", "-o", "cohort").returncode == 0
    assert [path.name for path in machine.home.rglob("*") if "openvino" in path.name or "Microsoft" in path.name] == []


def on_the_oldest_processor(machine: EmptyMachine, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the program as if on a processor without AVX, with patience: imitated, it is dozens of times slower.

    The loader starts itself anew, natively, unless it finds the variables that it would set for that.
    """
    assert Path(QEMU).is_file(), "install qemu-user: it imitates the old processor"
    patient = machine.folder / "patient.toml"
    patient.write_text("[computing]\nstart_s = 3000\n", encoding="utf-8")
    imitated = (QEMU, "-cpu", OLDEST_PROCESSOR, "-E", f"LD_LIBRARY_PATH={machine.program.parent / '_internal'}")
    started = ("-E", f"_PYI_ARCHIVE_FILE={machine.program}", "-E", "_PYI_PARENT_PROCESS_LEVEL=-1")
    before = (*imitated, *started, "-E", "_PYI_LINUX_PROCESS_NAME=outpost")
    return machine.run(*words, "--settings", str(patient), before=before, seconds=3000)


def test_it_works_on_a_processor_without_avx(machine: EmptyMachine) -> None:
    """A golden answer that is right and late is right."""
    factory = machine.program.parent / "_internal" / "appliance" / "factory"
    checked = on_the_oldest_processor(machine, "models", "verify", str(factory))
    told = checked.stdout.splitlines()
    networks = len(list(factory.glob("*/*.cpu-int8.onnx")) + list(factory.glob("*/*.explain.onnx")))
    assert sum("/" in line.partition(": ")[0] for line in told) >= networks, checked.stdout + checked.stderr
    assert [line for line in told if line.startswith("fault") and LATE not in line] == []


def test_a_head_is_read_alike_on_a_processor_without_avx(machine: EmptyMachine) -> None:
    """What it looked at is shown there too: OpenVINO's values for that were once not numbers."""
    assert machine.run("demo", "clinic").returncode == 0
    here = machine.run("run", "clinic/scans/BEISPIEL_JOERG", "-o", "here")
    there = on_the_oldest_processor(machine, "run", "clinic/scans/BEISPIEL_JOERG", "-o", "there")
    assert (here.returncode, there.returncode) == (0, 0), there.stdout + there.stderr
    results = [next((machine.folder / "work" / place).glob("*/findings.json")) for place in ("here", "there")]
    one, other = (json.loads(path.read_text(encoding="utf-8"))["brain"][0] for path in results)
    assert one["totals"]["count"] == pytest.approx(other["totals"]["count"], abs=1)
    assert one["totals"]["volume_ml"] == pytest.approx(other["totals"]["volume_ml"], rel=0.02)
    assert one["notes"] == other["notes"]
    pictures = [sorted(path.name for path in result.parent.rglob("*.png")) for result in results]
    assert pictures[0] == pictures[1]
    assert any("relevance" in name for name in pictures[1])


@pytest.mark.parametrize("damage", ["missing", "cut short", "never finished"])
def test_a_copy_that_is_not_whole_says_so_in_a_sentence(built: Path, tmp_path: Path, damage: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(built, copy)
    library = next((copy / "_internal" / "numpy.libs").glob("*"))
    if damage == "missing":
        (copy / "_internal" / "appliance" / "factory" / "brain-lesions-1.0.0" / "model.json").unlink()
    elif damage == "cut short":
        library.write_bytes(library.read_bytes()[:1000])
    else:
        seal.begin(tmp_path)
    said = subprocess.run([str(copy / "outpost"), "doctor"], capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert said.stderr.startswith("outpost: ")
    assert "Traceback" not in said.stderr
    assert "Do not use this copy." in said.stderr


class Terminal:
    """One tmux server inside the empty machine."""

    def __init__(self, machine: EmptyMachine) -> None:
        self.name = f"outpost-{secrets.token_hex(4)}"
        words = machine.words(more=("TERM=xterm-256color",))
        script = machine.folder / "start.sh"
        quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
        script.write_text(f"{quoted}; echo ended with $?; sleep 600\n", encoding="utf-8")
        self.tmux("new-session", "-d", "-x", "100", "-y", "30", f"sh {script}")

    def tmux(self, *words: str) -> str:
        return subprocess.run(["tmux", "-L", self.name, *words], capture_output=True, text=True, check=False).stdout

    def until(self, words: str, patience_s: float = 60) -> float:
        start = time.monotonic()
        while words not in (screen := self.tmux("capture-pane", "-p")):
            assert time.monotonic() - start < patience_s, screen
            time.sleep(0.02)
        return time.monotonic() - start


@pytest.fixture
def terminal(machine: EmptyMachine) -> Iterator[Callable[[], Terminal]]:
    opened: list[Terminal] = []

    def start() -> Terminal:
        opened.append(Terminal(machine))
        return opened[-1]

    yield start
    for one in opened:
        one.tmux("kill-server")


def test_the_app_opens_in_a_terminal_soon_and_is_left_by_a_key(terminal: Callable[[], Terminal]) -> None:
    times = []
    for _ in range(3):
        one = terminal()
        times.append(one.until("F10"))
        one.tmux("send-keys", "F10")
        one.until("ended with 0")
    assert min(times) <= FIRST_PAINT_S, times
