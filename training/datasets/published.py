"""The layouts in which others publish labelled FLAIRs: for a publisher with access to them.

MSLesSeg     train/P1/T1/P1_T1_FLAIR.nii.gz, …_MASK.nii.gz; test/P54/P54_FLAIR.nii.gz, …_MASK.nii.gz
MSSEG-2016   …/Center_01/Patient_01/Preprocessed_Data/FLAIR_preprocessed.nii.gz, Masks/Consensus.nii.gz
WMH-2017     …/Utrecht/0/pre/FLAIR.nii.gz (or orig/), wmh.nii.gz: 1 lesion, 2 something else
MS3SEG       patient_001/001_FLAIR_preprocessed.nii.gz, 001_mask.nii.gz: 1 ventricle, 2 normal, 3 lesion
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.datasets.case import Case
from training.datasets.local import existing

if TYPE_CHECKING:
    from pathlib import Path


def find_mslesseg(folder: Path, dataset: str) -> list[Case]:
    """Return one case a visit; the test part has one visit a patient and no folder for it."""
    cases = []
    for flair in sorted(folder.rglob("P*_FLAIR.nii.gz")):
        name = flair.name.removesuffix("_FLAIR.nii.gz")
        mask = existing(flair.with_name(f"{name}_MASK.nii.gz"))
        cases.append(Case(dataset, name.split("_")[0], name, flair, lesion=mask))
    return cases


def find_msseg2016(folder: Path, dataset: str) -> list[Case]:
    """Return the preprocessed FLAIR of each patient with the experts' consensus."""
    cases = []
    for flair in sorted(folder.rglob("Preprocessed_Data/FLAIR_preprocessed.nii.gz")):
        home = flair.parent.parent
        name = f"{home.parent.name}_{home.name}"
        brain = existing(home / "Masks" / "Brain_Mask.nii.gz")
        cases.append(Case(dataset, name, name, flair, existing(home / "Masks" / "Consensus.nii.gz"), brain=brain))
    return cases


def find_wmh2017(folder: Path, dataset: str) -> list[Case]:
    """Return the bias-corrected FLAIR of each patient, or the original where that is all there is."""
    cases = []
    for home in sorted({path.parent.parent for path in folder.rglob("FLAIR.nii.gz")}):
        flair = existing(home / "pre" / "FLAIR.nii.gz") or home / "orig" / "FLAIR.nii.gz"
        name = "_".join(home.relative_to(folder).parts[-3:])
        cases.append(Case(dataset, name, name, flair, lesion=existing(home / "wmh.nii.gz")))
    return cases


def find_ms3seg(folder: Path, dataset: str) -> list[Case]:
    """Return each patient's FLAIR with lesion and ventricle out of the one mask."""
    cases = []
    for flair in sorted(folder.rglob("*_FLAIR_preprocessed.nii.gz")):
        patient = flair.name.removesuffix("_FLAIR_preprocessed.nii.gz")
        mask = existing(flair.with_name(f"{patient}_mask.nii.gz"))
        cases.append(Case(dataset, patient, patient, flair, mask, mask, lesion_values=(3,)))
    return cases
