"""The doctor finds what is wrong with a machine, and does not call healthy what is not."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
import simulated_runtimes as simulated
from model_builders import WEIGHTS, convolution, sound_package
from simulated_runtimes import SimulatedCard

from appliance import doctor, machine
from appliance.__main__ import main
from appliance.doctor import Verdict
from appliance.engine.graphics_card import Card, Cards, ask_for_cards, understood
from appliance.errors import ExitCode
from appliance.machine import Disk, Memory, Processor
from appliance.models import slots

if TYPE_CHECKING:
    from collections.abc import Callable

GIGA = 1_000_000_000
TODAY = date(2026, 6, 1)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of one good package."""
    folder = tmp_path_factory.mktemp("models")
    sound_package().write(folder)
    return folder


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


# Judging


@pytest.mark.parametrize(
    ("instructions", "verdict"),
    [
        (("AVX2", "AVX-512", "VNNI"), Verdict.GOOD),
        (("NEON", "dot product"), Verdict.GOOD),
        (("AVX2",), Verdict.NOTE),
        ((), Verdict.NOTE),
    ],
)
def test_a_processor_without_instructions_for_int8_is_worth_a_note(
    instructions: tuple[str, ...], verdict: Verdict
) -> None:
    finding = doctor.about_processor(Processor("Some Core", 2, 4, instructions))
    assert finding.verdict is verdict
    assert finding.sentence.startswith("Some Core: 2 cores, 4 threads, ")


@pytest.mark.parametrize(
    ("total", "available", "verdict"),
    [
        (8 * GIGA, 5 * GIGA, Verdict.GOOD),
        (8 * GIGA, GIGA // 2, Verdict.NOTE),
        (3 * GIGA, 2 * GIGA, Verdict.NOTE),
    ],
)
def test_little_memory_is_worth_a_note(total: int, available: int, verdict: Verdict) -> None:
    finding = doctor.about_memory(Memory(total, available))
    assert finding.verdict is verdict
    assert bool(finding.advice) == (verdict is Verdict.NOTE)


@pytest.mark.parametrize(
    ("free", "refusal", "verdict"),
    [
        (10 * GIGA, "", Verdict.GOOD),
        (GIGA, "", Verdict.NOTE),
        (None, "", Verdict.NOTE),
        (10 * GIGA, "Read-only file system", Verdict.FAULT),
    ],
)
def test_a_disk_that_is_full_or_cannot_be_written_is_found(free: int | None, refusal: str, verdict: Verdict) -> None:
    finding = doctor.about_disk(Disk(Path("results"), free, refusal))
    assert finding.verdict is verdict
    assert "results" in finding.sentence


@pytest.mark.parametrize(
    ("today", "made", "verdict"),
    [
        (TODAY, [], Verdict.GOOD),
        (TODAY, [date(2026, 5, 31)], Verdict.GOOD),
        (TODAY, [date(2026, 6, 1)], Verdict.GOOD),
        (TODAY, [date(2026, 1, 2), date(2026, 6, 2)], Verdict.FAULT),
        (date(1980, 1, 1), [], Verdict.FAULT),
        (date(2099, 1, 1), [], Verdict.FAULT),
    ],
)
def test_a_clock_that_cannot_be_right_is_a_fault(today: date, made: list[date], verdict: Verdict) -> None:
    assert doctor.about_clock(today, made).verdict is verdict


def test_no_card_is_no_fault_and_a_card_is_named_with_its_driver() -> None:
    assert doctor.about_cards(Cards((), "No NVIDIA driver is installed.")).verdict is Verdict.NOTE
    finding = doctor.about_cards(Cards((Card("NVIDIA GeForce GTX 1650", "550.54.14", 4096, 3800),)))
    assert finding.verdict is Verdict.GOOD
    assert finding.sentence == ("NVIDIA GeForce GTX 1650 with 4,096 MiB, of which 3,800 are free; driver 550.54.14.")


# Looking


@pytest.mark.parametrize(
    ("text", "name", "instructions"),
    [
        (
            "model name\t: Intel(R) Core(TM) i3-6006U\nflags\t\t: fpu sse avx2\n",
            "Intel(R) Core(TM) i3-6006U",
            ("AVX2",),
        ),
        ("model name : A\nflags : avx2 avx_vnni\n", "A", ("AVX2", "VNNI")),
        ("Features\t: fp asimd asimddp\n", None, ("NEON", "dot product")),
    ],
)
def test_a_processor_is_known_from_what_linux_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, name: str | None, instructions: tuple[str, ...]
) -> None:
    (tmp_path / "cpuinfo").write_text(text, encoding="utf-8")
    monkeypatch.setattr(machine, "PROCESSOR_FILE", tmp_path / "cpuinfo")
    found = machine.processor()
    assert found.instructions == instructions
    assert found.name == name if name else found.name


