"""What is said about one study: frozen types, and ``findings.json``, which holds exactly them.

    Findings                         one study, read or not
    ├── SeriesRead                   the scans that it rests on, and whether each was good enough
    ├── BrainFindings                one FLAIR: lesions, ventricles, standing, change, anomalies
    ├── AxialFindings                one stack of axial slices: a grade for each level and structure
    ├── SagittalFindings             one sagittal series: canal widths, ratios and disc grades
    ├── FurtherFindings              one series read by a reading that came later: its figures and words
    ├── Disagreement                 where the two views of the spine differ
    ├── ModelUsed                    what computed it, and why on that engine
    └── Picture, OutputFile          what was written beside it, with hashes

Unknown is ``None`` and null, never zero and never a guess. ``schema.json`` describes the file for others; it
is made from these types, so that the two cannot differ.
"""

from appliance.findings.brain import BrainFindings
from appliance.findings.json_file import as_json, from_json, read_findings
from appliance.findings.spine import AxialFindings, Disagreement, SagittalFindings
from appliance.findings.study import Findings, SeriesRead

__all__ = [
    "AxialFindings",
    "BrainFindings",
    "Disagreement",
    "Findings",
    "SagittalFindings",
    "SeriesRead",
    "as_json",
    "from_json",
    "read_findings",
]
