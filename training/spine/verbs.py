"""The spine's verbs, hung into the parser of ``python -m training``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

HOME = Path(__file__).resolve().parent.parent
MODULE = "training.spine.commands"


def add_spine_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add every ``spine-…`` verb."""

    def verb(name: str, action: str, text: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=text, description=text)
        added.set_defaults(module=MODULE, action=action)
        added.add_argument("--threads", type=int, default=0, help="CPU threads; 0 takes what there is")
        added.add_argument("--results", type=Path, default=HOME / "results")
        added.add_argument("--checkpoints", type=Path, default=HOME / "checkpoints")
        return added

    fit = verb("spine-fit", "fit", "Train a spine network out of fold and on everybody, and record the run.")
    fit.add_argument("what", choices=("axial", "five-blocks", "locator", "sagittal", "discs", "rsna"))
    fit.add_argument("data", type=Path, help="a folder laid out as published")
    fit.add_argument("--stage", choices=("folds", "all", "both"), default="both")
    fit.add_argument("--work", type=Path, default=Path("runs"), help="where a killed run goes on")
    for name in ("epochs", "folds", "only", "seed", "batch"):
        fit.add_argument(f"--{name}", type=int)
    fit.add_argument("--minutes", type=float, help="for all its networks together")
    fit.add_argument("--invented", type=int, help="invented slices to learn from besides (axial)")
    fit.add_argument("--start-from", help="weights to go on from, {fold} in the name (axial and sagittal)")

    notes = verb("spine-notes", "notes", "Compare the written rule for the notes with the student's coding.")
    notes.add_argument("data", type=Path)

    contrast = verb("spine-contrast", "contrast", "Compare T1 with T2 on the patients who are here in both.")
    contrast.add_argument("data", type=Path)
    contrast.add_argument("t2", type=Path)

    measure = verb("spine-measure", "measure", "Draw the canal's measuring lines on sagittal slices.")
    measure.add_argument("data", type=Path)
    measure.add_argument("out", type=Path)
    measure.add_argument("--model", type=Path, help="measure what these networks find, not the masks")

    curves = verb("spine-curves", "curves", "Draw ROC curves and confusion matrices of what was answered out of fold.")
    curves.add_argument("--work", type=Path, default=Path("runs"), help="where the runs left their answers")

    png = verb("spine-png", "png", "Write DICOM images as PNG pictures.")
    png.add_argument("source", type=Path)
    png.add_argument("target", type=Path)