def test_a_processor_is_known_without_linux(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    known = machine.processor()
    monkeypatch.setattr(machine, "PROCESSOR_FILE", tmp_path / "nothing")
    found = machine.processor()
    assert set(found.instructions) <= set(known.instructions)
    assert found.instructions
    assert found.name


def test_cores_that_the_system_does_not_tell_are_taken_for_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "cpu_count", lambda logical=True: 3 if logical else None)
    assert machine.processor().cores == 3


def test_the_disk_of_a_folder_that_does_not_exist_yet_is_that_above_it(tmp_path: Path) -> None:
    found = machine.disk(tmp_path / "not" / "yet")
    assert found.folder == tmp_path
    assert found.refusal == ""
    assert found.free == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.2)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_refuses_is_reported_and_not_raised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    monkeypatch.setattr("shutil.disk_usage", refuse)
    assert machine.disk(tmp_path) == Disk(tmp_path, None, "Read-only file system")


def test_memory_is_what_the_system_says() -> None:
    found = machine.memory()
    assert 0 < found.available <= found.total


# Asking the driver


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (None, "No NVIDIA driver is installed."),
        (simulated.DRIVER_BROKEN, "couldn't communicate with the NVIDIA driver"),
        ("exit 3", "nvidia-smi failed: it said nothing."),
        ("echo 'No devices were found'", "nvidia-smi named no card: No devices were found"),
        ("", "nvidia-smi named no card: it said nothing."),
    ],
)
def test_a_driver_that_does_not_answer_is_put_into_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str | None, words: str
) -> None:
    simulated.install_driver(monkeypatch, tmp_path, script)
    found = ask_for_cards()
    assert found.cards == ()
    assert found.driver is None
    assert words in found.silence


def test_a_driver_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    simulated.install_driver(monkeypatch, tmp_path, simulated.DRIVER_HANGS)
    assert ask_for_cards(patience_s=0.2).silence == "The NVIDIA driver did not answer within 0.2 s."


def test_a_program_that_cannot_be_started_is_no_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    simulated.install_driver(monkeypatch, tmp_path, "")
    (tmp_path / "nvidia-smi").write_bytes(b"\x7fELF broken")
    assert "nvidia-smi could not be started" in ask_for_cards().silence


def test_two_cards_are_both_understood() -> None:
    found = understood("NVIDIA A, 550.1, 4096, 3000\nNVIDIA B, 550.1, 8192, [N/A]\nNVIDIA C, 550.1, 8192, 8000\n")
    assert [card.name for card in found.cards] == ["NVIDIA A", "NVIDIA C"]


# The whole


