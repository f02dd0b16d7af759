"""The whole way from data to factory packages as a list of steps, each with what it makes.

A step is done again only if its product is missing or older than what it was made of, as with make: a line that was
stopped goes on where it was, and a network that was trained anew is measured and packed anew. Within a step the
trainings go on from their last epoch. A budget in minutes is shared out among the steps that train, by weight.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.errors import OutputFailed
from appliance.models.agreement import DESCRIPTION
from appliance.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLDS = 3
EVERY_FOLD = (*map(str, range(FOLDS)), "all")
INVENTED = "96"
"""Slices of invented backs that the axial grader learns from besides: one in ten."""
TRAINING = Path("training/checkpoints")
MEASURED = Path("compression/results")


@dataclass(frozen=True, slots=True)
class Step:
    """One command, and the file by which one sees that it was carried out."""

    product: Path
    arguments: tuple[str, ...]
    """What follows ``python -m``."""
    weight: float = 0.0
    """Its share of the budget; 0 where it takes as long as it takes."""
    made_of: tuple[Path, ...] = ()
    """What it is too old for, if these are younger."""
    run: Path | None = None
    """Its own folder: what was begun there before its parts were made is not gone on with."""

    def command(self, minutes: float) -> list[str]:
        """Return the arguments with the step's time."""
        return [*self.arguments, "--minutes", f"{minutes:.2f}"] if self.weight else list(self.arguments)

    @property
    def name(self) -> str:
        """What a person calls it by."""
        return " ".join(self.arguments)

    @property
    def done(self) -> bool:
        """Whether the product is there and no older than what it is made of."""
        if not self.product.exists():
            return False
        made = self.product.stat().st_mtime
        return all(part.stat().st_mtime <= made for part in self.made_of if part.exists())

    def forget_what_is_stale(self) -> None:
        """Remove a run that learnt from parts which have been made anew since: its command would keep it."""
        left = [file.stat().st_mtime for file in self.run.rglob("*") if file.is_file()] if self.run else []
        parts = [part.stat().st_mtime for part in self.made_of if part.exists()]
        if self.run and left and parts and max(left) < max(parts):
            shutil.rmtree(self.run)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Where everything is, and how long the networks that must only be compared may learn."""

    data: Path
    runs: Path
    factory: Path
    ratio: float
    rounds: int
    anomaly_steps: int


def steps(given: Inputs) -> list[Step]:
    """Return the line: packs, teachers, students, what they can do, spine networks, packages, what it all costs."""
    line = [*_packs(given), *_brains(given), *_teachers(given), *_students(given), *_spine(given), *_shipping(given)]
    return [replace(step, arguments=(*step.arguments, *_places(given, step))) for step in line]


def left(line: Sequence[Step]) -> list[Step]:
    """Return the steps that are still to be done: what must be made anew makes all that follows from it anew."""
    todo: list[Step] = []
    for step in line:
        if not step.done or any(made.product in step.made_of for made in todo):
            todo.append(step)
    return todo


def shares(line: Sequence[Step], budget: float) -> dict[Path, float]:
    """Share minutes out among the steps that train."""
    whole = sum(step.weight for step in line)
    return {step.product: budget * step.weight / whole for step in line if step.weight}


def carry_out(line: Sequence[Step], budget: float) -> None:
    """Do what is left. What follows from a step that failed is not tried; the rest is done, and then it is said."""
    todo = left(line)
    minutes = shares(todo, budget)
    failed: list[Step] = []
    missing: set[Path] = set()
    for number, step in enumerate(todo, start=1):
        if missing.intersection(step.made_of):
            print(f"[{number}/{len(todo)}] left out, for want of what failed: {step.name}", flush=True)
        elif _done(step, minutes.get(step.product, 0.0), f"[{number}/{len(todo)}]"):
            continue
        else:
            failed.append(step)
        missing.add(step.product)
    if failed:
        names = "; ".join(f"“{step.name}”" for step in failed)
        raise OutputFailed(
            f"{counted(len(failed), 'step')} failed: {names}.",
            advice="What they said stands above. Mend it and start again: it goes on from there.",
        )


def _done(step: Step, minutes: float, place: str) -> bool:
    """Carry a step out, and say whether it worked."""
    print(f"{place} {step.name}", flush=True)
    command = [sys.executable, "-m", *step.command(minutes)]
    step.forget_what_is_stale()
    step.product.parent.mkdir(parents=True, exist_ok=True)
    return subprocess.run(command, check=False).returncode == 0  # noqa: S603 - our own commands


def _places(given: Inputs, step: Step) -> tuple[str, ...]:
    """Tell a command where the data and the runs are, but for the spine's trainings, which were told."""
    module, verb, *_ = step.arguments
    if verb == "spine-fit":
        return ()
    data = given.data / "brain" if module == "training" else given.data
    return ("--data", str(data), "--runs", str(given.runs))


def _packs(given: Inputs) -> Iterator[Step]:
    yield Step(_heads(given), ("training", "pack", "--heads", "--out", str(_heads(given))))


def _brains(given: Inputs) -> Iterator[Step]:
    for fold in EVERY_FOLD:
        yield _fit(given, f"brain-{fold}", fold, "training/configs/brain.json", _heads(given), weight=1.0)
    pack = _pack(given)
    asked = ("training", "pack", "--brains", _every_fold(given, "brain"), "--out", str(pack))
    yield Step(pack, asked, made_of=(_network(given, "brain-all"),))


