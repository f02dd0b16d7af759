"""The whole way from data to factory packages as a list of steps, each with what it makes.

A step whose product is there is not done again, so a line that was stopped goes on where it was; within a step the
trainings go on from their last epoch. A budget in minutes is shared out among the steps that train, by weight.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.errors import OutputFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLDS = 3
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

    def command(self, minutes: float) -> list[str]:
        """Return the arguments with the step's time."""
        return [*self.arguments, "--minutes", f"{minutes:.2f}"] if self.weight else list(self.arguments)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Where everything is."""

    data: Path
    runs: Path
    factory: Path
    ratio: float


def steps(given: Inputs) -> list[Step]:
    """Return the line: packs, teachers, students, what they can do, spine networks, packages, frontier."""
    return [*_packs(given), *_brains(given), *_teachers(given), *_students(given), *_spine(given), *_shipping(given)]


def left(line: Sequence[Step]) -> list[Step]:
    """Return the steps that are still to be done."""
    return [step for step in line if not step.product.exists()]


def shares(line: Sequence[Step], budget: float) -> dict[Path, float]:
    """Share minutes out among the steps that train."""
    whole = sum(step.weight for step in line)
    return {step.product: budget * step.weight / whole for step in line if step.weight}


def carry_out(line: Sequence[Step], budget: float) -> None:
    """Do what is left, and stop at the first step that fails."""
    todo = left(line)
    minutes = shares(todo, budget)
    for number, step in enumerate(todo, start=1):
        print(f"[{number}/{len(todo)}] {' '.join(step.arguments)}", flush=True)
        command = [sys.executable, "-m", *step.command(minutes.get(step.product, 0.0))]
        step.product.parent.mkdir(parents=True, exist_ok=True)
        if subprocess.run(command, check=False).returncode:  # noqa: S603 - our own commands
            raise OutputFailed(
                f"The step “{' '.join(step.arguments)}” failed.",
                advice="Mend it and start again: it goes on from here.",
            )


def _packs(given: Inputs) -> Iterator[Step]:
    brain = str(given.data / "brain")
    heads = given.runs / "heads.npz"
    yield Step(heads, ("training", "pack", "--heads", "--data", brain, "--out", str(heads)))


def _brains(given: Inputs) -> Iterator[Step]:
    heads, config = str(given.runs / "heads.npz"), "training/configs/brain.json"
    for fold in (*map(str, range(FOLDS)), "all"):
        yield _fit(given, f"brain-{fold}", fold, config, heads, weight=1.0)
    brains = given.runs / "brains.npz"
    yield Step(brains, ("training", "pack", "--data", str(given.data / "brain"), "--out", str(brains)))


def _teachers(given: Inputs) -> Iterator[Step]:
    for fold in (*map(str, range(FOLDS)), "all"):
        yield _fit(
            given, f"teacher-long-{fold}", fold, "training/configs/teacher.json", str(given.runs / "brains.npz"), 8.0
        )


def _fit(given: Inputs, name: str, fold: str, config: str, pack: str, weight: float) -> Step:
    product = given.runs / name / "network.safetensors"
    return Step(product, ("training", "fit", name, "--config", config, "--fold", fold, "--pack", pack), weight)


def _students(given: Inputs) -> Iterator[Step]:
    for fold in (*map(str, range(FOLDS)), "all"):
        teacher = given.runs / f"teacher-long-{fold}" / "network.safetensors"
        for name, alone in (("student", ()), ("control", ("--alone",))):
            if alone and fold == "all":
                continue
            arguments = ("--student", str(teacher), "--ratio", str(given.ratio), "--fold", fold, *alone)
            product = given.runs / f"{name}-{fold}" / "network.safetensors"
            yield Step(product, ("compression", "prune", f"{name}-{fold}", *arguments), 4.0)
    for name, networks, how in (
        ("teacher", "teacher-long", ("--mirrored",)),
        ("student", "student", ()),
        ("student-int8", "student", ("--int8",)),
        ("control", "control", ()),
    ):
        pattern = str(given.runs / f"{networks}-{{fold}}" / "network.safetensors")
        product = MEASURED / name / "metrics.json"
        yield Step(product, ("compression", "measure", name, "--networks", pattern, *how))


def _spine(given: Inputs) -> Iterator[Step]:
    lumbar = given.data / "lumbar"
    for what, folder, product in (
        ("axial", "axial_t1", "spine-axial-grader"),
        ("sagittal", "sagittal_masks", "spine-sagittal-segmenter"),
        ("discs", "sagittal_mid", "spine-sagittal-discs"),
    ):
        work = ("--work", str(given.runs / "spine"))
        yield Step(TRAINING / f"{product}.safetensors", ("training", "spine-fit", what, str(lumbar / folder), *work))
    teachers = ("--teachers", str(given.runs / "spine" / "spine-sagittal"))
    yield Step(given.runs / "sagittal-student" / "all.safetensors", ("compression", "sagittal", *teachers))


def _shipping(given: Inputs) -> Iterator[Step]:
    expectation = Path("training/results/anomaly/expectation.json")
    yield Step(expectation, ("training", "anomaly"))
    for task in ("brain-lesions", "brain-anomaly", "spine-axial", "spine-sagittal"):
        yield Step(given.factory / f"{task}-1.0.0", ("compression", "package", task, "--out", str(given.factory)))
    yield Step(MEASURED / "frontier" / "frontier.md", ("compression", "frontier"))
