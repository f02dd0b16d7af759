"""One update from beginning to end, as a sentence a step; it is installed as a whole, or it never was.

In this order: open, verify, ask, plan, copy, test, switch, look. Until the switch everything lies beside what is
used; the switch is one renaming; after it the models are looked at once more as reading looks at them, and if they
are not as they were, the switch is taken back. Every step is in the record before the next one begins.
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.errors import ConsentNeeded, OutpostError, OutputFailed
from appliance.models.slots import packages_in
from appliance.update.activate import activate_models
from appliance.update.carrier import open_bundle, told
from appliance.update.doubts import doubts_about
from appliance.update.names import RELEASE
from appliance.update.plan import plan_for
from appliance.update.programs import install_program
from appliance.update.record import Stage, Step, Told, recording
from appliance.update.release import LONGEST_DESCRIPTION, release_from
from appliance.update.staging import check_room, copy_one, copy_signed, empty_folder, remove, wanted_files
from appliance.update.trust import read_trust, write_trust
from appliance.update.verify import refused, verified
from appliance.words import counted, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.update.carrier import Bundle
    from appliance.update.machine import Machine
    from appliance.update.plan import Plan
    from appliance.update.record import Record
    from appliance.update.release import Release
    from appliance.update.verify import Verified


HOW_TO_CONSENT = (
    "If you know that this is the newest update, or that the clock is wrong, say so: with “--accept-expired”, "
    "or by answering yes in the app. Your answer is kept in the record."
)
LONGEST_LINE = 300
"""Of the release notes."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a bundle would do, before anything is done."""

    release: Release
    plan: Plan
    doubts: tuple[str, ...]


def look_into(path: Path, machine: Machine) -> Offer:
    """Verify a bundle and say what it would do; nothing on this machine is changed."""
    with _signed(path, machine) as (_, signed, release):
        return Offer(release, plan_for(release, machine.here()), tuple(_doubts(signed, release, machine)))


def install(path: Path, machine: Machine, *, accept_expired: bool = False) -> Iterator[Told]:
    """Install a bundle, or raise and leave everything as it was."""
    with recording(machine.state.folder, machine.operator) as record:
        yield from (Told(Stage.NOTICE, sentence) for sentence in record.notices())
        before = machine.digest()
        record.tell(Step.BEGUN, bundle=path.name, models_before=before)
        try:
            yield from _installed(path, machine, record, accept_expired=accept_expired)
        except OutpostError as error:
            with contextlib.suppress(OutputFailed):
                record.tell(Step.REFUSED, why=error.what, models_before=before, models_after=machine.digest())
            raise
        finally:
            with contextlib.suppress(OSError):
                remove(machine.state.staging)


def _installed(path: Path, machine: Machine, record: Record, *, accept_expired: bool) -> Iterator[Told]:
    with _signed(path, machine) as (bundle, signed, release):
        record.tell(Step.VERIFIED, release=str(release.number), made_at=release.made_at.isoformat())
        yield Told(Stage.VERIFY, f"Release {release.number} of {release.made_at:%Y-%m-%d} is signed by the publisher.")
        yield from (Told(Stage.NOTES, shown(line, longest=LONGEST_LINE)) for line in release.notes.splitlines() if line)
        doubts = _doubts(signed, release, machine)
        _settle(doubts, record, accepted=accept_expired)
        _remember(signed, release, machine)
        plan = plan_for(release, machine.here())
        record.tell(Step.CHECKED, models=" ".join(plan.models), kept=" ".join(plan.kept))
        yield from (Told(Stage.NOTICE, notice) for notice in (*doubts, *plan.notices))
        yield Told(Stage.CHECK, _told_plan(plan))
        if not plan.is_empty:
            yield _copied(bundle, signed, plan, machine, record)
            yield from _activated(signed, release, plan, machine, record)
    record.tell(Step.DONE, models_after=machine.digest(), models=" ".join(packages_in(machine.models())))
    yield Told(Stage.DONE, _told_end(plan, machine))


@contextlib.contextmanager
def _signed(path: Path, machine: Machine) -> Iterator[tuple[Bundle, Verified, Release]]:
    """Open and verify a bundle, and read its first file, which tells of all others."""
    root, trust = machine.trusted_root(), read_trust(machine.state)
    most = machine.settings.limits.max_update_bytes
    with open_bundle(path, most) as bundle, verified(bundle, trust, root) as signed:
        yield bundle, signed, release_in(bundle, signed)


def release_in(bundle: Bundle, signed: Verified) -> Release:
    """Read the first file of a verified bundle."""
    first = next(bundle.files, None)
    if first is None or first.name != RELEASE or signed.length(RELEASE) > LONGEST_DESCRIPTION:
        raise refused(bundle.path, f"it does not begin with {RELEASE}")
    with tempfile.TemporaryDirectory(prefix="outpost-") as folder:
        copy_one(first, signed, Path(folder) / RELEASE)
        content = (Path(folder) / RELEASE).read_bytes()
    with told(bundle.path):
        return release_from(content)


def _doubts(signed: Verified, release: Release, machine: Machine) -> list[str]:
    now = machine.clock()
    return doubts_about(now, release.made_at, signed.trust.newest, signed.ran_out(now))


def _settle(doubts: list[str], record: Record, *, accepted: bool) -> None:
    """Go on only if nothing is doubtful, or a person said yes; the yes is kept."""
    if not doubts:
        return
    if not accepted:
        raise ConsentNeeded(" ".join(doubts), advice=HOW_TO_CONSENT)
    record.tell(Step.CONSENTED, to=" ".join(doubts))


def _remember(signed: Verified, release: Release, machine: Machine) -> None:
    """From here on nothing older is accepted on this machine, whether or not this one passes its test."""
    newest = max(release.made_at, signed.trust.newest or release.made_at)
    write_trust(machine.state, replace(signed.trust, newest=newest))


def _copied(bundle: Bundle, signed: Verified, plan: Plan, machine: Machine, record: Record) -> Told:
    names = wanted_files(plan, signed)
    staging = machine.state.staging
    empty_folder(staging)
    check_room(staging, names, signed, machine.settings.limits.max_update_bytes)
    copy_signed(bundle, signed, names, staging)
    record.tell(Step.COPIED, files=str(len(names)))
    return Told(Stage.COPY, f"{counted(len(names), 'file')} copied and compared with what was signed.")


def _activated(signed: Verified, release: Release, plan: Plan, machine: Machine, record: Record) -> Iterator[Told]:
    if plan.models:
        yield from activate_models(release, plan, machine, record)
    if plan.program is not None:
        install_program(plan.program, signed, machine)
        record.tell(Step.PROGRAM, version=plan.program.version)
        yield Told(Stage.SWITCH, f"Program {plan.program.version} is used from the next start on.")


def _told_plan(plan: Plan) -> str:
    if plan.is_empty:
        return "This machine has all of it already."
    program = (f"program {plan.program.version}",) if plan.program else ()
    return f"It fits this machine and brings {', '.join((*plan.models, *program))}."


def _told_end(plan: Plan, machine: Machine) -> str:
    models = ", ".join(packages_in(machine.models()))
    return f"{'Nothing had to be done' if plan.is_empty else 'Done'}. Models in use: {models}."
