"""Opening a study for the screen: its findings in lines, and its scan if that is still at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import OutpostError
from appliance.findings.json_file import NAME, read_findings
from appliance.findings.review import is_of, read_review
from appliance.report.marks import N_
from appliance.workplace.findings_lines import Line, Weight, lines_of
from appliance.workplace.slices import Slices, load_slices
from appliance.workplace.tongue import say, sentence

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.contracts import Study
    from appliance.findings import Findings
    from appliance.settings import Settings

NOT_AT_HAND = N_("To leaf through the scan itself, open its folder on Home; these are the pictures of the report.")
SIGNED_BEFORE = N_("It was read again since a doctor signed: it has to be signed again.")


def findings_and_lines(folder: Path) -> tuple[Findings | None, list[Line]]:
    """Read the findings and put them into lines; what is damaged is said in a line."""
    try:
        findings = read_findings(folder / NAME)
        review = read_review(folder)
    except OutpostError as error:
        return None, [Line(sentence(str(error)), Weight.CARE)]
    stale = review is not None and not is_of(review, folder)
    lines = list(lines_of(findings, None if stale else review))
    if stale:
        lines.insert(1, Line(say(SIGNED_BEFORE), Weight.CARE))
    return findings, lines


def slices_or_reason(
    study: Study | None, findings: Findings, folder: Path, settings: Settings
) -> tuple[tuple[Slices, ...], str]:
    """Open the scan, or say in a sentence why it cannot be leafed through."""
    if study is None:
        return (), say(NOT_AT_HAND)
    try:
        return load_slices(study, findings, folder, settings), ""
    except OutpostError as error:
        return (), f"{sentence(str(error))} {say(NOT_AT_HAND)}"
