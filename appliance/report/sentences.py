"""Sentences that other parts write into ``findings.json`` and that stand in every report, for the catalogues.

``{1}``, ``{2}`` … stand for the numbers in them, in their order. A test holds them to what those parts write.
"""

from __future__ import annotations

from appliance.report.marks import N_

SENTENCES = (
    N_(
        "Lesion load by volume: Mild below {1} ml, Severe from {2} ml, Moderate between; None if no lesion was "
        "counted. This grades what is seen, not the illness."
    ),
    N_(
        "Periventricular (PEWMH): at most {1} mm from the ventricles. Juxtacortical (JCWMH): otherwise at most {2} mm "
        "from the surface of the brain, which stands for the cortex (narrow sulci are not seen). Paraventricular "
        "(PAWMH): all others. Spots below {3} mm³ are not counted."
    ),
    N_(
        "Lesions within {1} mm of each other after rigid alignment are the same. One has changed if its volume differs "
        "by at least {2} ml and by {3}% (from {4} ml on: {5}%). A new lesion that fuses with an old one shows as "
        "growth."
    ),
    N_(
        "Made automatically, for research use only. This is not a diagnosis: a radiologist must look at the scan and "
        "confirm or correct everything that is said here."
    ),
)
