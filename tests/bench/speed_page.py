"""The tables of ``docs/speed.md``: what a study's time goes to, how near inference is to its floor, what got faster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.bench.marked import write_block
from tests.bench.record import machine_in_words, read_record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

SUMS = {"all but DICOM objects and PDF": ("DICOM objects", "PDF"), "all but the PDF": ("PDF",), "all": ()}
"""What is said of a whole study, and what is left out of it."""
INFERENCE = "inference"
STEPS = "faster"
"""What the records of the steps begin with; the day is the rest of their name."""


def write_speed_page(page: Path, records: Path) -> None:
    """Write the tables from what is kept."""
    write_block(page, "shares", shares_table(read_record("shares", records)))
    steps = [read_record(path.stem, records) for path in sorted(records.glob(f"{STEPS}-*.json"))]
    write_block(page, STEPS, "\n\n".join(faster_table(step) for step in steps))


def shares_table(record: dict[str, Any]) -> str:
    """Write what the processor's seconds go to, and the floor below which inference cannot come."""
    studies = record["studies"]
    first = next(iter(studies.values()))["parts"]
    lines = [_row("part", (f"{name}: s | share" for name in studies)), "|---" * (1 + 2 * len(studies)) + "|"]
    dearest = sorted(first, key=lambda name: -max(study["parts"][name]["processor"] for study in studies.values()))
    lines += [_row(part, (_share(study["parts"], part) for study in studies.values())) for part in dearest]
    lines += [
        _row(f"**{said}**", (f"**{whole(study['parts'], left_out):.2f}** | " for study in studies.values()))
        for said, left_out in SUMS.items()
    ]
    floors = [_floor(name, study) for name, study in studies.items()]
    return "\n".join([*lines, "", *floors, "", machine_in_words(record)])


def faster_table(record: dict[str, Any]) -> str:
    """Write each part before and after one step, measured in one run."""
    before, after = record["before"], record["after"]
    lines = [_row("part", (f"{name}: before | after" for name in after)), "|---" * (1 + 2 * len(after)) + "|"]
    lines += [
        _row(part, (_pair(before[name]["parts"], after[name]["parts"], part) for name in after))
        for part in next(iter(after.values()))["parts"]
    ]
    pairs = [f"**{whole(before[name]['parts']):.2f}** | **{whole(after[name]['parts']):.2f}**" for name in after]
    lines.append(_row("**all**", pairs))
    return "\n".join([*lines, "", f"Before is {record['since']}. {machine_in_words(record)}"])


def whole(parts: dict[str, dict[str, float]], left_out: Collection[str] = ()) -> float:
    """Add the processor's seconds up."""
    return sum(part["processor"] for name, part in parts.items() if name not in left_out)


def _row(first: str, cells: Iterable[str]) -> str:
    return f"| {' | '.join([first, *cells])} |"


def _share(parts: dict[str, dict[str, float]], part: str) -> str:
    seconds = parts[part]["processor"]
    return f"{seconds:.2f} | {seconds / whole(parts):.0%}"


def _pair(before: dict[str, dict[str, float]], after: dict[str, dict[str, float]], part: str) -> str:
    return f"{before[part]['processor']:.2f} | {after[part]['processor']:.2f}"


def _floor(name: str, study: dict[str, Any]) -> str:
    took, floor = study["parts"][INFERENCE]["processor"], study["inference_floor_s"]
    gmacs = sum(network["slices"] * network["gmacs_a_slice"] for network in study["networks"].values())
    return (
        f"- {name}: the networks multiply {gmacs:.0f} billion times; at {study['int8_peak_gmacs_a_core']:.0f} billion "
        f"8-bit multiplications a second and core, the peak measured in the same run, that is {floor:.2f} s. Inference "
        f"takes {took:.2f} s, {took / floor:.1f} times its floor."
    )
