"""``python -m training explain``: why a network marked what it marked in one scan, and the graph for the clinic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import Misuse, NothingToRead
from appliance.preprocess import brain_from, canonical, prepare_brain, prepare_head
from training.checkpoint import load_checkpoint
from training.datasets.case import read_image
from training.explain.export import write_explain_onnx
from training.explain.heatmap import draw, explain_slices, said
from training.packed import OUTPUTS
from training.predict import answer

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

    from appliance.preprocess import Prepared
    from training.checkpoint import CheckpointSpec


def run(args: Namespace) -> None:
    """Draw the heat maps, or write the plain graph."""
    network, spec = load_checkpoint(args.model)
    if args.target not in OUTPUTS[: spec.network.outputs] or spec.heads:
        raise Misuse(f"{args.model.name} does not find “{args.target}”.", advice=f"Use one of: {', '.join(OUTPUTS)}.")
    target = OUTPUTS.index(args.target)
    if args.onnx:
        size = (spec.network.channels, spec.lesion_input.rows, spec.lesion_input.columns)
        write_explain_onnx(network, size, target, args.onnx)
        print(f"{args.onnx}: explains {args.target} for images of {size}")
    if args.scan:
        prepared = prepared_scan(args.scan, args.brain, spec)
        explained = explain_slices(network, prepared, target, args.slices)
        if not explained:
            raise NothingToRead(
                f"No {args.target} was found in {args.scan.name}.", advice="There is nothing to explain."
            )
        draw(explained, args.out)
        print(said(explained))


def prepared_scan(scan: Path, brain: Path, spec: CheckpointSpec) -> Prepared:
    """Prepare a scan as the clinic does."""
    finder, brain_spec = load_checkpoint(brain)
    axial = canonical(*read_image(scan))
    head = prepare_head(axial, brain_spec.brain_input)
    found = answer(finder, head, range(len(head.slices)))[:, 0]
    return prepare_brain(axial, brain_from(axial, found, head, brain_spec.brain_input), spec.lesion_input)
