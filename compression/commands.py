"""What each verb of ``python -m compression`` does, one function a verb."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from appliance.models.spec import Task
from appliance.words import megabytes
from compression.anomaly import anomaly_package
from compression.brain import lesion_package
from compression.courses import teach
from compression.distil import DistilConfig
from compression.package import build
from compression.spine import axial_package, sagittal_package

if TYPE_CHECKING:
    from argparse import Namespace

    from compression.recipe import PackageRecipe

EXPECTATION = Path("training/results/anomaly/expectation.json")


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
        minutes=args.minutes,
        config=config.without_teacher() if args.alone else config,
    )
    print(kept)


def package(args: Namespace) -> None:
    """Write the packages that were asked for."""
    torch.set_num_threads(args.threads)
    for task in args.tasks:
        folder = build(_recipe(Task(task), args), args.out, args.version)
        size = sum(file.stat().st_size for file in folder.iterdir())
        print(f"{folder.name}: {megabytes(size)}")


def _recipe(task: Task, args: Namespace) -> PackageRecipe:
    stored, lumbar, runs = args.checkpoints, args.data / "lumbar", args.runs
    match task:
        case Task.BRAIN_LESIONS:
            lesions = args.lesions or stored / "teacher.safetensors"
            return lesion_package(
                stored / "brain.safetensors", lesions, runs / "heads.npz", runs / "brains.npz", measured=()
            )
        case Task.BRAIN_ANOMALY:
            return anomaly_package(EXPECTATION, runs / "anomaly" / "pack.npz", measured=())
        case Task.SPINE_AXIAL:
            locator, grader = (stored / f"spine-axial-{name}.safetensors" for name in ("locator", "grader"))
            return axial_package(locator, grader, lumbar / "axial_t1", measured=())
        case Task.SPINE_SAGITTAL:
            segmenter, discs = (stored / f"spine-sagittal-{name}.safetensors" for name in ("segmenter", "discs"))
            return sagittal_package(segmenter, discs, lumbar / "sagittal_masks", lumbar / "sagittal_mid", measured=())
