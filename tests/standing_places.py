"""Where the repository stands, and where real scans are if they are here at all."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
REAL_SCANS = Path(os.environ.get("OUTPOST_DATA", REPOSITORY.parent / "shared" / "data"))
"""Published scans, beside the checkout and never part of it."""