def test_a_healthy_machine_without_a_card_has_no_fault(
    models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    simulated.install_driver(monkeypatch, tmp_path, None)
    assert main(["doctor", "--models", str(models), "-o", str(tmp_path)]) == ExitCode.ALL_READ
    lines = lines_of(capsys)
    topics = [line.split()[1] for line in lines]
    assert topics[:5] == ["processor", "memory", "disk", "clock", "graphics"]
    assert any("OpenVINO with INT8 works: " in line for line in lines)
    assert any(
        "brain-lesions-1.2.3/lesions: No NVIDIA driver answered, so this runs on the CPU" in line for line in lines
    )
    assert any("brain-lesions-1.2.3/lesions/explain: " in line for line in lines)
    assert len(lines) == len(set(lines))


def test_a_machine_with_a_card_tries_it_and_names_it(
    models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    simulated.install_driver(monkeypatch, tmp_path, simulated.driver_says(simulated.GTX_1650))
    simulated.install_card(monkeypatch, SimulatedCard())
    assert main(["doctor", "--models", str(models), "-o", str(tmp_path)]) == ExitCode.ALL_READ
    lines = lines_of(capsys)
    assert any("GTX 1650 with 4,096 MiB" in line for line in lines)
    assert any(line.startswith("ok") and "CUDA with FP16 works: " in line for line in lines)


def test_a_machine_on_which_nothing_runs_is_faulty(
    models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    simulated.install_driver(monkeypatch, tmp_path, None)
    for runtime in ("openvino", "onnxruntime"):
        simulated.without_runtime(monkeypatch, runtime)
    assert main(["doctor", "--models", str(models), "-o", str(tmp_path)]) == ExitCode.SOME_REFUSED
    faults = [line for line in lines_of(capsys) if line.startswith("fault")]
    assert any("OpenVINO is not part of this installation." in line for line in faults)
    assert any("lesions could not be run" in line for line in faults)


def test_a_machine_without_models_is_faulty_but_examined(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(slots, "FACTORY", tmp_path / "factory")
    assert main(["doctor", "-o", str(tmp_path)]) == ExitCode.SOME_REFUSED
    lines = lines_of(capsys)
    assert lines[-1].startswith("fault model")
    assert "holds no model package. Install the program again." in lines[-1]
    assert lines[0].split()[1] == "processor"


def damage(folder: Path) -> None:
    (folder / "card.md").write_bytes(b"?")


def forbid_time(folder: Path) -> None:
    package = sound_package()
    package.network["golden"]["seconds"] = 1e-9
    shutil.rmtree(folder)
    package.write(folder.parent)


def answer_differently(folder: Path) -> None:
    package = sound_package()
    for role in ("cpu-int8", "gpu-fp16", "cpu-fp32"):
        package.replace_graph(role, convolution(-WEIGHTS))
    shutil.rmtree(folder)
    package.write(folder.parent)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (damage, "The model package brain-lesions-1.2.3 is not used: card.md: it has 1 byte, and 9 were agreed."),
        (forbid_time, "The golden case took"),
        (answer_differently, "gave wrong numbers (logits is off by"),
    ],
)
def test_a_model_that_fails_is_a_fault_and_the_others_are_still_tested(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    spoil(sound_package().write(tmp_path))
    good = sound_package()
    good.description["version"] = "1.2.4"
    good.write(tmp_path)
    assert main(["models", "verify", str(tmp_path), "--device", "cpu"]) == ExitCode.SOME_REFUSED
    lines = lines_of(capsys)
    assert any(line.startswith("fault") and words in line for line in lines)
    assert any(line.startswith("ok") and "brain-lesions-1.2.4/lesions: The CPU was asked for" in line for line in lines)


def test_a_single_package_is_verified(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = models / "brain-lesions-1.2.3"
    assert main(["models", "verify", str(folder), "--device", "cpu"]) == ExitCode.ALL_READ
    assert [line.split()[0] for line in lines_of(capsys)] == ["ok", "ok"]


@pytest.mark.parametrize("what", ["nothing", "empty"])
def test_a_folder_without_packages_is_a_fault(capsys: pytest.CaptureFixture[str], tmp_path: Path, what: str) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["models", "verify", str(tmp_path / what)]) == ExitCode.SOME_REFUSED
    assert "holds no model package" in lines_of(capsys)[0]


def test_a_device_that_does_not_exist_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["doctor", "--device", "gpu"])
    assert caught.value.code == ExitCode.MISUSE
    assert "“gpu” is none of auto, cuda, cpu" in capsys.readouterr().err
