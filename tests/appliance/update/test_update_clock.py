"""A clock that is wrong asks, and neither bricks nor is ignored."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from installing import NEW, OLD
from publishing import NOW, Clinic, Publisher

from appliance.errors import ConsentNeeded

if TYPE_CHECKING:
    from pathlib import Path


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
