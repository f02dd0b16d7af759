"""What each verb of ``python -m compression`` does, one function a verb."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from appliance.models.spec import Role, Task
from appliance.words import megabytes
from compression import sagittal_course
from compression.anomaly import anomaly_package
from compression.brain import MARGIN_PX, lesion_package, slices_of
from compression.courses import ALL, pack_with_phantoms, teach
from compression.distil import DistilConfig
from compression.figures import (
    INT8,
    SHIPS,
    TISSUES,
    anomaly_figures,
    chosen_thresholds,
    lesion_figures,
    lesions_kept,
    segmenter_kept,
    spine_figures,
)
from compression.frontier import kept, recorded, rows, timed_before
from compression.frontier_report import FACTS, report
from compression.gate import judged, refuse
from compression.keeping import Places, Stage, choose_limits, measure_stage
from compression.line import Inputs, carry_out, steps
from compression.package import build
from compression.prune import measure_norms_anew, pruned
from compression.pruned import load_any
from compression.sagittal_student import SagittalCourse
from compression.shipped import costs
from compression.shipped_report import report_shipped
from compression.spine import axial_package, sagittal_package
from compression.teaching import weights_of
from training.anomaly.methods import EXPECTED
from training.crossval import Choice
from training.packed import pack_hash, save_pack
from training.record import read_json, write_json
from training.splits import load_split

if TYPE_CHECKING:
    from argparse import Namespace

    from appliance.models.spec import Measured
    from compression.recipe import PackageRecipe

FINE_TUNING_RATE = 1.5e-3
RECORDED = Path("training/results")
LESIONS = "student-all/network.safetensors"
OUT_OF_FOLD = "patients that the measured network never saw, in PyTorch"
FOLDS_STUDENTS = "patients that the folds' students, and who taught them, never saw"
AXIAL_FIGURES = (
    ("AUC of the canal, Serious against No", ("auc", "serious_vs_no")),
    ("the same from the level alone", ("auc", "level_only")),
    ("weighted κ of the canal", ("kappa_quadratic",)),
)
SAGITTAL = "sagittal-student"
FEWEST_STEPS, MOST_STEPS = 10, 240
"""Of each anomaly network in the comparison, one for each minute of the budget."""
SEGMENTER = f"{SAGITTAL}/all.safetensors"
SAGITTAL_FIGURES = tuple((f"Dice of {name}", ("dice", name)) for name in TISSUES)
DISC_FIGURES = (
    ("AUC of narrowing", ("T2", "auc", "narrowing")),
    ("AUC of herniation", ("T2", "auc", "herniation")),
    ("weighted κ of Pfirrmann's grade", ("T2", "kappa", "pfirrmann")),
)


def distil(args: Namespace) -> None:
    """Teach one student."""
    torch.set_num_threads(args.threads)
    config = DistilConfig()
    kept = teach(
        args.name,
        args.fold,
        args.teachers,
        runs=args.runs,
        brain=args.checkpoints / "brain.safetensors",
        split_file=args.split,
        results=args.results,
        minutes=args.minutes,
        config=config.without_teacher() if args.alone else config,
    )
    print(kept)


def prune(args: Namespace) -> None:
    """Take channels out of a student and teach it on."""
    torch.set_num_threads(args.threads)
    network, spec = load_any(args.student)
    config = DistilConfig().without_teacher() if args.alone else DistilConfig()
    pack = args.runs / "brains.npz"
    learners = None if args.fold == ALL else load_split(args.split).learned_from(int(args.fold))
    images = [torch.from_numpy(one) for one in slices_of(pack, MARGIN_PX, patients=learners)]
    narrow = pruned(network, images[0], args.ratio, [network.answer])
    measure_norms_anew(narrow, images)
    kept = teach(
        args.name,
        args.fold,
        args.teachers,
        runs=args.runs,
        brain=args.checkpoints / "brain.safetensors",
        split_file=args.split,
        results=args.results,
        minutes=args.minutes,
        config=replace(config, network=spec.network, learning_rate=FINE_TUNING_RATE),
        start=(args.student.parent.name, narrow),
    )
    print(f"{kept}: {weights_of(narrow):,} of {weights_of(network):,} parameters")


def phantoms(args: Namespace) -> None:
    """Write real brains and invented ones as one pack."""
    torch.set_num_threads(args.threads)
    pack, real = pack_with_phantoms(args.runs, args.checkpoints / "brain.safetensors")
    save_pack(pack, args.out)
    print(f"{args.out}: {real} real slices, {len(pack.images) - real} invented, {pack_hash(pack)}")


def measure(args: Namespace) -> None:
    """Measure a stage on the patients that its folds held out, and record it."""
    places = Places(args.data / "brain", args.runs, args.split)
    stage = Stage(args.networks, args.int8, args.mirrored, tuple(args.folds))
    stored = args.results / args.name.removesuffix(INT8) / "limits.json"
    if args.choose:
        write_json(asdict(choose_limits(stage, places, args.name)), stored)
    chosen = Choice(**read_json(stored)) if stored.is_file() else None
    table = measure_stage(stage, places, args.name, chosen)
    write_json(table, args.results / args.name / "metrics.json")
    dice = table["all"]["pooled"]["dice"]
    print(f"{args.name}: Dice " + ", ".join(f"{name} {value:.4f}" for name, value in dice.items()))


def sagittal(args: Namespace) -> None:
    """Make the sagittal segmenter's student, and record what it kept."""
    torch.set_num_threads(args.threads)
    asked = {name: value for name in ("ratio", "epochs") if (value := getattr(args, name)) is not None}
    course = replace(SagittalCourse(), **asked)
    if args.minutes:
        course = replace(course, minutes=args.minutes / (course.folds + 1))
    name = "sagittal-control" if args.alone else SAGITTAL
    lumbar = args.data / "lumbar"
    final = args.checkpoints / "spine-sagittal-segmenter.safetensors"
    places = sagittal_course.Places(
        lumbar / "sagittal_masks", lumbar / "sagittal_mid", args.teachers, final, args.runs / name
    )
    sagittal_course.run(places, course.without_teacher() if args.alone else course, args.results / name)


