"""Opens the app in this terminal, as soon as can be.

The terminal is asked while the libraries are loaded, and nobody looks for garbage before the first screen is up: the
app does so from then on (``OutpostApp.on_mount``).
"""

from __future__ import annotations

import gc
import os

from appliance.tui.asking import asking


def run_app() -> None:
    """Open the app and stay until it is left."""
    gc.disable()
    with asking(os.environ) as answer:
        from appliance.tui.app import OutpostApp  # noqa: PLC0415 - loaded while the terminal answers

        terminal = answer()
    OutpostApp(terminal=terminal).run()
