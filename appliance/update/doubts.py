"""Whether an update is as fresh as it should be, and whether the clock can be right. Pure.

Neither may brick a clinic, whose clock stops with its battery and whose stick may have lain in a drawer, and neither
may be passed over: an old update may be all that an attacker lets through. So a person is asked, and the answer is
kept in the record.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

SLACK = timedelta(days=2)
"""Time zones, and clocks that are a little slow."""


def doubts_about(now: datetime, made_at: datetime, newest: datetime | None, ran_out: datetime | None) -> list[str]:
    """List what a person must be asked about, in sentences; nothing if all is well."""
    found = []
    latest = max(made_at, newest or made_at)
    if now < latest - SLACK:
        found.append(
            f"This machine's clock says {now:%Y-%m-%d}, but an update was made on {latest:%Y-%m-%d}: the clock is "
            "wrong, so nobody can tell whether this update is still current."
        )
    if ran_out is not None:
        found.append(
            f"This update was good until {ran_out:%Y-%m-%d}, and this machine's clock says {now:%Y-%m-%d}: "
            "there should be a newer one, or the clock is wrong."
        )
    return found
