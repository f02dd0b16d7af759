"""``python -m training anomaly``: compare all methods, record the comparison, teach the best one for the clinic."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from appliance.errors import Misuse
from appliance.preprocess import BrainInput, LesionInput
from training.anomaly.comparison import Measured, measure, teach, teachers
from training.anomaly.counting import BINS, figures
from training.anomaly.expectation import expect
from training.anomaly.material import cases_of, material_of
from training.anomaly.methods import METHODS, THRESHOLDS, WIDTHS, Fitted, Taught
from training.anomaly.pictures import write_album
from training.anomaly.store import load_measured, save_measured
from training.anomaly.tables import as_csv, as_markdown, best_of, groups, row
from training.checkpoint import CheckpointSpec, save_checkpoint
from training.datasets.collections import find_all
from training.networks.registry import NetworkSpec
from training.pack import pack_brains
from training.packed import load_pack, pack_hash, save_pack
from training.record import write_json
from training.splits import load_split

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from appliance.preprocess import Floats, Prepared
    from training.anomaly.material import Material
    from training.datasets.case import Case
    from training.packed import Pack
    from training.splits import Split

FOLDER = "anomaly"
"""Below the runs."""
SEED = 0
INPUT = LesionInput(margin_mm=0.0)
"""What a map is made of: the brain alone, without a margin."""


def run(args: Namespace, find_brain: Callable[[str, Split], Callable[[Case, Prepared], Floats]]) -> None:
    """Compare, record, and teach the best."""
    split = load_split(args.split)
    pack = pack_of(args, find_brain(args.brains, split))
    material = material_of(pack)
    key = f"{pack_hash(pack)} {split} {args.steps} {SEED}"
    methods = [method for method in METHODS if not args.only or method.name in args.only]
    if unknown := sorted(set(args.only or ()) - {method.name for method in METHODS}):
        known = "; ".join(method.name for method in METHODS)
        raise Misuse(f"There is no anomaly method “{unknown[0]}”.", advice=f"Use one of: {known}.")
    measured = []
    for method in methods:
        path = args.runs / FOLDER / f"{method.name.replace(' ', '-').replace(',', '')}.npz"
        one = load_measured(key, path)
        if one is None:
            one = measure(material, split, method, args.steps)
            save_measured(one, key, path)
        measured.append(one)
        print(said(one))
    if len(measured) > 1 and THRESHOLDS[1] in {one.name for one in measured}:
        best = record(measured, material, args, pack_hash(pack))
        ship(best, measured, material, split, args)


def pack_of(args: Namespace, find_brain: Callable[[Case, Prepared], Floats]) -> Pack:
    """Read the pack, or make it."""
    path = args.pack or args.runs / FOLDER / "pack.npz"
    if not path.is_file():
        save_pack(pack_brains(cases_of(find_all(args.data)), LesionInput(), BrainInput(), find_brain), path)
    return load_pack(path)


def said(measured: Measured) -> str:
    """Say in one line how a method did."""
    limits = measured.thresholds
    sets = groups(measured.counted).items()
    dice = [f"{name} {figures(names, measured.counted, limits).dice:.3f}" for name, names in sets]
    return f"{measured.name}: Dice {', '.join(dice)}"


def record(measured: list[Measured], material: Material, args: Namespace, data_hash: str) -> str:
    """Write the tables below the results and the pictures below the runs; return the best method."""
    by_name = {one.name: one for one in measured}
    baseline = by_name[THRESHOLDS[1]]
    rows = [row(one, dataset, baseline) for dataset in groups(baseline.counted) for one in measured]
    efforts = {one.name: [asdict(effort) for effort in one.efforts] for one in measured}
    devices = {effort.device for one in measured for effort in one.efforts}
    facts: dict[str, Any] = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "data_hash": data_hash,
        "seed": SEED,
        "steps": args.steps,
        "device": ", ".join(sorted(devices)) or "CPU",
        "wall_s": sum(effort.wall_s for one in measured for effort in one.efforts),
        "lesion_free_slices": int(material.free.sum()),
        "lesion_input": asdict(INPUT),
        "best": best_of(rows),
    }
    folder = args.results / "anomaly"
    write_json({**facts, "efforts": efforts, "rows": rows}, folder / "comparison.json")
    (folder / "comparison.csv").write_text(as_csv(rows), encoding="utf-8")
    (folder / "comparison.md").write_text(as_markdown(rows, facts), encoding="utf-8")
    write_album(material, measured, args.runs / FOLDER / "maps.png")
    return str(facts["best"])


def ship(best: str, measured: list[Measured], material: Material, split: Split, args: Namespace) -> None:
    """Let the best method learn from every patient's lesion-free slices, and keep what it learned."""
    method = next(method for method in METHODS if method.name == best)
    threshold = next(one.final_threshold for one in measured if one.name == best) / BINS
    if isinstance(method, Fitted):
        learned = expect(material, teachers(material, split.everyone))
        file = args.results / "anomaly" / "expectation.json"
        write_json(
            {"mean": learned.mean.tolist(), "deviation": learned.deviation.tolist()}
            | {"threshold": threshold, "input": asdict(INPUT)},
            file,
        )
    elif isinstance(method, Taught):
        file = args.runs / FOLDER / "anomaly.safetensors"
        spec = CheckpointSpec(
            NetworkSpec("teacher", 1, 1, WIDTHS, 0.0), lesion_input=INPUT, thresholds=(threshold,), run="anomaly"
        )
        save_checkpoint(teach(material, split.everyone, method, args.steps, SEED).network, spec, file)
    else:
        raise Misuse(f"The best method, “{best}”, has nothing to learn.", advice="Try more steps.")
    print(f"{file}: {best}, threshold {threshold:.3f} on its map")