def models(args: Namespace) -> None:
    """Go the whole way from data to factory packages, or on from where it stopped."""
    anomaly_steps = round(min(max(args.budget, FEWEST_STEPS), MOST_STEPS))
    line = steps(Inputs(args.data, args.runs, args.out, args.ratio, args.rounds, anomaly_steps))
    carry_out(line, args.budget)


def frontier(args: Namespace) -> None:
    """Measure every recorded stage, and write the table and the picture."""
    torch.set_num_threads(args.threads)
    here, gone = kept(recorded(args.results))
    folder = args.results / "frontier"
    before = timed_before(gone, folder / FACTS)
    found = sorted([*rows(here, args.runs), *before], key=lambda row: row.name)
    told = {row.name for row in found}
    print(report(found, folder, [stage.name for stage in gone if stage.name not in told]))


def shipped(args: Namespace) -> None:
    """Measure what the factory packages cost beside the full networks, and write the table."""
    torch.set_num_threads(args.threads)
    print(report_shipped(costs(args.out, args.checkpoints), args.results / "shipped"))


def package(args: Namespace) -> None:
    """Write the packages that were asked for."""
    torch.set_num_threads(args.threads)
    for task in args.tasks:
        folder = build(_recipe(Task(task), args), args.out, args.version, guarded=args.guarded)
        size = sum(file.stat().st_size for file in folder.iterdir())
        print(f"{folder.name}: {megabytes(size)}")


def _recipe(task: Task, args: Namespace) -> PackageRecipe:
    stored, lumbar, runs = args.checkpoints, args.data / "lumbar", args.runs
    match task:
        case Task.BRAIN_LESIONS:
            refuse(judged(lesions_kept(args.results, args.teacher, args.student)))
            brain, lesions = stored / "brain.safetensors", args.lesions or runs / LESIONS
            chosen = chosen_thresholds(args.results, args.student)
            figures = lesion_figures(args.results, args.student)
            return lesion_package(brain, lesions, runs / "heads.npz", runs / "brains.npz", chosen, figures)
        case Task.BRAIN_ANOMALY:
            figures = anomaly_figures(RECORDED / "anomaly" / "comparison.json", EXPECTED)
            return anomaly_package(RECORDED / "anomaly" / "expectation.json", runs / "anomaly" / "pack.npz", figures)
        case Task.SPINE_AXIAL:
            locator, grader = (stored / f"spine-axial-{name}.safetensors" for name in ("locator", "grader"))
            figures = spine_figures(RECORDED / "spine-axial" / "run.json", AXIAL_FIGURES, ("n",), OUT_OF_FOLD)
            return axial_package(locator, grader, lumbar / "axial_t1", figures)
        case Task.SPINE_SAGITTAL:
            segmenter, found = _segmenter(args)
            discs = stored / "spine-sagittal-discs.safetensors"
            measured = RECORDED / "spine-discs" / "run.json"
            figures = [*found, *spine_figures(measured, DISC_FIGURES, ("T2", "n", "discs"), f"T2, {OUT_OF_FOLD}")]
            return sagittal_package(segmenter, discs, lumbar / "sagittal_masks", lumbar / "sagittal_mid", figures)


def _segmenter(args: Namespace) -> tuple[Path, list[Measured]]:
    """Return the student with what it kept, or its teacher until there is one."""
    student = args.segmenter or args.runs / SEGMENTER
    if student.is_file():
        refuse(judged(segmenter_kept(args.results / SAGITTAL)))
        wanted = tuple((name, (SHIPS, *path)) for name, path in SAGITTAL_FIGURES)
        record = args.results / SAGITTAL / "run.json"
        return student, spine_figures(record, wanted, (SHIPS, "n", "slices"), FOLDS_STUDENTS, Role.CPU_INT8)
    record = RECORDED / "spine-sagittal" / "run.json"
    figures = spine_figures(record, SAGITTAL_FIGURES, ("n", "slices"), OUT_OF_FOLD)
    return args.checkpoints / "spine-sagittal-segmenter.safetensors", figures
