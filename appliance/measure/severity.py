"""How much lesion there is, in four words. The rule and where it comes from: docs/decisions/0006-severity.md."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.settings import Lesions


class Severity(StrEnum):
    """Of the load that can be seen, not of the illness."""

    NONE = "None"
    MILD = "Mild"
    MODERATE = "Moderate"
    SEVERE = "Severe"


def severity_of(count: int, volume_ml: float, rule: Lesions) -> Severity:
    """Grade by the volume of the counted lesions."""
    if count == 0:
        return Severity.NONE
    if volume_ml < rule.moderate_from_ml:
        return Severity.MILD
    return Severity.MODERATE if volume_ml < rule.severe_from_ml else Severity.SEVERE


def severity_in_words(rule: Lesions) -> str:
    """Put the rule as the report prints it."""
    return (
        f"Lesion load by volume: Mild below {rule.moderate_from_ml:g} ml, Severe from {rule.severe_from_ml:g} ml, "
        "Moderate between; None if no lesion was counted. This grades what is seen, not the illness."
    )
