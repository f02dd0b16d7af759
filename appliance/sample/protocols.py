"""What each protocol measures: its usual times, the part of the body, two or three dimensions.

The phantom's scanner and the header writer read the same table, so a header never lies about its image
unless a test makes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from appliance.sample.scan_spec import Protocol, Timing


@dataclass(frozen=True, slots=True)
class ProtocolFacts:
    """One protocol as a physicist would note it."""

    timing: Timing
    body_part: str
    """BodyPartExamined, where a vendor fills it."""
    dimensions: int = 2
    modality: str = "MR"
    sequence: tuple[str, ...] = ("SE",)
    """ScanningSequence, in the standard's words."""


FACTS: Final = {
    Protocol.BRAIN_FLAIR: ProtocolFacts(Timing(105.0, 9000.0, 2500.0, 150.0, 16), "HEAD", sequence=("SE", "IR")),
    Protocol.BRAIN_FLAIR_3D: ProtocolFacts(
        Timing(388.0, 5000.0, 1800.0, 120.0, 278), "HEAD", dimensions=3, sequence=("SE", "IR")
    ),
    Protocol.BRAIN_T1: ProtocolFacts(Timing(12.0, 520.0, None, 90.0, 1), "HEAD"),
    Protocol.BRAIN_T2: ProtocolFacts(Timing(98.0, 4500.0, None, 150.0, 13), "HEAD"),
    Protocol.BRAIN_DWI: ProtocolFacts(Timing(92.0, 5200.0, None, 90.0, 1), "HEAD", sequence=("EP",)),
    Protocol.SPINE_T2_AXIAL: ProtocolFacts(Timing(102.0, 3800.0, None, 150.0, 15), "LSPINE"),
    Protocol.SPINE_T1_AXIAL: ProtocolFacts(Timing(11.0, 580.0, None, 150.0, 3), "LSPINE"),
    Protocol.SPINE_T2_SAGITTAL: ProtocolFacts(Timing(104.0, 3500.0, None, 150.0, 17), "LSPINE"),
    Protocol.SPINE_T1_SAGITTAL: ProtocolFacts(Timing(10.0, 560.0, None, 150.0, 3), "LSPINE"),
    Protocol.SPINE_STIR_SAGITTAL: ProtocolFacts(Timing(52.0, 4200.0, 150.0, 150.0, 9), "LSPINE", sequence=("SE", "IR")),
    Protocol.LOCALIZER: ProtocolFacts(Timing(5.0, 20.0, None, 40.0, 1), "HEAD", sequence=("GR",)),
    Protocol.HEAD_CT: ProtocolFacts(Timing(None, None), "HEAD", dimensions=3, modality="CT", sequence=()),
}
