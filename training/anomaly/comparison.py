"""Any method on the same folds: each patient is scored by networks that never saw a slice of them.

Gliomas are in no fold and are never learned from; they get the mean of the folds' maps. The threshold of each
patient is the one that is best for all other MS patients: what a clinic would have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.anomaly.counting import Patient, chosen_threshold, count
from training.anomaly.learning import Effort, Learned, learn
from training.anomaly.material import GLIOMAS, NEARLY_LESION_FREE
from training.anomaly.methods import Fitted, Plain, Taught
from training.anomaly.samples import LesionFree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.anomaly.material import Material
    from training.anomaly.methods import Maps
    from training.anomaly.spoil import Floats
    from training.splits import Split


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What one method did on every patient."""

    name: str
    counted: dict[str, Patient]
    efforts: tuple[Effort, ...]
    """One for each fold; none for a method that learns nothing."""
    shown: dict[str, Floats]
    """Each patient's map of the slice with the most lesion, to look at."""

    @property
    def known(self) -> list[str]:
        """The patients that thresholds are chosen on: those with MS lesions marked by hand."""
        return [name for name in self.counted if not name.startswith(GLIOMAS)]

    @property
    def thresholds(self) -> dict[str, int]:
        """For each patient, the threshold chosen on the other MS patients."""
        return {
            name: chosen_threshold([self.counted[other] for other in self.known if other != name])
            for name in self.counted
        }

    @property
    def final_threshold(self) -> int:
        """The threshold chosen on all MS patients: the one to ship."""
        return chosen_threshold([self.counted[name] for name in self.known])


def measure(material: Material, split: Split, method: Plain | Fitted | Taught, steps: int) -> Measured:
    """Measure one method."""
    names = measured_patients(material, split)
    if isinstance(method, Plain):
        maps, efforts = {name: method.maps(slices_of(material, name)) for name in names}, ()
    else:
        maps, efforts = taught_maps(material, split, method, steps)
    counted = {}
    for name in names:
        here = material.of(name)
        counted[name] = count(maps[name], material.inside[here], material.lesion[here])
    shown = {name: maps[name][fullest(material, name)] for name in names}
    return Measured(method.name, counted, efforts, shown)


def taught_maps(
    material: Material, split: Split, method: Fitted | Taught, steps: int
) -> tuple[dict[str, Floats], tuple[Effort, ...]]:
    """Teach one network a fold and let it score who it never saw."""
    maps: dict[str, Floats] = {}
    efforts = []
    gliomas = [name for name in measured_patients(material, split) if name.startswith(GLIOMAS)]
    for fold in range(len(split.folds)):
        score, effort = learned_maps(material, split.learned_from(fold), method, steps)
        maps |= {name: score(slices_of(material, name)) for name in sorted(split.held_out(fold))}
        for name in gliomas:
            part = score(slices_of(material, name)) / len(split.folds)
            maps[name] = maps[name] + part if name in maps else part
        efforts += [] if effort is None else [effort]
    return maps, tuple(efforts)


def learned_maps(
    material: Material, patients: frozenset[str], method: Fitted | Taught, steps: int
) -> tuple[Maps, Effort | None]:
    """Learn from some patients; counting takes no effort worth a record."""
    if isinstance(method, Fitted):
        return method.fit(material, teachers(material, patients)), None
    learned = teach(material, patients, method, steps)
    return method.maps(learned.network), learned.effort


def teach(material: Material, patients: frozenset[str], method: Taught, steps: int, seed: int = 0) -> Learned:
    """Teach one network on the lesion-free slices of some patients and of the nearly lesion-free ones."""
    indices = teachers(material, patients)
    samples = LesionFree(material, indices, method.spoiler, count=steps * method.batch, seed=seed, crop=method.crop)
    size = (material.images.shape[1], material.images.shape[2])
    return learn(method.learner(steps, size), samples, method.batch, seed)


def teachers(material: Material, patients: frozenset[str]) -> NDArray[np.intp]:
    """Return the slices that may be learned from: of these patients and of the nearly lesion-free ones."""
    return material.lesion_free(patients | set(NEARLY_LESION_FREE))


def measured_patients(material: Material, split: Split) -> list[str]:
    """Return who is measured: everyone in a fold, and the gliomas."""
    folded = {name for fold in split.folds for name in fold}
    return [str(name) for name in material.patients if name in folded or name.startswith(GLIOMAS)]


def slices_of(material: Material, patient: str) -> Floats:
    """Return a patient's slices as a network takes them."""
    return material.images[material.of(patient)].astype(np.float32) / np.float32(255)


def fullest(material: Material, patient: str) -> int:
    """Return which of a patient's slices has the most lesion."""
    return int(material.lesion[material.of(patient)].sum(axis=(1, 2)).argmax())
