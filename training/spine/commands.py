"""What the spine's verbs of ``python -m training`` do, one function a verb."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from appliance.errors import Misuse
from appliance.measure_spine import measure_levels
from training.datasets.spider import read_masked
from training.datasets.sudirman import LEVELS, read_axial
from training.record import write_json
from training.spine import train_axial, train_discs, train_locator, train_rsna, train_sagittal
from training.spine.checkpoints import find_answers, needed, pfirrmann_cuts
from training.spine.contrast_check import as_slice, believable, compare_weightings, offsets, read_t2
from training.spine.curves import draw_curves
from training.spine.dicom_png import export_folder
from training.spine.evaluate import evaluate_spine
from training.spine.notes_check import agreement, reading_error
from training.spine.pictures import draw_confusion, draw_measures
from training.spine.sagittal import segment

if TYPE_CHECKING:
    from argparse import Namespace

Plan: TypeAlias = "train_axial.AxialPlan | train_sagittal.SagittalPlan | train_discs.DiscPlan | train_rsna.RsnaPlan"
PLANS: dict[str, Plan] = {
    "axial": train_axial.AxialPlan(),
    "five-blocks": train_axial.AxialPlan(network="five-blocks", consistency=0.0),
    "sagittal": train_sagittal.SagittalPlan(),
    "discs": train_discs.DiscPlan(),
    "locator": train_locator.PLAN,
    "rsna": train_rsna.RsnaPlan(),
}


def fit(args: Namespace) -> None:
    """Cross-validate and record, or train on everybody and keep the weights, or both."""
    asked = {
        name: getattr(args, name)
        for name in ("epochs", "folds", "only", "seed", "batch", "start_from", "invented")
        if getattr(args, name) is not None
    }
    plan: Any = asked_for(args.what, asked | ({"minutes": args.minutes} if args.minutes else {}))
    if args.minutes:
        plan = replace(plan, minutes=args.minutes / networks(args.what, args.stage, plan.only or plan.folds))
    work, results = args.work / f"spine-{args.what}", args.results / f"spine-{args.what}"
    if args.what == "locator":
        train_locator.run(args.data, work, results, plan)
        return
    if args.what == "rsna":
        print(train_rsna.run(args.data, work, results, plan))
        return
    module: Any = {"sagittal": train_sagittal, "discs": train_discs}.get(args.what, train_axial)
    more = [needed(find_answers(args.checkpoints), "segmenter")] if args.what == "discs" else []
    if args.stage in {"folds", "both"}:
        module.run(args.data, *more, work, results, plan)
    if args.stage in {"all", "both"}:
        module.train_final(args.data, *more, work, args.checkpoints, plan)


def networks(what: str, stage: str, folds: int) -> int:
    """Count the networks that share the time: one a fold, the one that ships, and the axial readers' locator."""
    if what == "locator":
        return folds
    return (folds if stage != "all" else 0) + (stage != "folds") + (what in {"axial", "five-blocks"})


def asked_for(what: str, asked: dict[str, object]) -> Plan:
    """Give the usual plan with what was asked for in its place, or say what this network cannot be asked."""
    unknown = sorted(asked.keys() - {field.name for field in fields(PLANS[what])})
    if unknown:
        option = unknown[0].replace("_", "-")
        raise Misuse(f"{what} cannot be asked for --{option}.", advice="Leave it out.")
    return replace(PLANS[what], **asked)


def evaluate(args: Namespace) -> None:
    """Measure networks on a folder of labelled slices."""
    table = evaluate_spine(find_answers(args.model), args.folder, pfirrmann_cuts(args.model))
    if args.json:
        write_json(table, args.json)
        if "confusion" in table:
            draw_confusion(table["confusion"], list(table["report"]), args.json.with_suffix(".png"))
    print(_lines(table))


def notes(args: Namespace) -> None:
    """Compare the written rule with the student's coding and with the reading by eye."""
    folder = args.results / "spine-notes"
    write_json(
        agreement(read_axial(args.data).slices) | {"reading": reading_error(folder / "reading.csv")},
        folder / "run.json",
    )


def contrast(args: Namespace) -> None:
    """Read the two patients who are here on T1 and on T2, and see where T2 slices are located at all."""
    answers = find_answers(args.checkpoints)
    slices, t2 = read_axial(args.data).slices, read_t2(args.t2)
    pairs = compare_weightings(slices, t2, needed(answers, "locator"), needed(answers, "grader"))
    usual = offsets(needed(answers, "locator"), slices)
    found = believable(usual, offsets(needed(answers, "locator"), [as_slice(n, p) for n, p in t2.items()]))
    write_json(
        {
            "pairs": [asdict(pair) for pair in pairs],
            "agree": float(np.mean([pair.t1_grade == pair.t2_grade for pair in pairs])),
            "t2_slices": len(t2),
            "t2_located": int(found.sum()),
            "levels": list(LEVELS),
        },
        args.results / "spine-contrast" / "run.json",
    )


def measure(args: Namespace) -> None:
    """Draw the measuring lines on every slice of a masked folder; with networks, on what they find."""
    args.out.mkdir(parents=True, exist_ok=True)
    segmenter = needed(find_answers(args.model), "segmenter") if args.model else None
    for item in read_masked(args.data):
        labels = segment(segmenter, item.pixels) if segmenter else item.labels
        draw_measures(item.pixels, measure_levels(labels)).save(args.out / item.file)


def curves(args: Namespace) -> None:
    """Draw curves and confusion matrices from the recorded answers."""
    for path in draw_curves(args.work, args.results):
        print(f"{path.parent.name}/{path.name}")


def png(args: Namespace) -> None:
    """Export DICOM images as PNG and list what is left out."""
    for item in export_folder(args.source, args.target):
        if item.why_not:
            print(f"left out: {item.source.name}: {item.why_not}")


def _lines(table: dict[str, Any], before: str = "") -> str:
    lines = []
    for name, value in table.items():
        if isinstance(value, dict) and name not in {"intervals", "report"}:
            lines.append(_lines(value, f"{before}{name}."))
        elif isinstance(value, int | float | str):
            lines.append(f"{before}{name}: {value}")
    return "\n".join(line for line in lines if line)
