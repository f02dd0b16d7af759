"""The mark of a text that is translated later, where it is shown."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802 - the name under which every tool for catalogues looks for it
    """Mark a text for the catalogues and leave it as it is."""
    return text
