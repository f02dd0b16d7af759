"""Says what this machine can do, what it cannot, and what to do about it; one finding after another.

The ``about_*`` functions judge facts and touch nothing. ``examine`` and ``examine_models`` look and try.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from appliance import machine
from appliance.engine.choice import Device, candidates
from appliance.engine.graphics_card import ask_for_cards
from appliance.engine.sentences import advice, capitalised, duration, phrase, title
from appliance.engine.session import Engine
from appliance.errors import BadModel
from appliance.models import ModelPackage, load_package, network_of, package_folders, self_test
from appliance.words import counted, megabytes, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from appliance.engine.choice import Attempt
    from appliance.engine.engines import Engines
    from appliance.engine.graphics_card import Cards
    from appliance.models import Tested
    from appliance.settings import Limits

OLDEST = date(2026, 1, 1)
"""No copy of this program is older."""
YEARS_OF_USE = 20
GIGA = 1_000_000_000
LITTLE_MEMORY, LITTLE_FREE_MEMORY, LITTLE_DISK = 3.5 * GIGA, 1 * GIGA, 2 * GIGA


class Verdict(StrEnum):
    """How a finding is to be taken."""

    GOOD = "ok"
    NOTE = "note"
    """It works, but somebody should know."""
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    topic: str
    verdict: Verdict
    sentence: str
    advice: str = ""

    @property
    def is_fault(self) -> bool:
        """Whether something has to be done before results can be trusted."""
        return self.verdict is Verdict.FAULT

    def __str__(self) -> str:
        return f"{self.verdict:<6}{self.topic:<11}{self.sentence} {self.advice}".rstrip()


def examine(output: Path, models: Path, engines: Engines, limits: Limits) -> Iterator[Finding]:
    """Look at everything; the quick things come first."""
    yield about_processor(machine.processor())
    yield about_memory(machine.memory())
    yield about_disk(machine.disk(output))
    packages = [load(folder, limits) for folder in package_folders(models)]
    good = [package for package in packages if isinstance(package, ModelPackage)]
    yield about_clock(datetime.now(tz=UTC).date(), [date.fromisoformat(package.spec.made_on) for package in good])
    yield about_cards(ask_for_cards())
    yield from try_engines(good, engines)
    yield from examine_packages(models, packages, engines)


def examine_models(models: Path, engines: Engines, limits: Limits) -> Iterator[Finding]:
    """Check a package, or every package of a folder, and let each test itself."""
    packages = (load(folder, limits) for folder in package_folders(models))
    return examine_packages(models, packages, engines)


def load(folder: Path, limits: Limits) -> ModelPackage | Finding:
    """Load a package, or say what is wrong with it."""
    try:
        return load_package(folder, limits)
    except BadModel as error:
        return Finding("model", Verdict.FAULT, error.what, error.advice)


def examine_packages(models: Path, packages: Iterable[ModelPackage | Finding], engines: Engines) -> Iterator[Finding]:
    """Let every package test itself; a folder without any is a fault."""
    empty = True
    for package in packages:
        empty = False
        if isinstance(package, Finding):
            yield package
        else:
            yield from (about_test(tested) for tested in self_test(package, engines))
    if empty:
        yield Finding(
            "model", Verdict.FAULT, f"{shown(str(models))} holds no model package.", "Install the program again."
        )


def try_engines(packages: list[ModelPackage], engines: Engines) -> Iterator[Finding]:
    """Try every engine with every precision on the largest network: its speed is the one that is felt."""
    networks = [network_of(package, name) for package in packages for name in package.spec.networks]
    if not networks:
        return
    network = max(networks, key=lambda each: len(each.cpu[0].content))
    attempts = [engines.attempt(engine, graph, network)[0] for engine, graph in candidates(Device.AUTO, network)]
    works = any(attempt.works for attempt in attempts)
    yield from dict.fromkeys(about_engine(attempt, other_works=works) for attempt in attempts)


def about_processor(found: machine.Processor) -> Finding:
    """Judge the processor: INT8 needs VNNI to be fast."""
    cores = f"{counted(found.cores, 'core')}, {counted(found.threads, 'thread')}"
    sentence = f"{shown(found.name)}: {cores}, {', '.join(found.instructions) or 'no vector instructions'}."
    if {"VNNI", "dot product"} & set(found.instructions):
        return Finding("processor", Verdict.GOOD, sentence)
    return Finding("processor", Verdict.NOTE, sentence, "It has no instructions for INT8, so the models run slower.")


def about_memory(found: machine.Memory) -> Finding:
    """Judge the memory against what the largest study takes."""
    sentence = f"{megabytes(found.total)}, of which {megabytes(found.available)} are free."
    if found.available < LITTLE_FREE_MEMORY:
        return Finding("memory", Verdict.NOTE, sentence, "Close other programs before a batch is started.")
    if found.total < LITTLE_MEMORY:
        return Finding("memory", Verdict.NOTE, sentence, "Run no other program beside this one.")
    return Finding("memory", Verdict.GOOD, sentence)


def about_disk(found: machine.Disk) -> Finding:
    """Judge the place for results."""
    place = shown(str(found.folder))
    if found.refusal:
        return Finding(
            "disk",
            Verdict.FAULT,
            f"Nothing can be written to {place} ({found.refusal}).",
            "Choose another folder for the results, or check that the disk is not write-protected.",
        )
    if found.free is None:
        return Finding("disk", Verdict.NOTE, f"{place} can be written to, but does not say how much room it has.")
    sentence = f"{megabytes(found.free)} are free at {place}."
    if found.free < LITTLE_DISK:
        return Finding("disk", Verdict.NOTE, sentence, "Make room before a large batch is started.")
    return Finding("disk", Verdict.GOOD, sentence)


def about_clock(today: date, models_made: list[date]) -> Finding:
    """Judge the clock: it cannot be earlier than the newest model, and not much later than the program."""
    earliest = max([OLDEST, *models_made])
    if earliest <= today and today.year <= earliest.year + YEARS_OF_USE:
        return Finding("clock", Verdict.GOOD, f"It is {today}.")
    return Finding(
        "clock",
        Verdict.FAULT,
        f"The clock says {today}, which cannot be: a part of this program was made on {earliest}.",
        "Set date and time, or every result will carry a wrong date; an empty battery on the mainboard does this.",
    )


def about_cards(found: Cards) -> Finding:
    """Say which NVIDIA cards there are; having none is no fault."""
    if not found.cards:
        return Finding("graphics", Verdict.NOTE, found.silence)
    cards = "; ".join(
        f"{shown(card.name)} with {card.memory_mib:,} MiB, of which {card.free_mib:,} are free" for card in found.cards
    )
    return Finding("graphics", Verdict.GOOD, f"{cards}; driver {shown(found.driver or '')}.")


def about_engine(attempt: Attempt, *, other_works: bool) -> Finding:
    """Judge one engine: it is only a fault if no other works."""
    if attempt.works:
        speed = f"{duration(attempt.seconds_a_slice)} a slice, at most {attempt.off_by:.2g} off"
        return Finding("engine", Verdict.GOOD, f"{title(attempt)} works: {speed}.")
    verdict = Verdict.NOTE if other_works else Verdict.FAULT
    useful = attempt.engine is Engine.CUDA or not other_works
    return Finding("engine", verdict, f"{capitalised(phrase(attempt))}.", advice(attempt) if useful else "")


def about_test(tested: Tested) -> Finding:
    """Judge a model's self-test."""
    verdict = Verdict.GOOD if tested.passed else Verdict.FAULT
    return Finding("model", verdict, f"{tested.network}: {tested.sentence}")
