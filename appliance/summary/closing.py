"""A batch's studies as a short table for the terminal: what was found in each, and where its report lies."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from appliance.report.files import report_of
from appliance.report.vocabulary import person
from appliance.summary.headline import headline
from appliance.words import counted, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.findings.study import Findings
    from appliance.report.batch import Batch

MOST, INDENT, NARROWEST, WIDEST, LONGEST_PATH = 25, "    ", 60, 110, 1000


def closing_table(batch: Batch, columns: int) -> Iterator[str]:
    """Give a few lines a study; of a large batch the first ones, and how many more there are."""
    width = min(max(columns, NARROWEST), WIDEST)
    studies = len(batch.studies) + len(batch.unread)
    yield counted(studies, "study", "studies") + ":"
    blocks = list(_blocks(batch))
    for name, found, report in blocks[:MOST]:
        yield shown(name, longest=width)
        yield from wrap(found, width, initial_indent=INDENT, subsequent_indent=INDENT)
        if report:
            yield INDENT + shown(report, longest=LONGEST_PATH)
    if len(blocks) > MOST:
        yield f"and {counted(len(blocks) - MOST, 'more study', 'more studies')}."


def _blocks(batch: Batch) -> Iterator[tuple[str, str, str]]:
    """Say of each study its name, its headline and its report, if there is one."""
    for study in batch.studies:
        folder = batch.folders.get(study.study)
        report = report_of(folder) if folder else None
        yield _name(study), headline(study), str(report) if report and report.is_file() else ""
    for each in batch.unread:
        yield each.study, f"{each.outcome}: {shown(each.reason, longest=LONGEST_PATH)}", ""


def _name(study: Findings) -> str:
    """Write whose it is, and of when, as far as that is known."""
    when = study.examination.when
    known = (study.study, person(study.patient.name), None if when is None else when.date().isoformat())
    return " · ".join(part for part in known if part)
