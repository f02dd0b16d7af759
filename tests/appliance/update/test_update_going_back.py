"""Going back is offered, deliberate, recorded, and never leads to what is damaged."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from installing import NEW, OLD, install_two_releases, steps_of

from appliance.errors import Misuse, UpdateRefused
from appliance.models.slots import read_slots
from appliance.update.rollback import roll_back_models, way_back

if TYPE_CHECKING:
    from pathlib import Path

    from publishing import Clinic, Publisher


def test_going_back_leads_to_the_slot_before_and_then_to_the_factory(
    clinic: Clinic, publisher: Publisher, packages: dict[str, Path], tmp_path: Path, here: None
) -> None:
    install_two_releases(clinic, publisher, packages, tmp_path)
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
    install_two_releases(clinic, publisher, packages, tmp_path)
    shutil.copytree(packages["brain-lesions-1.2.0"], clinic.machine.factory / "brain-lesions-1.2.0")
    roll_back_models(clinic.machine)
    assert clinic.packages() == NEW


def test_there_is_no_going_back_to_what_is_damaged(
    clinic: Clinic, publisher: Publisher, packages: dict[str, Path], tmp_path: Path, here: None
) -> None:
    install_two_releases(clinic, publisher, packages, tmp_path)
    before = clinic.packages()
    (clinic.machine.state.model_slots / "0001/brain-lesions-1.1.0/card.md").write_bytes(b"?")
    with pytest.raises(UpdateRefused, match="What came before cannot be used"):
        roll_back_models(clinic.machine)
    assert clinic.packages() == before
