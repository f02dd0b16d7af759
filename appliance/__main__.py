"""The commands. Each ends with an exit code of ``errors.ExitCode`` and, if it fails, one sentence.

Libraries are imported by the command that needs them, so that ``outpost --version`` answers at once.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from appliance import __version__
from appliance.cohort.command import add_cohort_command
from appliance.contracts import FilesSeen, Kind, all_kinds
from appliance.engine.choice import Device
from appliance.errors import ExitCode, Misuse, OutpostError
from appliance.report.check_command import add_check_command
from appliance.report.printing.command import add_print_command
from appliance.settings import Settings, load_settings
from appliance.summary.command import add_report_command
from appliance.update.command import add_update_commands
from appliance.verify import add_verify_command
from appliance.words import counted, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from appliance.doctor import Finding
    from appliance.pipeline.events import Ended, Event
    from appliance.pipeline.reading import StudyReader
    from appliance.stock import StockEvent


REDO = ("nothing", "outdated", "all")
"""The words of ``pipeline.Redo``, which is not imported to keep ``--version`` fast."""


class _Parser(argparse.ArgumentParser):
    """Ends with the exit code that the contract names, not with argparse's own."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command line."""
        self.print_usage(sys.stderr)
        self.exit(ExitCode.MISUSE, f"outpost: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command."""
    _let_any_script_be_printed()
    options = _parser().parse_args(arguments)
    try:
        return _answered(options)
    except BrokenPipeError:
        sys.stderr.close()
        return int(ExitCode.INTERRUPTED)
    except KeyboardInterrupt:
        print("outpost: stopped.", file=sys.stderr)
        return int(ExitCode.INTERRUPTED)


def _answered(options: argparse.Namespace) -> int:
    """Run a command to its answer, which may be a refusal: then this program works here."""
    try:
        answer = int(options.command(options))
    except OutpostError as error:
        print(f"outpost: {error}", file=sys.stderr)
        answer = int(error.exit_code)
    _tell_that_it_works()
    return answer


def _tell_that_it_works() -> None:
    """Say so to the update that may have brought this program; only an executable came with one."""
    if getattr(sys, "frozen", False):
        from appliance.update.handover import started_well  # noqa: PLC0415 - keeps --version fast

        started_well()


def _app(_options: argparse.Namespace) -> ExitCode:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Misuse("The app needs a terminal.", advice="Give a command: “outpost --help” lists them.")
    from appliance.tui.start import run_app  # noqa: PLC0415 - keeps --version fast

    run_app()
    return ExitCode.ALL_READ


def _list(options: argparse.Namespace) -> ExitCode:
    folder: Path = options.folder
    if not folder.exists():
        raise Misuse(
            f"{shown(str(folder))} does not exist.", advice="Check the spelling, or that the disk is plugged in."
        )
    return _print_stock(folder, _settings(options), options)


def _run(options: argparse.Namespace) -> ExitCode:
    from appliance.pipeline import Batch, Redo, run_batch  # noqa: PLC0415 - keeps --version fast
    from appliance.running import exit_code, json_lines, stopped_by_hand, text_lines  # noqa: PLC0415 - the same

    batch = Batch(
        options.folder,
        options.output,
        _settings(options),
        operator=options.operator,
        told=options.told,
        redo=Redo(options.redo),
    )
    ended: list[Ended] = []
    with stopped_by_hand(batch.stop):
        events = run_batch(batch, lambda: _packages(options, batch.settings))
        for line in (json_lines if options.json else text_lines)(_noting(events, ended)):
            print(line, flush=True)
    return exit_code(ended[0] if ended else None)


def _packages(options: argparse.Namespace, settings: Settings) -> AbstractContextManager[StudyReader]:
    from appliance.pipeline.opening import open_active, open_packages  # noqa: PLC0415 - the first event does not wait

    if options.models:
        return open_packages(options.models, settings, options.device)
    return open_active(settings, options.device)


def _demo(options: argparse.Namespace) -> ExitCode:
    from appliance.sample.clinic import make_clinic  # noqa: PLC0415 - only this command needs it

    print(f"Making the sample clinic in {shown(str(options.folder))}: invented patients, nothing is downloaded …")
    clinic = make_clinic(options.folder)
    _print_stock(clinic.scans, _settings(options), options)
    return ExitCode.ALL_READ


def _doctor(options: argparse.Namespace) -> ExitCode:
    from appliance.doctor import examine  # noqa: PLC0415 - keeps --version fast
    from appliance.engine.engines import Engines  # noqa: PLC0415 - the same
    from appliance.models.slots import active_models  # noqa: PLC0415 - the same

    settings = _settings(options)
    models = options.models or active_models().folder
    with Engines(settings.computing, options.device) as engines:
        return _print_findings(examine(options.output, models, engines, settings.limits))


def _verify_models(options: argparse.Namespace) -> ExitCode:
    from appliance.doctor import examine_models  # noqa: PLC0415 - keeps --version fast
    from appliance.engine.engines import Engines  # noqa: PLC0415 - the same

    settings = _settings(options)
    with Engines(settings.computing, options.device) as engines:
        return _print_findings(examine_models(options.folder, engines, settings.limits))


def _verify_ledger(options: argparse.Namespace) -> ExitCode:
    from appliance.ledger.verify import anchor_from, verify_ledger  # noqa: PLC0415 - keeps --version fast

    verdict = verify_ledger(options.folder, anchor_from(options.anchor) if options.anchor else None)
    print("\n".join(verdict.sentences))
    print(f"Newest entry: {verdict.newest}" if verdict.newest else "The ledger does not hold.")
    return ExitCode.ALL_READ if verdict.sound else ExitCode.SOME_REFUSED


def _print_findings(findings: Iterator[Finding]) -> ExitCode:
    faults = 0
    for finding in findings:
        print(finding, flush=True)
        faults += finding.is_fault
    return ExitCode.SOME_REFUSED if faults else ExitCode.ALL_READ


def _print_stock(folder: Path, settings: Settings, options: argparse.Namespace) -> ExitCode:
    from appliance.listing import json_lines, text_lines  # noqa: PLC0415 - keeps --version fast
    from appliance.stock import Tally, take_stock  # noqa: PLC0415 - the same

    tally = Tally()
    events = tally.counting(take_stock(folder, settings, told=options.told, decode=options.decode))
    for line in json_lines(events) if options.json else text_lines(_with_progress(events)):
        print(line)
    return tally.exit_code()


def _noting(events: Iterator[Event], ended: list[Ended]) -> Iterator[Event]:
    """Let the events through, and keep the last; once the models are open, hours may follow."""
    from appliance.pipeline.events import Ended, Ready  # noqa: PLC0415 - keeps --version fast

    for event in events:
        if isinstance(event, Ready):
            _tell_that_it_works()
        if isinstance(event, Ended):
            ended.append(event)
        yield event


def _with_progress(events: Iterator[StockEvent]) -> Iterator[StockEvent]:
    """Show a counter on a terminal while nothing else is to be said."""
    on_a_terminal = sys.stderr.isatty()
    for event in events:
        if on_a_terminal:
            files = event.files if isinstance(event, FilesSeen) else None
            print(f"\r\x1b[K{counted(files, 'file')} …\r" if files else "\r\x1b[K", end="", file=sys.stderr, flush=True)
        yield event


def _settings(options: argparse.Namespace) -> Settings:
    return load_settings(options.settings) if options.settings else Settings()


def _let_any_script_be_printed() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _parser() -> _Parser:
    parser = _Parser(prog="outpost", description="An offline second reader for MRI. Not a diagnosis.")
    parser.add_argument("--version", action="version", version=f"outpost {__version__}")
    parser.set_defaults(command=_app)
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", description="Without a command the app is opened."
    )

    listing = commands.add_parser(
        "list", help="say what is in a folder, what it would be read as, and what is left out"
    )
    listing.add_argument("folder", type=Path, help="a folder, a single scan, or a zip")
    listing.add_argument("--decode", action="store_true", help="also decode every scan that would be read")
    _add_listing_options(listing)
    listing.set_defaults(command=_list)

    run = commands.add_parser("run", help="read every study of a folder and write the results")
    run.add_argument("folder", type=Path, help="a folder, a single scan, or a zip")
    run.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="where the results go")
    run.add_argument("--redo", choices=REDO, default=REDO[0], help="read again what is unchanged (default: nothing)")
    run.add_argument("--operator", default="", metavar="NAME", help="who answers for this batch; stands in the record")
    run.add_argument("--models", type=Path, metavar="FOLDER", help="the models to use, instead of the built-in")
    run.add_argument("--device", type=_device, metavar="WHERE", default=Device.AUTO, help=f"one of {', '.join(Device)}")
    _add_listing_options(run)
    run.set_defaults(command=_run)

    demo = commands.add_parser("demo", help="make a sample clinic of invented patients and list what was read in it")
    demo.add_argument("folder", type=Path, nargs="?", default=Path("sample-clinic"), help="where to make it")
    _add_listing_options(demo)
    demo.set_defaults(command=_demo, decode=True)

    doctor = commands.add_parser("doctor", help="say what this machine can do, and whether the models work on it")
    doctor.add_argument("-o", "--output", type=Path, default=Path(), metavar="OUT", help="where results would go")
    doctor.add_argument("--models", type=Path, metavar="FOLDER", help="the models to test, instead of the built-in")
    _add_engine_options(doctor)
    doctor.set_defaults(command=_doctor)

    about_models = commands.add_parser("models", help="list, check and update the models, or go back to those before")
    models = about_models.add_subparsers(required=True, metavar="ACTION")
    verify = models.add_parser("verify", help="check every file of a package, and let it test itself")
    verify.add_argument("folder", type=Path, help="a package, or a folder of packages")
    _add_engine_options(verify)
    verify.set_defaults(command=_verify_models)
    add_update_commands(models)

    add_report_command(commands)
    add_cohort_command(commands)
    add_print_command(commands)
    add_verify_command(commands)

    ledger = commands.add_parser("ledger", help="check the record").add_subparsers(required=True, metavar="ACTION")
    audit = ledger.add_parser("verify", help="check that no entry and no result was changed or removed")
    audit.add_argument("folder", type=Path, help="a folder that results were written into")
    audit.add_argument("--anchor", metavar="N:HASH", help="an entry that a report names: it must still be there")
    audit.set_defaults(command=_verify_ledger)
    add_check_command(ledger)
    return parser


def _add_listing_options(parser: argparse.ArgumentParser) -> None:
    kinds = ", ".join(kind.value for kind in all_kinds())
    parser.add_argument(
        "--as",
        dest="told",
        type=_kind,
        metavar="KIND",
        help=f"take series that are not sure, or a single scan, for this: {kinds}",
    )
    parser.add_argument("--json", action="store_true", help="one JSON event a line, for programs")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a settings file (outpost.toml)")


def _add_engine_options(parser: argparse.ArgumentParser) -> None:
    words = ", ".join(Device)
    parser.add_argument("--device", type=_device, metavar="WHERE", default=Device.AUTO, help=f"one of {words}")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a settings file (outpost.toml)")


def _kind(word: str) -> Kind:
    try:
        return Kind(word)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{word}” is none of {', '.join(all_kinds())}") from None


def _device(word: str) -> Device:
    try:
        return Device(word)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{word}” is none of {', '.join(Device)}") from None


if __name__ == "__main__":
    sys.exit(main())
