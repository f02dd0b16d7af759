"""``python -m training anomaly``: compare all methods, record the comparison, teach the best one for the clinic."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.errors import Misuse
from appliance.preprocess import BrainInput, LesionInput
from training.anomaly.comparison import Measured, measure, teach
from training.anomaly.counting import BINS
from training.anomaly.material import cases_of, material_of
from training.anomaly.methods import METHODS, THRESHOLDS, WIDTHS, Taught
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

FOLDER = Path("runs") / "anomaly"
SEED = 0


def run(args: Namespace, find_brain: Callable[[str, Split], Callable[[Case, Prepared], Floats]]) -> None:
    """Compare, record, and teach the best."""
    split = load_split(args.split)
    pack = pack_of(args, find_brain(args.brains, split))
    material = material_of(pack)
    key = f"{pack_hash(pack)} {split} {args.steps} {SEED}"
    methods = [method for method in METHODS if args.only in {None, method.name}]
    if not methods:
        known = ", ".join(method.name for method in METHODS)
        raise Misuse(f"There is no anomaly method “{args.only}”.", advice=f"Use one of: {known}.")
    measured = []
    for method in methods:
        path = FOLDER / f"{method.name.replace(' ', '-').replace(',', '')}.npz"
        one = load_measured(key, path)
        if one is None:
            one = measure(material, split, method, args.steps)
            save_measured(one, key, path)
        measured.append(one)
        print(said(one))
    if args.only is None:
        record(measured, material, args, pack_hash(pack))
        ship(measured, material, split, args.steps)


def pack_of(args: Namespace, find_brain: Callable[[Case, Prepared], Floats]) -> Pack:
    """Read the pack, or make it."""
    if not args.pack.is_file():
        save_pack(pack_brains(cases_of(find_all(args.data)), LesionInput(), BrainInput(), find_brain), args.pack)
    return load_pack(args.pack)


def said(measured: Measured) -> str:
    """Say in one line how a method did."""
    figures = [(name, row(measured, name, measured)) for name in groups(measured.counted)]
    return f"{measured.name:24}" + "  ".join(f"{name} Dice {line['dice']:.3f}" for name, line in figures)


def record(measured: list[Measured], material: Material, args: Namespace, data_hash: str) -> None:
    """Write the tables below the results and the pictures below the runs."""
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
        "lesion_input": asdict(LesionInput(margin_mm=0.0)),
        "best": best_of(rows),
    }
    folder = args.results / "anomaly"
    write_json({**facts, "efforts": efforts, "rows": rows}, folder / "comparison.json")
    (folder / "comparison.csv").write_text(as_csv(rows), encoding="utf-8")
    (folder / "comparison.md").write_text(as_markdown(rows, facts), encoding="utf-8")
    write_album(material, measured, FOLDER / "maps.png")


def ship(measured: list[Measured], material: Material, split: Split, steps: int) -> None:
    """Teach the best method that points on every patient's lesion-free slices and keep it as a checkpoint."""
    rows = [row(one, dataset, one) for one in measured for dataset in groups(one.counted)]
    best = best_of(rows)
    method = next(method for method in METHODS if method.name == best)
    if not isinstance(method, Taught):
        raise Misuse(f"The best method, “{best}”, has nothing to teach.", advice="Try more steps.")
    threshold = next(one.final_threshold for one in measured if one.name == best) / BINS
    learned = teach(material, split.everyone, method, steps, SEED)
    spec = CheckpointSpec(
        NetworkSpec("teacher", 1, 1, WIDTHS, 0.0),
        lesion_input=LesionInput(margin_mm=0.0),
        thresholds=(threshold,),
        run="anomaly",
    )
    save_checkpoint(learned.network, spec, FOLDER / "anomaly.safetensors")
    print(f"{FOLDER / 'anomaly.safetensors'}: {best}, threshold {threshold:.3f} on its map")
