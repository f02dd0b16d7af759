"""``outpost cohort TABLE -o OUT``: tables, figures, a workbook and a PDF of many people."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from appliance.errors import ExitCode, OutputFailed
from appliance.words import counted, shown

PAPERS = {"a4": "A4", "letter": "Letter"}
Parser = TypeVar("Parser", bound=argparse.ArgumentParser)


def add_cohort_command(commands: argparse._SubParsersAction[Parser]) -> None:
    """Tell the command line of it."""
    parser = commands.add_parser("cohort", help="count and compare many people, from a table or a folder of results")
    parser.add_argument("table", type=Path, help="a table like tabriz_1380.csv, or a folder that results lie in")
    parser.add_argument("-o", "--output", type=Path, default=Path("cohort"), metavar="OUT", help="where to write")
    parser.add_argument("--paper", choices=PAPERS, default="a4", help="the paper's size")
    parser.set_defaults(command=_cohort)


def _cohort(options: argparse.Namespace) -> ExitCode:
    from appliance.atomic import write_whole  # noqa: PLC0415 - keeps --version fast
    from appliance.cohort.figures import all_figures  # noqa: PLC0415 - the same
    from appliance.cohort.pages import make_pages  # noqa: PLC0415 - the same
    from appliance.cohort.people import read_people  # noqa: PLC0415 - the same
    from appliance.cohort.published import is_the_published_table, published_figures  # noqa: PLC0415 - the same
    from appliance.cohort.statistics import all_tables  # noqa: PLC0415 - the same
    from appliance.cohort.tables import in_lines  # noqa: PLC0415 - the same
    from appliance.report.workbook import workbook_of  # noqa: PLC0415 - the same

    people = read_people(options.table)
    tables = all_tables(people)
    published = published_figures(people) if is_the_published_table(people) else None
    if published is not None:
        tables = (published, *tables)
    drawings = all_figures(people)
    made_at = datetime.now(UTC).replace(microsecond=0)
    folder = _made(options.output)
    write_whole(folder / "cohort.xlsx", workbook_of(tables, made_at))
    write_whole(folder / "cohort.pdf", make_pages(people, tables, drawings, made_at, PAPERS[options.paper]))
    for drawing in drawings:
        write_whole(folder / f"{drawing.name}.png", drawing.png)
        write_whole(folder / f"{drawing.name}.svg", drawing.svg)
    for line in in_lines(published) if published is not None else ():
        print(line)
    print(f"{counted(len(people.people), 'person', 'people')} counted; the results are in {shown(str(folder))}.")
    return ExitCode.ALL_READ


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputFailed(
            f"The folder {shown(folder.name)} could not be made ({error.strerror}).",
            advice="Choose another place with -o.",
        ) from error
    return folder
