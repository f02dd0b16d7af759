"""The recipe of ``brain-lesions``: a network that finds the brain, and one for ventricles and lesions."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from appliance.models.spec import Activation, OutputSpec, Preparation, PreparedAs, Task, TrainedOn
from compression.eight_bits import EightBits
from compression.phantoms import brain_slice, head_slice
from compression.pruned import load_any
from compression.recipe import CardWords, NetworkRecipe, PackageRecipe
from compression.rewrite import quantisable
from training.packed import OUTPUTS, load_pack
from training.samples import BITS, WholeSlices

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from appliance.engine.network import Floats
    from appliance.models.spec import Measured
    from training.checkpoint import CheckpointSpec
    from training.spine.answers import Answer as Images

CALIBRATION_SLICES = 120
SCORED_SLICES = 96
WORTH_A_LAYER = 0.003
"""Dice: half of what the gate allows."""
SEED = 0
MARGIN_PX = 2
"""How far around the brain the lesion network sees, as in the clinic."""
LESIONS_IN_EIGHT = EightBits(clipped=False, first_in_full=True, corrected=False)
"""Corrected biases cost Dice of lesions, a first convolution in eight bits Dice of ventricles (docs/compression.md)."""
LESION = OUTPUTS.index("lesion")
TRAINED_ON = (
    TrainedOn("MS-DeepBrain-Study, Tabriz: FLAIR of MS patients", 10, "MIT", "Bashiri Bawil et al., MRI_MS_Insights"),
    TrainedOn("The same scanner, without labels", 5, "MIT", "Bashiri Bawil et al., MRI_MS_Insights"),
    TrainedOn("MSLesSeg: FLAIR of MS patients", 3, "CC BY 4.0", "Guarnera et al. 2025, 10.1038/s41597-025-05250-y"),
    TrainedOn(
        "Longitudinal MS, Ljubljana, without labels",
        5,
        "CC BY",
        "Lesjak et al. 2016, Validation of White-Matter Lesion Change Detection Methods, Neuroinformatics",
    ),
)
WORDS = CardWords(
    title="MS lesions in brain FLAIR",
    purpose=(
        "Marks the brain, the ventricles and hyperintense multiple-sclerosis lesions in an axial FLAIR of the head, "
        "slice by slice, for counting and measuring."
    ),
    limits=(
        (
            "It learnt from thirteen labelled patients on two scanners. Differences between scanners cost more than "
            "anything else: expect less on a scanner that it never saw."
        ),
        (
            "Small lesions are missed more often than large ones; lesions of the brain stem and the cerebellum are "
            "rare in what it learnt from."
        ),
        "It knows MS. A stroke, a tumour or an infection that is bright on FLAIR may be taken for lesion, or missed.",
    ),
    not_for=(
        "Diagnosis, or ruling out disease, without a radiologist.",
        "Children, contrast-enhanced images, any sequence but FLAIR.",
        "Comparing patients of different scanners by their volumes.",
    ),
)


def lesion_package(
    brain: Path,
    lesions: Path,
    heads_pack: Path,
    brains_pack: Path,
    chosen: Mapping[str, float],
    measured: Sequence[Measured],
) -> PackageRecipe:
    """Put the package together from two checkpoints and the packs that they learnt from."""
    finder, finder_spec = load_any(brain)
    network, spec = load_any(lesions)
    parameters = {PreparedAs.HEAD: asdict(finder_spec.brain_input), PreparedAs.BRAIN: asdict(spec.lesion_input)}
    networks = {
        "brain": NetworkRecipe(
            quantisable(finder),
            Preparation(PreparedAs.HEAD, parameters[PreparedAs.HEAD]),
            _shape(finder_spec, heads=True),
            (_output(OUTPUTS[:1], _shape(finder_spec, heads=True)),),
            [finder_spec.brain_input.ceiling * slices for slices in slices_of(heads_pack, None)],
            head_slice(finder_spec.brain_input),
            in_eight=EightBits(clipped=False),
        ),
        "lesions": NetworkRecipe(
            quantisable(network),
            Preparation(PreparedAs.BRAIN, parameters[PreparedAs.BRAIN]),
            _shape(spec, heads=False),
            (_output(OUTPUTS, _shape(spec, heads=False)),),
            slices_of(brains_pack, MARGIN_PX),
            brain_slice(spec.lesion_input),
            explained=(network, LESION),
            in_eight=LESIONS_IN_EIGHT,
            score=lesion_score(brains_pack, chosen["lesion"]),
            largest_drop=WORTH_A_LAYER,
        ),
    }
    thresholds = {"brain": finder_spec.thresholds[0], **chosen}
    return PackageRecipe(Task.BRAIN_LESIONS, networks, thresholds, TRAINED_ON, tuple(measured), WORDS)


def lesion_score(pack_file: Path, threshold: float) -> Callable[[Images], float]:
    """Dice of lesions over slices that have some, by which layers are taken back to FP32 if need be."""
    pack = load_pack(pack_file)
    some = np.flatnonzero((pack.labels & BITS[LESION]).any(axis=(1, 2)))
    shown = WholeSlices(pack, some[:: max(1, len(some) // SCORED_SLICES)], MARGIN_PX)
    images, truth = (np.stack([np.asarray(getattr(one, part)) for one in shown]) for part in ("image", "truth"))
    wanted = truth[:, LESION] > 0

    def score(answer: Images) -> float:
        told = expit(answer(images)[:, LESION]) > threshold
        return 2 * float((told & wanted).sum()) / max(1, int(told.sum()) + int(wanted.sum()))

    return score


def slices_of(
    pack_file: Path, margin_px: int | None, count: int = CALIBRATION_SLICES, *, patients: frozenset[str] | None = None
) -> list[Floats]:
    """Draw real slices, every scan alike often, as the network sees them in the clinic; of some patients or of all."""
    pack = load_pack(pack_file)
    chance = 1.0 / np.bincount(pack.scan_of)[pack.scan_of]
    if patients is not None:
        chance = chance * np.isin(pack.patients[pack.scan_of], sorted(patients))
    draw = np.random.default_rng(SEED)
    size = min(count, np.count_nonzero(chance))
    chosen = draw.choice(len(chance), size=size, replace=False, p=chance / chance.sum())
    shown = WholeSlices(pack, chosen, margin_px)
    return [shown[place].image[None].numpy() for place in range(len(chosen))]


def _shape(spec: CheckpointSpec, *, heads: bool) -> tuple[int | None, ...]:
    given = spec.brain_input if heads else spec.lesion_input
    return (None, spec.network.channels, given.rows, given.columns)


def _output(classes: tuple[str, ...], shape: tuple[int | None, ...]) -> OutputSpec:
    return OutputSpec("logits", (None, len(classes), *shape[2:]), classes, Activation.SIGMOID)
