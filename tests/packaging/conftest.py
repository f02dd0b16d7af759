"""What the tests of the scripts share: the scripts themselves, which are no package, and what was built."""

from __future__ import annotations

import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent.parent / "packaging"
sys.path.append(str(SCRIPTS))
