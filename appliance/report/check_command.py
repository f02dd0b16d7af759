"""``outpost ledger check FOLDER CODE``: say whether a printed page is what was written."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeVar

from appliance.errors import ExitCode

Parser = TypeVar("Parser", bound=argparse.ArgumentParser)


def add_check_command(actions: argparse._SubParsersAction[Parser]) -> None:
    """Tell the command line of it."""
    parser = actions.add_parser("check", help="compare a printed page with the record, by the code on its first page")
    parser.add_argument("folder", type=Path, help="a folder that results were written into")
    parser.add_argument("code", help="what the square on the page says: OUTPOST1:…")
    parser.set_defaults(command=_check)


def _check(options: argparse.Namespace) -> ExitCode:
    from appliance.report.check import check_page  # noqa: PLC0415 - keeps --version fast
    from appliance.report.code import code_from  # noqa: PLC0415 - the same

    verdict = check_page(options.folder, code_from(options.code))
    print("\n".join(verdict.sentences))
    return ExitCode.ALL_READ if verdict.genuine else ExitCode.SOME_REFUSED