def _teachers(given: Inputs) -> Iterator[Step]:
    for fold in EVERY_FOLD:
        yield _fit(given, f"teacher-long-{fold}", fold, "training/configs/teacher.json", _pack(given), weight=8.0)


def _fit(given: Inputs, name: str, fold: str, config: str, pack: Path, weight: float) -> Step:
    asked = ("--config", config, "--fold", fold, "--pack", str(pack))
    product = _network(given, name)
    return Step(product, ("training", "fit", name, *asked), weight, (pack,), product.parent)


def _students(given: Inputs) -> Iterator[Step]:
    for fold in EVERY_FOLD:
        teacher = _network(given, f"teacher-long-{fold}")
        for name, alone in (("student", ()), ("control", ("--alone",))):
            if alone and fold == "all":
                continue
            before = teacher
            for run, ratio in _rounds(given, f"{name}-{fold}"):
                asked = ("--student", str(before), "--ratio", str(ratio), "--fold", fold, *alone)
                arguments = (*asked, "--teachers", _every_fold(given, "teacher-long"))
                before, parts = _network(given, run), (teacher, before)
                yield Step(before, ("compression", "prune", run, *arguments), 1.0, parts, before.parent)
    for name, networks, how in (
        ("teacher", "teacher-long", ("--mirrored",)),
        ("student", "student", ()),
        ("student-int8", "student", ("--int8",)),
        ("control", "control", ()),
    ):
        measured = tuple(_network(given, f"{networks}-{fold}") for fold in range(FOLDS))
        asked = ("compression", "measure", name, "--networks", _every_fold(given, networks), *how)
        yield Step(MEASURED / name / "metrics.json", asked, made_of=measured)


def _rounds(given: Inputs, student: str) -> Iterator[tuple[str, float]]:
    """Name a student's trainings and the share of channels that goes before each: none before every second one."""
    for number in range(1, given.rounds + 1):
        yield f"{student}-pruned-{number}", given.ratio
        yield student if number == given.rounds else f"{student}-taught-{number}", 0.0


def _spine(given: Inputs) -> Iterator[Step]:
    """Give the spine's networks; the sagittal student learns from the segmenters of the folds, so they come first."""
    masks, mid = (str(given.data / "lumbar" / name) for name in ("sagittal_masks", "sagittal_mid"))
    work = given.runs / "spine"
    fit, kept = ("training", "spine-fit"), ("--work", str(work))
    axial = str(given.data / "lumbar" / "axial_t1")
    yield Step(TRAINING / "spine-axial-grader.safetensors", (*fit, "axial", axial, *kept, "--invented", INVENTED), 6.0)
    folds, segmenter = work / "spine-sagittal" / f"fold{FOLDS - 1}.safetensors", _segmenter()
    yield Step(folds, (*fit, "sagittal", masks, *kept, "--stage", "folds"), 9.0)
    final = work / "spine-sagittal" / "all"
    yield Step(segmenter, (*fit, "sagittal", masks, *kept, "--stage", "all"), 3.0, (folds,), final)
    discs = TRAINING / "spine-sagittal-discs.safetensors"
    yield Step(discs, (*fit, "discs", mid, *kept), 6.0, (segmenter,), work / "spine-discs")
    teachers = ("compression", "sagittal", "--teachers", str(folds.parent))
    student = _sagittal_student(given)
    yield Step(student, teachers, 9.0, (folds, segmenter), student.parent)


def _shipping(given: Inputs) -> Iterator[Step]:
    drawn = given.runs / "anomaly" / "maps.png"
    compared = ("training", "anomaly", "--steps", str(given.anomaly_steps), "--brains", _every_fold(given, "brain"))
    yield Step(drawn, compared, made_of=(_pack(given),))
    measured = tuple(MEASURED / name / "metrics.json" for name in ("teacher", "student", "student-int8"))
    packages = []
    for task, parts in (
        ("brain-lesions", (_network(given, "student-all"), *measured)),
        ("brain-anomaly", (drawn,)),
        ("spine-axial", (TRAINING / "spine-axial-grader.safetensors",)),
        ("spine-sagittal", (_sagittal_student(given), TRAINING / "spine-sagittal-discs.safetensors")),
    ):
        package = given.factory / f"{task}-1.0.0" / DESCRIPTION
        yield Step(package, ("compression", "package", task, "--out", str(given.factory)), made_of=parts)
        packages.append(package)
    yield Step(MEASURED / "frontier" / "frontier.md", ("compression", "frontier"), made_of=measured)
    shipped = ("compression", "shipped", "--out", str(given.factory))
    yield Step(MEASURED / "shipped" / "shipped.md", shipped, made_of=tuple(packages))


def _every_fold(given: Inputs, run: str) -> str:
    return str(_network(given, f"{run}-{{fold}}"))


def _heads(given: Inputs) -> Path:
    return given.runs / "heads.npz"


def _pack(given: Inputs) -> Path:
    return given.runs / "brains.npz"


def _network(given: Inputs, run: str) -> Path:
    return given.runs / run / "network.safetensors"


def _segmenter() -> Path:
    return TRAINING / "spine-sagittal-segmenter.safetensors"


def _sagittal_student(given: Inputs) -> Path:
    return given.runs / "sagittal-student" / "all.safetensors"
