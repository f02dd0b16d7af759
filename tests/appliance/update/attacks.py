"""What every attack on an update must end with: a sentence, and nothing left of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.errors import UpdateRefused
from appliance.ledger import open_ledger, verify_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from publishing import Clinic

GOOD = "targets/models/brain-lesions-1.1.0/card.md"


def refuses(clinic: Clinic, bundle: Path, why: str, *, accept_expired: bool = False) -> UpdateRefused:
    """Check that nothing is left of an attack: the same models, no new file, and a record that says so."""
    models, files = clinic.models(), clinic.left_on_disk()
    with pytest.raises(UpdateRefused, match=why) as caught:
        clinic.install(bundle, accept_expired=accept_expired)
    assert clinic.models() == models
    assert clinic.left_on_disk() == files
    with open_ledger(clinic.machine.state.folder, operator="", app_version="0").ledger as ledger:
        last = ledger.updates()[-1]
    assert last["step"] == "refused"
    assert last["why"] == caught.value.what
    assert last["models_before"] == last["models_after"] != ""
    assert verify_ledger(clinic.machine.state.folder).sound
    return caught.value
