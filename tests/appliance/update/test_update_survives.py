"""The plug is pulled in the middle of an update: the models in use are wholly the old ones or wholly the new ones."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from publishing import Clinic, Publisher

from appliance.ledger import verify_ledger
from appliance.models import load_shelf
from appliance.models.slots import FACTORY, packages_in
from appliance.state import MachineState
from appliance.update.record import Stage

if TYPE_CHECKING:
    from appliance.update.machine import Machine

SCRIPT = Path(__file__).with_name("update_once.py")
KILLS = 100


def started(machine: Machine, bundle: Path) -> subprocess.Popen[str]:
    """Begin an update elsewhere; it has loaded everything when this returns."""
    assert machine.root is not None
    arguments = [machine.state.folder, machine.factory, machine.root, bundle]
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(SCRIPT.parents[3])},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def pulled(process: subprocess.Popen[str]) -> None:
    """Kill it as a pulled plug would; what it started has to end by itself."""
    helpers = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(helpers, timeout=60)
    assert not alive


@pytest.mark.slow
def test_a_bundle_of_everything_is_small_and_installed_within_twenty_seconds(
    publisher: Publisher, tmp_path: Path
) -> None:
    """Seconds of the processor, for other programs may want it: more than a machine with two cores takes."""
    packages = [FACTORY / name for name in packages_in(FACTORY)]
    bundle = publisher.bundle(tmp_path / "all.outpost", *packages)
    assert bundle.stat().st_size <= 12_000_000
    clinic = Clinic.new(tmp_path / "empty", publisher.root)
    before, start = _processor_seconds(), time.monotonic()
    told = clinic.install(bundle)
    seconds = _processor_seconds() - before
    print(
        f"{bundle.stat().st_size:,} bytes, {seconds:.1f} s of processor, {time.monotonic() - start:.1f} s on the clock"
    )
    assert seconds <= 20
    assert clinic.packages() == {package.name for package in packages}
    assert sum(each.stage is Stage.TEST for each in told) > len(packages)


def _processor_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_plug_is_pulled_at_a_hundred_random_moments(
    clinic: Clinic, publisher: Publisher, packages: dict[str, Path], tmp_path: Path, here: None
) -> None:
    clinic.install(publisher.bundle(tmp_path / "1", packages["brain-lesions-1.1.0"]))
    bundle = publisher.bundle(tmp_path / "2.outpost", packages["brain-lesions-1.2.0"])
    before = clinic.models()
    whole, after = _timed(clinic, bundle, tmp_path / "timed")
    moments = random.Random(9)
    ends = {"old": 0, "new": 0}
    for number in range(KILLS):
        here_too = _copied(clinic, tmp_path / f"trial-{number}")
        process = started(here_too.machine, bundle)
        time.sleep(moments.uniform(0.0, whole))
        pulled(process)
        models = here_too.models()
        assert models in (before, after), f"neither old nor new after kill {number}"
        ends["old" if models == before else "new"] += 1
        sound, faults = load_shelf(here_too.machine.models(), here_too.machine.settings.limits)
        assert len(sound) == 2
        assert not faults
        assert verify_ledger(here_too.machine.state.folder).sound
        here_too.install(bundle)
        assert here_too.models() == after
        assert not here_too.machine.state.staging.exists()
        assert len(list(here_too.machine.state.model_slots.iterdir())) == 2
        shutil.rmtree(tmp_path / f"trial-{number}")
    assert ends["old"] >= KILLS // 4, ends
    print(ends)


def _copied(clinic: Clinic, folder: Path) -> Clinic:
    shutil.copytree(clinic.machine.state.folder, folder)
    return Clinic(replace(clinic.machine, state=MachineState(folder)))


def _timed(clinic: Clinic, bundle: Path, folder: Path) -> tuple[float, dict[str, str]]:
    """Say how long a whole update takes, and what it leaves."""
    again = _copied(clinic, folder)
    start = time.monotonic()
    process = started(again.machine, bundle)
    begun = time.monotonic()
    output, _ = process.communicate(timeout=300)
    assert output.endswith("finished\n"), (output, begun - start)
    return time.monotonic() - begun, again.models()


def test_the_plug_is_pulled_once_in_the_self_test(
    clinic: Clinic, publisher: Publisher, packages: dict[str, Path], tmp_path: Path, here: None
) -> None:
    bundle = publisher.bundle(tmp_path / "bundle", packages["brain-lesions-1.1.0"])
    before = clinic.models()
    process = started(clinic.machine, bundle)
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "copy":
            break
    pulled(process)
    assert clinic.models() == before
    assert "broken off" in clinic.install(bundle)[0].sentence
    assert "brain-lesions-1.1.0" in clinic.packages()
