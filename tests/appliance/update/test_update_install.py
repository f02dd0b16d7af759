"""What an update does to a clinic, step by step, and what it leaves alone."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import bundle_inspect
import numpy as np
import psutil
import pytest
from model_builders import CHANNELS, COLUMNS, ROWS, model, sound_package
from no_sockets import run_without_sockets
from onnx import helper, numpy_helper
from publishing import NOW, Clinic, Publisher, a_package, sha256

from appliance.__main__ import main
from appliance.engine.choice import Device
from appliance.errors import ConsentNeeded, ExitCode, Misuse, OutputFailed, UpdateRefused
from appliance.ledger import FolderLock, open_ledger, verify_ledger
from appliance.models import load_shelf
from appliance.models.slots import Slots, active_models, read_slots, switch_to
from appliance.settings import Computing, Limits, Settings
from appliance.state import MachineState, find_state
from appliance.update import activate, trial, trust
from appliance.update.install import look_into
from appliance.update.rollback import roll_back_models, way_back
from appliance.update.standing import standing_of

if TYPE_CHECKING:
    from pathlib import Path

OLD = {"brain-anomaly-1.0.0", "brain-lesions-1.0.0"}
NEW = {"brain-anomaly-1.0.0", "brain-lesions-1.1.0"}


@pytest.fixture
def bundle(publisher: Publisher, packages: dict[str, Path], tmp_path: Path) -> Path:
    return publisher.bundle(tmp_path / "bundle.outpost", packages["brain-lesions-1.1.0"])


def steps_of(clinic: Clinic) -> list[dict[str, str]]:
    with open_ledger(clinic.machine.state.folder, operator="", app_version="0").ledger as ledger:
        return list(ledger.updates())


def told(lines: list) -> str:
    return "\n".join(each.sentence for each in lines)


@pytest.mark.parametrize("name", ["bundle", "bundle.outpost"])
def test_a_newer_model_is_installed_beside_those_that_stay(
    name: str, clinic: Clinic, publisher: Publisher, packages: dict[str, Path], tmp_path: Path, here: None
) -> None:
    before = clinic.models()
    lines = clinic.install(publisher.bundle(tmp_path / name, packages["brain-lesions-1.1.0"]))
    assert clinic.packages() == NEW
    installed = clinic.models()
    for file in packages["brain-lesions-1.1.0"].iterdir():
        assert installed[f"brain-lesions-1.1.0/{file.name}"] == sha256(file)
    kept = {name: digest for name, digest in before.items() if name.startswith("brain-anomaly")}
    assert kept.items() <= installed.items()
    packages_read, faults = load_shelf(clinic.machine.models(), Limits())
    assert {package.spec.name for package in packages_read} == NEW
    assert not faults
    assert "What is new." in told(lines)
    assert not (clinic.machine.state.folder / "staging").exists()


def test_the_factorys_models_are_never_written_to(clinic: Clinic, bundle: Path, here: None) -> None:
    factory = clinic.machine.factory
    before = {path: (sha256(path), path.stat().st_mtime_ns) for path in factory.rglob("*") if path.is_file()}
    clinic.install(bundle)
    assert before == {path: (sha256(path), path.stat().st_mtime_ns) for path in factory.rglob("*") if path.is_file()}


def test_every_step_is_in_the_record(clinic: Clinic, bundle: Path, here: None) -> None:
    clinic.install(bundle)
    steps = steps_of(clinic)
    assert [each["step"] for each in steps] == [
        "begun", "verified", "checked", "copied", "tested", "switched", "done",
    ]  # fmt: skip
    assert steps[0]["models_before"] != steps[-1]["models_after"] == clinic.machine.digest()
    assert verify_ledger(clinic.machine.state.folder).sound


def test_every_file_and_folder_is_flushed_to_the_disk_before_the_switch(
    clinic: Clinic, bundle: Path, here: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: set[int] = set()
    at_the_switch: set[int] = set()

    def flush(descriptor: int) -> None:
        flushed.add(os.fstat(descriptor).st_ino)

    def switch(state: MachineState, slots: Slots) -> None:
        at_the_switch.update(flushed)
        switch_to(state, slots)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(activate, "switch_to", switch)
    clinic.install(bundle)
    slot = clinic.machine.models()
    inodes = {path: path.stat().st_ino for path in (slot.parent, slot, *slot.rglob("*"))}
    assert [path.name for path, inode in inodes.items() if inode not in at_the_switch] == []
    assert clinic.machine.state.models.stat().st_ino in flushed


def test_the_same_update_again_changes_nothing(clinic: Clinic, bundle: Path, here: None) -> None:
    clinic.install(bundle)
    before, files = clinic.models(), clinic.left_on_disk()
    assert "This machine has all of it already." in told(clinic.install(bundle))
    assert (clinic.models(), clinic.left_on_disk()) == (before, files)


def test_an_update_of_one_model_carries_one(
    publisher: Publisher, packages: dict[str, Path], clinic: Clinic, tmp_path: Path, here: None
) -> None:
    first = publisher.bundle(tmp_path / "1.outpost", packages["brain-lesions-1.1.0"], packages["brain-anomaly-1.1.0"])
    second = publisher.bundle(
        tmp_path / "2.outpost", packages["brain-lesions-1.2.0"], packages["brain-anomaly-1.1.0"], base=first
    )
    offer = look_into(second, clinic.machine)
    assert offer.release.models == ("brain-lesions-1.2.0",)
    assert offer.release.also == ("brain-anomaly-1.1.0",)
    names = bundle_inspect.looked_into(second, publisher.root.read_bytes()).files
    assert {name.split("/")[1] for name in names if "/" in name} == {"brain-lesions-1.2.0"}
    clinic.install(first)
    clinic.install(second)
    assert clinic.packages() == {"brain-lesions-1.2.0", "brain-anomaly-1.1.0"}


def test_a_clinic_that_missed_an_update_gets_what_there_is_and_is_told(
    publisher: Publisher, packages: dict[str, Path], clinic: Clinic, tmp_path: Path, here: None
) -> None:
    first = publisher.bundle(tmp_path / "1", packages["brain-lesions-1.1.0"], packages["brain-anomaly-1.1.0"])
    second = publisher.bundle(
        tmp_path / "2", packages["brain-lesions-1.2.0"], packages["brain-anomaly-1.1.0"], base=first
    )
    assert "brain-anomaly-1.1.0 is current too, but came with an earlier update" in told(clinic.install(second))
    assert clinic.packages() == {"brain-lesions-1.2.0", "brain-anomaly-1.0.0"}


def test_only_two_slots_are_kept(
    publisher: Publisher, packages: dict[str, Path], clinic: Clinic, tmp_path: Path, here: None
) -> None:
    for number, version in enumerate(("1.1.0", "1.2.0")):
        clinic.install(publisher.bundle(tmp_path / f"{number}", packages[f"brain-lesions-{version}"]))
    clinic.install(publisher.bundle(tmp_path / "3", packages["brain-anomaly-1.1.0"]))
    assert sorted(slot.name for slot in clinic.machine.state.model_slots.iterdir()) == ["0002", "0003"]


def test_looking_into_an_update_changes_nothing(clinic: Clinic, bundle: Path) -> None:
    offer = look_into(bundle, clinic.machine)
    assert offer.plan.models == ("brain-lesions-1.1.0",)
    assert offer.plan.kept == ("brain-anomaly-1.0.0",)
    assert offer.release.notes == "What is new."
    assert not clinic.machine.state.folder.exists()


def test_a_clock_that_stands_before_the_update_asks(clinic: Clinic, bundle: Path, here: None) -> None:
    early = clinic.at(NOW - timedelta(days=20 * 365))
    with pytest.raises(ConsentNeeded, match="clock says 2006-11-26") as caught:
        early.install(bundle)
    assert "--accept-expired" in caught.value.advice
    assert early.packages() == OLD
    early.install(bundle, accept_expired=True)
    assert early.packages() == NEW


def test_a_clock_that_falls_behind_what_was_seen_asks(
    clinic: Clinic, publisher: Publisher, packages: dict[str, Path], tmp_path: Path, here: None
) -> None:
    old_but_unknown = publisher.bundle(
        tmp_path / "1", packages["brain-lesions-1.1.0"], made_at=NOW - timedelta(days=100)
    )
    clinic.install(old_but_unknown)
    with pytest.raises(ConsentNeeded, match="the clock is wrong"):
        clinic.at(NOW - timedelta(days=200)).install(old_but_unknown)


def test_a_refused_question_leaves_the_trust_as_it_was(clinic: Clinic, bundle: Path) -> None:
    with pytest.raises(ConsentNeeded):
        clinic.at(NOW + timedelta(days=900)).install(bundle)
    assert not clinic.machine.state.trust.exists()


def test_trust_lies_on_the_machine_though_the_settings_are_on_a_stick(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("OUTPOST_STATE")
    monkeypatch.setenv("OUTPOST_HOME", str(tmp_path / "stick"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "machine"))
    assert find_state().trust.is_relative_to(tmp_path / "machine")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"minimum_app_version": "9.0.0"}, "needs program version 9.0.0 or newer"),
    ],
)
def test_what_does_not_fit_is_refused_before_copying(
    said: dict[str, str],
    why: str,
    clinic: Clinic,
    publisher: Publisher,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package = a_package(tmp_path / "packages", version="1.1.0", **said)
    monkeypatch.setattr("appliance.models.package.__version__", "9.9.9")
    bundle = publisher.bundle(tmp_path / "bundle", package)
    monkeypatch.undo()
    with pytest.raises(UpdateRefused, match=why):
        clinic.install(bundle)
    assert clinic.packages() == OLD
    assert "copied" not in {step["step"] for step in steps_of(clinic)}


def test_models_for_a_newer_openvino_are_refused(
    clinic: Clinic, publisher: Publisher, packages: dict[str, Path], tmp_path: Path
) -> None:
    bundle = publisher.bundle(tmp_path / "bundle", packages["brain-lesions-1.1.0"], openvino="2099.0")
    with pytest.raises(UpdateRefused, match=r"OpenVINO 2099\.0 or newer, and this program has 2026"):
        clinic.install(bundle)


def test_an_update_larger_than_allowed_is_refused(clinic: Clinic, bundle: Path) -> None:
    small = Clinic(replace(clinic.machine, settings=Settings(limits=Limits(max_update_bytes=1000))))
    with pytest.raises(UpdateRefused, match=r"more than the 0\.0 MB allowed|more than an update may hold"):
        small.install(bundle)
    assert clinic.left_on_disk() == []


def test_a_full_disk_is_said_before_anything_is_copied(
    clinic: Clinic, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = type("Usage", (), {"free": 1_000_000})
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: full)
    with pytest.raises(OutputFailed, match=r"1\.0 MB are free"):
        clinic.install(bundle)
    assert clinic.left_on_disk() == []
    assert clinic.packages() == OLD


def test_a_disk_that_fails_while_copying_leaves_nothing(
    clinic: Clinic, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("appliance.update.staging.os.fsync", fail)
    with pytest.raises(OutputFailed):
        clinic.install(bundle)
    monkeypatch.undo()
    assert clinic.left_on_disk() == []
    assert clinic.packages() == OLD


def test_a_slot_that_is_not_what_was_tested_is_switched_back(
    clinic: Clinic, bundle: Path, here: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def switch_and_spoil(state: MachineState, slots: Slots) -> None:
        switch_to(state, slots)
        for card in state.model_slots.glob("*/brain-lesions-1.1.0/card.md"):
            card.write_bytes(b"?")

    monkeypatch.setattr(activate, "switch_to", switch_and_spoil)
    with pytest.raises(UpdateRefused, match="not on the disk as they were tested"):
        clinic.install(bundle)
    assert clinic.packages() == OLD


def test_a_program_built_without_a_root_trusts_nobody(
    clinic: Clinic, bundle: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(trust, "EMBEDDED_ROOT", tmp_path / "none.json")
    with pytest.raises(UpdateRefused, match="built without a publisher's root"):
        Clinic(replace(clinic.machine, root=None)).install(bundle)


def test_the_repository_ships_no_root(repository: Path) -> None:
    assert not (repository / "appliance/update/root.json").exists()


def test_damaged_trust_is_no_reason_to_begin_from_nothing(clinic: Clinic, bundle: Path, here: None) -> None:
    clinic.install(bundle)
    clinic.machine.state.trust.write_bytes(b"")
    with pytest.raises(UpdateRefused, match="What this machine knows of earlier updates cannot be read"):
        clinic.install(bundle)


def test_a_damaged_list_of_models_leads_to_the_factory_and_the_next_update_mends_it(
    clinic: Clinic, publisher: Publisher, packages: dict[str, Path], bundle: Path, tmp_path: Path, here: None
) -> None:
    clinic.install(bundle)
    clinic.machine.state.models.write_bytes(b"{")
    active = active_models(clinic.machine.state, clinic.machine.factory)
    assert active.folder == clinic.machine.factory
    assert "is damaged" in active.notice
    clinic.install(publisher.bundle(tmp_path / "2", packages["brain-lesions-1.2.0"]))
    assert clinic.packages() == {"brain-anomaly-1.0.0", "brain-lesions-1.2.0"}
    assert clinic.machine.models().name == "0002"


def test_a_slot_that_is_gone_leads_to_the_factory(clinic: Clinic, bundle: Path, here: None) -> None:
    clinic.install(bundle)
    shutil.rmtree(clinic.machine.models())
    assert "no longer there" in active_models(clinic.machine.state, clinic.machine.factory).notice
    assert clinic.packages() == OLD


def test_models_for_a_newer_program_are_not_read_by_an_older_one(
    clinic: Clinic, publisher: Publisher, tmp_path: Path, here: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = a_package(tmp_path / "packages", version="1.1.0", minimum_app_version="0.2.0")
    monkeypatch.setattr("appliance.models.package.__version__", "0.2.0")
    newer = Clinic(replace(clinic.machine, app_version="0.2.0"))
    newer.install(publisher.bundle(tmp_path / "bundle", package))
    assert newer.packages() == NEW
    assert clinic.packages() == OLD
    assert "need a newer program" in active_models(clinic.machine.state, clinic.machine.factory, "0.1.0").notice


def test_a_newer_program_with_newer_models_is_not_held_back_by_an_old_slot(
    clinic: Clinic, bundle: Path, packages: dict[str, Path], here: None
) -> None:
    clinic.install(bundle)
    shutil.copytree(packages["brain-lesions-1.2.0"], clinic.machine.factory / "brain-lesions-1.2.0")
    active = active_models(clinic.machine.state, clinic.machine.factory)
    assert active.folder == clinic.machine.factory
    assert "brought newer models" in active.notice


def test_a_damaged_model_that_stays_is_told_and_holds_nothing_up(clinic: Clinic, bundle: Path, here: None) -> None:
    (clinic.machine.factory / "brain-anomaly-1.0.0/card.md").write_bytes(b"?")
    assert "brain-anomaly-1.0.0 is not used: card.md" in told(clinic.install(bundle))
    assert clinic.packages() == NEW


def test_going_back_leads_to_the_slot_before_and_then_to_the_factory(
    clinic: Clinic, publisher: Publisher, packages: dict[str, Path], tmp_path: Path, here: None
) -> None:
    for number, version in enumerate(("1.1.0", "1.2.0"), start=1):
        clinic.install(publisher.bundle(tmp_path / f"{number}", packages[f"brain-lesions-{version}"]))
    assert way_back(clinic.machine).startswith("release 1 (brain-anomaly-1.0.0, brain-lesions-1.1.0)")
    assert "release 1" in roll_back_models(clinic.machine)
    assert clinic.packages() == NEW
    assert read_slots(clinic.machine.state).chosen
    roll_back_models(clinic.machine)
    assert clinic.packages() == OLD
    with pytest.raises(Misuse, match="nothing to go back to"):
        roll_back_models(clinic.machine)
    assert [step["step"] for step in steps_of(clinic)][-2:] == ["rolled-back", "rolled-back"]
    assert steps_of(clinic)[-1]["models_before"] != steps_of(clinic)[-1]["models_after"]


def test_after_going_back_the_same_update_can_be_installed_again(clinic: Clinic, bundle: Path, here: None) -> None:
    clinic.install(bundle)
    roll_back_models(clinic.machine)
    clinic.install(bundle)
    assert clinic.packages() == NEW


def test_what_was_gone_back_to_on_purpose_stays_though_the_factory_is_newer(
    clinic: Clinic, publisher: Publisher, packages: dict[str, Path], tmp_path: Path, here: None
) -> None:
    for number, version in enumerate(("1.1.0", "1.2.0"), start=1):
        clinic.install(publisher.bundle(tmp_path / f"{number}", packages[f"brain-lesions-{version}"]))
    shutil.copytree(packages["brain-lesions-1.2.0"], clinic.machine.factory / "brain-lesions-1.2.0")
    roll_back_models(clinic.machine)
    assert clinic.packages() == NEW


def test_there_is_no_going_back_to_what_is_damaged(
    clinic: Clinic, publisher: Publisher, packages: dict[str, Path], tmp_path: Path, here: None
) -> None:
    for number, version in enumerate(("1.1.0", "1.2.0"), start=1):
        clinic.install(publisher.bundle(tmp_path / f"{number}", packages[f"brain-lesions-{version}"]))
    before = clinic.packages()
    (clinic.machine.state.model_slots / "0001/brain-lesions-1.1.0/card.md").write_bytes(b"?")
    with pytest.raises(UpdateRefused, match="What came before cannot be used"):
        roll_back_models(clinic.machine)
    assert clinic.packages() == before


def test_an_update_that_was_broken_off_is_told_and_swept_up(clinic: Clinic, bundle: Path, here: None) -> None:
    from appliance.update.install import install  # noqa: PLC0415 - to leave it in the middle

    shutil.copytree(clinic.machine.factory, clinic.machine.state.staging / "models")
    with FolderLock(clinic.machine.state.folder):
        opened = open_ledger(clinic.machine.state.folder, operator="", app_version="0")
        with opened.ledger as ledger:
            ledger.updated("begun", {})
            ledger.updated("copied", {})
    lines = list(install(bundle, clinic.machine))
    assert "broken off after “copied”" in lines[0].sentence
    assert clinic.packages() == NEW
    assert not clinic.machine.state.staging.exists()


def test_two_updates_at_once_are_one(clinic: Clinic, bundle: Path) -> None:
    clinic.machine.state.folder.mkdir(parents=True)
    with FolderLock(clinic.machine.state.folder), pytest.raises(Misuse, match="Another copy"):
        clinic.install(bundle)


def test_a_model_that_hangs_in_its_self_test_is_ended(clinic: Clinic, publisher: Publisher, tmp_path: Path) -> None:
    package = sound_package()
    package.description["version"] = "1.1.0"
    for role in ("cpu-int8", "cpu-fp32"):
        package.replace_graph(role, endless())
    bundle = publisher.bundle(tmp_path / "hangs", package.write(tmp_path / "packages"))
    hasty = replace(clinic.machine, settings=Settings(computing=Computing(self_test_s=4.0)), device=Device.CPU)
    before = set(psutil.Process().children())
    with pytest.raises(UpdateRefused, match=r"not done within 4\.0 s and was ended"):
        Clinic(hasty).install(bundle)
    assert clinic.packages() == OLD
    started = set(psutil.Process().children()) - before
    assert not [child for child in started if "spawn_main" in " ".join(child.cmdline())]


def endless() -> object:
    """Make a graph of a few kilobytes that computes for hours: the image, far enlarged, through many convolutions."""
    sizes = numpy_helper.from_array(np.array([1, 1, 90, 90], dtype=np.float32), "sizes")
    shrink = numpy_helper.from_array(np.array([1, 1, 1 / 90, 1 / 90], dtype=np.float32), "shrink")
    wide = numpy_helper.from_array(np.zeros((CHANNELS, CHANNELS, 9, 9), dtype=np.float32), "wide")
    narrow = numpy_helper.from_array(np.zeros((2, CHANNELS, 1, 1), dtype=np.float32), "narrow")
    nodes = [helper.make_node("Resize", ["image", "", "sizes"], ["x0"])]
    nodes += [helper.make_node("Conv", [f"x{n}", "wide"], [f"x{n + 1}"], pads=[4] * 4) for n in range(200)]
    nodes.append(helper.make_node("Resize", ["x200", "", "shrink"], ["small"]))
    nodes.append(helper.make_node("Conv", ["small", "narrow"], ["logits"]))
    assert (ROWS, COLUMNS) == (24, 16)
    return model(nodes, [sizes, shrink, wide, narrow])


def test_a_self_test_that_dies_is_a_failure(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, packages: dict[str, Path]
) -> None:
    monkeypatch.setattr(trial, "live", os.abort)
    outcomes = list(trial.try_models((packages["brain-lesions-1.1.0"],), clinic.machine.settings, Device.CPU))
    assert [outcome.passed for outcome in outcomes] == [False]
    assert "ended by itself" in outcomes[0].sentence


def test_the_self_test_runs_in_a_process_of_its_own(clinic: Clinic, packages: dict[str, Path]) -> None:
    outcomes = list(trial.try_models((packages["brain-lesions-1.1.0"],), clinic.machine.settings, Device.CPU))
    assert [outcome.passed for outcome in outcomes] == [True, True]


def test_verifying_an_update_opens_no_socket(clinic: Clinic, bundle: Path, tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from appliance.state import MachineState
from appliance.update.install import look_into
from appliance.update.machine import Machine
root, factory, bundle, state = map(Path, sys.argv[1:])
offer = look_into(bundle, Machine(root=root, factory=factory, state=MachineState(state)))
print(offer.plan.models, "urllib3" in sys.modules, "ssl" in sys.modules)
"""
    assert clinic.machine.root is not None
    paths = (clinic.machine.root, clinic.machine.factory, bundle, tmp_path / "state")
    run = run_without_sockets(code, *map(str, paths), home=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "('brain-lesions-1.1.0',) False False\n"


def test_the_commands(
    clinic: Clinic,
    bundle: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    here: None,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("OUTPOST_STATE", str(clinic.machine.state.folder))
    monkeypatch.setattr(trust, "EMBEDDED_ROOT", clinic.machine.root)
    for module in ("appliance.models.slots", "appliance.update.machine"):
        monkeypatch.setattr(f"{module}.FACTORY", clinic.machine.factory)
    assert main(["models", "update", str(tmp_path / "nowhere")]) == ExitCode.MISUSE
    assert main(["models", "update", str(bundle), "--operator", "Ama", "--accept-expired"]) == ExitCode.ALL_READ
    assert "switch  The new models are in use." in capsys.readouterr().out
    assert main(["models", "list"]) == ExitCode.ALL_READ
    out = capsys.readouterr().out
    assert "In use: release 1" in out
    assert "brain-lesions-1.1.0" in out
    assert main(["models", "rollback"]) == ExitCode.MISUSE
    assert "would go back to the models that came with the program" in capsys.readouterr().err
    assert main(["models", "rollback", "--yes"]) == ExitCode.ALL_READ
    assert main(["models", "rollback", "--yes", "--program"]) == ExitCode.MISUSE
    assert clinic.packages() == OLD
    assert main(["ledger", "verify", str(clinic.machine.state.folder)]) == ExitCode.ALL_READ


def test_standing_says_what_is_wrong(clinic: Clinic, bundle: Path, here: None) -> None:
    assert standing_of(clinic.machine).way_back == ""
    clinic.install(bundle)
    clinic.machine.state.models.write_text(json.dumps({"schema": 0}), encoding="utf-8")
    lines = "\n".join(standing_of(clinic.machine).lines())
    assert "the models that came with the program" in lines
    assert "! The list of installed models is damaged" in lines
    with pytest.raises(UpdateRefused, match="is damaged"):
        roll_back_models(clinic.machine)
