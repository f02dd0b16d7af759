"""What each verb of ``python -m training`` does, one function a verb."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.errors import Misuse
from appliance.preprocess import BrainInput, LesionInput
from training.anomaly.command import run as compare_anomaly_methods
from training.checkpoint import CheckpointSpec, load_checkpoint, save_checkpoint
from training.config import RunConfig, load_config
from training.crossval import answer_held_out, choose, measured_honestly, scored
from training.datasets.case import load
from training.datasets.collections import find_all, find_cases
from training.evaluate import Measured, measure, report
from training.evaluate import evaluate as evaluate_cases
from training.explain.command import run as explain_scan
from training.fit import Run, fit
from training.pack import pack_brains, pack_heads
from training.packed import load_pack, pack_hash, save_pack
from training.pictures import side_by_side
from training.predict import answer
from training.pseudo import with_pseudo_labels
from training.quality_control import contact_sheet, outliers, statistics
from training.readers import from_checkpoints, reader_from
from training.reading import read
from training.record import RESULTS, RunRecord, read_json, write_curve, write_json, write_run
from training.spine import commands as spine
from training.spine.evaluate import layout_of
from training.splits import load_split, save_split, split_patients
from training.studies import Job, comparison, load_jobs, run_batch, search
from training.tables import comma_separated, markdown, page, rows_of

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

    from appliance.preprocess import Floats, Prepared
    from training.datasets.case import Case
    from training.packed import Pack
    from training.reading import Reader
    from training.splits import Split

SPLIT = RESULTS / "split.json"
BRAIN_TRUTH = ("ljubljana_longitudinal/patient01",)
"""Whose carried brain mask fits; that of patient 03 leaves out the front of the brain."""


def split(args: Namespace) -> None:
    """Deal the labelled patients into folds, heavy with light."""
    loads: dict[str, float] = {}
    for case in _labelled(args.data):
        scan = load(case)
        if scan.lesion is not None:
            load_ml = float(scan.lesion[:, :, scan.trusted].sum() * scan.geometry.voxel_ml)
            loads[case.patient_key] = loads.get(case.patient_key, 0.0) + load_ml
    save_split(split_patients(loads, args.folds, args.seed), args.split)


def pack(args: Namespace) -> None:
    """Write the packs: whole heads, or (given the folds' brain networks) brains."""
    if args.heads:
        packed = pack_heads(_with_brain(args.data), BrainInput())
    else:
        found = find_all(args.data)
        cases = [case for name, group in found.items() if name != "glioma_tcga" for case in group]
        packed = pack_brains(cases, LesionInput(), BrainInput(), _unseen_brain(args.brains, load_split(args.split)))
    save_pack(packed, args.out)
    print(f"{args.out}: {len(packed.images)} slices of {len(packed.keys)} scans, {pack_hash(packed)}")


def pseudo(args: Namespace) -> None:
    """Write a pack in which the unlabelled scans carry a network's sure answers, at little weight."""
    packed = with_pseudo_labels(load_pack(args.pack), load_checkpoint(args.network)[0], trust=args.trust)
    save_pack(packed, args.out)
    print(f"{args.out}: {pack_hash(packed)}")


def fit_one(args: Namespace) -> None:
    """Train one network and record the run."""
    config = load_config(args.config, RunConfig)
    packed, parts = load_pack(args.pack), load_split(args.split)
    train, held_out = _parts(packed, parts, args.fold, config)
    train_and_record(args, args.name, config, packed, train, held_out)


def crossval(args: Namespace) -> None:
    """Measure the folds' networks on who they never saw; record what was measured and what was chosen."""
    parts = load_split(args.split)
    held = [
        (fold, case)
        for fold in range(len(parts.folds))
        for case in _labelled(args.data)
        if case.patient_key in parts.held_out(fold)
    ]

    def reader_of(fold: int) -> Reader:
        return from_checkpoints(Path(args.networks.format(fold=fold)), Path(args.brains.format(fold=fold)))

    answers = answer_held_out(held, reader_of, args.runs / args.name / "held-out")
    measured, choices = measured_honestly(answers)
    final = choose([scored(answer) for answer in answers])
    table = _by_dataset(measured) | {
        "chosen_for_fold": {str(fold): asdict(choice) for fold, choice in choices.items()},
        "chosen_on_all": asdict(final),
        "runs": [Path(args.networks.format(fold=fold)).parent.name for fold in range(len(parts.folds))],
        "held_out": "each patient by the fold network that never saw it; thresholds chosen on the other folds",
    }
    write_json(table, args.results / args.name / "metrics.json")
    _say(table["datasets"])


def keep(args: Namespace) -> None:
    """Write a network anew with what a cross-validation of its kind chose on all folds."""
    record = args.results / args.crossval / "metrics.json"
    try:
        chosen = json.loads(record.read_text(encoding="utf-8"))["chosen_on_all"]
        limits = (chosen["ventricle"], chosen["lesion"])
        smallest_ml = float(chosen["smallest_ml"])
    except (OSError, ValueError, KeyError) as error:
        raise Misuse(f"{args.crossval} recorded no choice of thresholds.", advice="Run crossval first.") from error
    network, spec = load_checkpoint(args.network)
    thresholds = (spec.thresholds[0], *map(float, limits))
    save_checkpoint(network, replace(spec, thresholds=thresholds, smallest_lesion_ml=smallest_ml), args.out)
    print(f"{args.out}: thresholds {thresholds}, lesions from {smallest_ml} ml")


def evaluate(args: Namespace) -> None:
    """Measure a checkpoint or a model package on a folder of labelled scans."""
    if layout_of(args.folder):
        spine.evaluate(args)
        return
    cases = find_cases(args.folder, args.layout, args.folder.name)
    reader = reader_from(args.model, args.brain)
    table = {"model": args.model.name, "data": args.folder.name} | evaluate_cases(cases, lambda _: reader)
    if args.json:
        write_json(table, args.json)
    _say({args.folder.name: table})


def compare(args: Namespace) -> None:
    """Train networks alike but for their kind, each for an equal share of the time, and measure them."""
    jobs = comparison(args.networks.split(","), load_config(args.config, RunConfig), args.fold)
    _run_jobs(args, jobs)


def batch(args: Namespace) -> None:
    """Train the runs of a list within one time limit: for a machine that is lent for a while."""
    _run_jobs(args, load_jobs(args.jobs))


def _run_jobs(args: Namespace, jobs: Sequence[Job]) -> None:
    packed, parts = load_pack(args.pack), load_split(args.split)

    def run(job: Job, minutes: float) -> None:
        args.minutes = minutes
        train, held_out = _parts(packed, parts, job.fold, job.config)
        train_and_record(args, job.name, job.config, packed, train, held_out)
        if args.measure and held_out:
            cases = [case for case in _labelled(args.data) if case.patient_key in held_out]
            reader = from_checkpoints(
                args.runs / job.name / "network.safetensors", Path(args.brains.format(fold=job.fold)), mirrored=False
            )
            write_json(_by_dataset([measure(case, reader) for case in cases]), args.results / job.name / "metrics.json")

    print("Done:", ", ".join(run_batch(jobs, args.minutes, run)))


def grid_search(args: Namespace) -> None:
    """Try every combination of a grid on every fold, and record the ranking."""
    rows = search(
        read_json(args.grid), load_config(args.config, RunConfig), load_pack(args.pack), load_split(args.split),
        args.runs / args.name, args.minutes,
    )  # fmt: skip
    write_json({"grid": read_json(args.grid), "trials": rows}, args.results / args.name / "search.json")
    print(f"Best: {rows[0]}")


def table(args: Namespace) -> None:
    """Write the comparison of all recorded runs."""
    rows = rows_of(args.results)
    (args.results / "table.md").write_text(markdown(rows), encoding="utf-8")
    (args.results / "table.csv").write_text(comma_separated(rows), encoding="utf-8")
    (args.results / "table.html").write_text(page(rows, args.results), encoding="utf-8")
    print(markdown(rows))


def qc(args: Namespace) -> None:
    """Measure every scan, name those that stand out, and draw a contact sheet."""
    cases = [case for group in find_all(args.data).values() for case in group]
    rows = [statistics(case) for case in cases]
    far = outliers(rows)
    write_json({"scans": [asdict(row) for row in rows], "outliers": [asdict(row) for row in far]}, args.json)
    contact_sheet(cases, args.sheet)
    for one in far:
        print(f"{one.case}: {one.figure} is {one.value:.4g}, usually {one.usual:.4g}")
    print(f"{len(rows)} scans, {len(far)} figures that stand out; {args.json} and {args.sheet}")


def pictures(args: Namespace) -> None:
    """Draw scan, truth, prediction and difference of each labelled scan in a folder."""
    reader = reader_from(args.model, args.brain)
    for case in find_cases(args.folder, args.layout, args.folder.name):
        scan = load(case)
        side_by_side(scan, read(reader, scan.voxels, scan.geometry).masks, args.out / f"{case.name}.png")


def anomaly(args: Namespace) -> None:
    """Compare ways of finding anomalies without labels, and teach the best one."""
    compare_anomaly_methods(args, _unseen_brain)


def explain(args: Namespace) -> None:
    """Draw why a network marked what it marked, or write the graph that does."""
    explain_scan(args)


def _by_dataset(measured: list[Measured]) -> dict[str, Any]:
    datasets = sorted({one.case.dataset for one in measured})
    parts = {name: report([one for one in measured if one.case.dataset == name]) for name in datasets}
    return report(measured) | {"datasets": parts}


def _say(tables: dict[str, Any]) -> None:
    for name, table in tables.items():
        print(f"{name}: {len(table['patients'])} scans")
        for figure in ("dice", "sensitivity", "precision", "lesion_f1", "auc", "volume_error"):
            values = table["pooled"][figure].items()
            print(f"  {figure:13}", "  ".join(f"{key} {value:.3f}" for key, value in values if value is not None))
        for one in table["patients"]:
            dice = "  ".join(f"{key} {value:.3f}" for key, value in one["dice"].items() if value is not None)
            print(f"    {one['scan']:32} Dice {dice}")


def train_and_record(
    args: Namespace, name: str, config: RunConfig, packed: Pack, train: frozenset[str], held_out: frozenset[str]
) -> None:
    """Train, save the weights below ``runs`` and the record below ``results``."""
    folder = args.runs / name
    started = datetime.now(UTC).isoformat(timespec="seconds")
    first = load_checkpoint(args.start_from)[0].state_dict() if args.start_from else None
    run = Run(config, train, frozenset(), folder, args.minutes, args.devices, args.encoder_weights, first)
    outcome = fit(run, packed)
    if not outcome.first:
        return
    spec = CheckpointSpec(config.network, heads=config.heads, thresholds=(0.5,) * config.network.outputs, run=name)
    save_checkpoint(outcome.network, spec, folder / "network.safetensors")
    began_with = args.start_from.parent.name if args.start_from else None
    learned, unseen = tuple(sorted(train)), tuple(sorted(held_out))
    record = RunRecord(name, config, learned, unseen, pack_hash(packed), outcome, started, began_with)
    write_run(record, args.results / name)
    write_curve(outcome.curve, args.results / name)


def _parts(packed: Pack, parts: Split, fold: str, config: RunConfig) -> tuple[frozenset[str], frozenset[str]]:
    """Say who is learned from and who is held out: a patient outside the split has no truth to be measured on."""
    present = frozenset(packed.patients.tolist())
    shared = {name for name in present if name.split("/")[0] in config.dataset_shares}
    if fold == "all":
        return frozenset(shared), frozenset()
    if not fold.isdigit() or int(fold) >= len(parts.folds):
        raise Misuse(f"There is no fold “{fold}”.", advice=f"Use 0 … {len(parts.folds) - 1}, or all.")
    held_out = parts.held_out(int(fold))
    return frozenset(shared - held_out), held_out


def _labelled(data: Path) -> list[Case]:
    return [case for group in find_all(data).values() for case in group if case.lesion is not None]


def _with_brain(data: Path) -> list[Case]:
    found = find_all(data)
    tabriz = [case for case in found.get("tabriz", []) if case.brain is not None]
    whole = [case for case in found.get("ljubljana_longitudinal", []) if case.patient_key in BRAIN_TRUTH]
    stripped = [case for case in found.get("glioma_tcga", []) if case.name.endswith("_brain")]
    return [*tabriz, *whole, *found.get("mslesseg", []), *stripped]


def _unseen_brain(pattern: str, parts: Split) -> Callable[[Case, Prepared], Floats]:
    """Return a brain finder that asks, for each patient, a network that did not learn from that patient."""
    networks = [load_checkpoint(Path(pattern.format(fold=fold)))[0] for fold in range(len(parts.folds))]

    def found(case: Case, head: Prepared) -> Floats:
        own = [fold for fold in range(len(parts.folds)) if case.patient_key in parts.held_out(fold)]
        asked = [networks[fold] for fold in own] or networks
        return np.mean([answer(network, head, range(len(head.slices)))[:, 0] for network in asked], axis=0)

    return found
