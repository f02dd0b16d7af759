"""The code of a printed page → whether the ledger knows that result. Changes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.errors import NothingToRead
from appliance.findings.json_file import NAME
from appliance.ledger.database import LEDGER_NAME, DamagedError, reading
from appliance.ledger.records import State
from appliance.ledger.verify import verify_ledger
from appliance.words import shown

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.report.code import ReportCode


@dataclass(frozen=True, slots=True)
class PageVerdict:
    """What the ledger says of a page."""

    genuine: bool
    sentences: tuple[str, ...]


def check_page(folder: Path, code: ReportCode) -> PageVerdict:
    """Look a page's result up, in a ledger whose chain holds."""
    path = folder / LEDGER_NAME
    if not path.is_file():
        raise NothingToRead(
            f"There is no ledger in {shown(str(folder))}.", advice="Give the folder that results were written into."
        )
    chain = verify_ledger(folder)
    if chain.newest is None:
        return PageVerdict(False, ("The ledger itself does not hold, so it can prove nothing.", *chain.sentences))
    try:
        with reading(path) as connection:
            rows = connection.execute(
                "SELECT at, body FROM entry WHERE study = ? AND kind = ? ORDER BY sequence", (code.study, State.DONE)
            ).fetchall()
    except DamagedError as damage:
        return PageVerdict(False, (f"The ledger's file is damaged ({damage}), so it can prove nothing.",))
    return _judged(code, [(at, _result(body)) for at, body in rows])


def _judged(code: ReportCode, results: list[tuple[str, str | None]]) -> PageVerdict:
    """Compare the page's hash with those of every reading of the study, the newest last."""
    if not results:
        return PageVerdict(
            False, (f"The ledger has no result of {shown(code.study)}.", "Ask where the page was printed.")
        )
    hashes = [digest for _, digest in results]
    if code.sha256 not in hashes:
        return PageVerdict(
            False,
            (
                f"{shown(code.study)} was read, but never with this result.",
                "The page was changed, or comes from another computer: do not rely on it.",
            ),
        )
    at = results[len(hashes) - 1 - hashes[::-1].index(code.sha256)][0]
    told = f"This page belongs to the result of {shown(code.study)} that was written on {at[:10]} at {at[11:16]} UTC."
    if hashes[-1] == code.sha256:
        return PageVerdict(True, (told, "It is the newest one."))
    return PageVerdict(True, (told, f"The study was read again later, on {results[-1][0][:10]}: use that report."))


def _result(body: str) -> str | None:
    """Give the hash of the findings that a reading wrote."""
    outputs = json.loads(body)["outputs"]
    return next((sha256 for path, sha256, _ in outputs if path.rpartition("/")[2] == NAME), None)
