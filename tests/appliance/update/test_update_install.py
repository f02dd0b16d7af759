"""What an update does to a clinic, step by step, and what it leaves alone."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import bundle_inspect
import pytest
from installing import NEW, OLD, steps_of
from no_sockets import run_without_sockets
from publishing import Clinic, Publisher, a_package, sha256

from appliance.__main__ import main
from appliance.errors import ExitCode, Misuse, UpdateRefused
from appliance.ledger import FolderLock, open_ledger, verify_ledger
from appliance.models import load_shelf
from appliance.models.slots import Slots, active_models, switch_to
from appliance.settings import Limits
from appliance.state import MachineState, find_state
from appliance.update import activate, trust
from appliance.update.install import look_into
from appliance.update.rollback import roll_back_models
from appliance.update.standing import standing_of

if TYPE_CHECKING:
    from pathlib import Path


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


def test_trust_lies_on_the_machine_though_the_settings_are_on_a_stick(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("OUTPOST_STATE")
    monkeypatch.setenv("OUTPOST_HOME", str(tmp_path / "stick"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "machine"))
    assert find_state().trust.is_relative_to(tmp_path / "machine")


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
