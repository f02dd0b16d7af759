"""Who came to the sample clinic, what was scanned, by which scanner, and what went wrong.

Each visit writes its own files and tells the truth about them. Nobody here exists; the names say
“sample” in the scripts of those who would read them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from appliance.contracts import Kind, Reason
from appliance.sample.brain_scan import Position, draw_head, expose_brain, fine_grid, scan_brain, thick_grid
from appliance.sample.clinic_files import (
    brain_series,
    lone_file,
    nifti_brain,
    picture_of,
    spine_series,
)
from appliance.sample.clinic_truth import StudyTruth
from appliance.sample.dicom_writer import write_series
from appliance.sample.documents import pdf_of, write_dicomdir, write_encapsulated_pdf, write_secondary_capture
from appliance.sample.follow_up import follow_up
from appliance.sample.scan_spec import (
    GB18030,
    JAPANESE,
    LATIN_1,
    UTF8,
    FileNames,
    Layout,
    PatientSpec,
    Protocol,
    SeriesSpec,
    SliceOrder,
    StudySpec,
    Syntax,
    Vendor,
)
from appliance.sample.scanner import Imaging
from appliance.sample.spine import make_spine
from appliance.sample.spine_scan import axial_grid, localizer_grid, sagittal_grid, scan_spine
from appliance.sample.spine_traits import narrowed, spine_traits

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Site:
    """Where the clinic is made."""

    folder: Path
    seed: int
    coarseness: int = 1
    """Pixels are this many times as large as a clinic's: for those who need the files, not the pictures."""

    def thick(self, seed: int, *, slices: int = 20, depths: int = 3) -> Position:
        """Lay thick slices over a head."""
        return thick_grid(seed, slices=slices, side=256 // self.coarseness, depths=depths)

    @property
    def scans(self) -> Path:
        """What a reader is pointed at."""
        return self.folder / "scans"


Visit: TypeAlias = Callable[[Site], tuple[StudyTruth, ...]]

_SARA = PatientSpec("نمونه^سارا", "SAMPLE-01", "19850412", "F", "038Y", UTF8)
_RAVI = PatientSpec("नमूना^रवि", "SAMPLE-02", "19780903", "M", "046Y", UTF8)
_YANGBEN = PatientSpec("样本^明", "SAMPLE-03", "19620120", "M", "063Y", GB18030)
_JOERG = PatientSpec("Beispiel^Jörg", "SAMPLE-04", "19910730", "M", "033Y", LATIN_1)
_MIHON = PatientSpec("Mihon^Hanako=見本^花子", "SAMPLE-05", "19700505", "F", "054Y", JAPANESE)
_NAMUNA = PatientSpec("نمونہ^علی", "SAMPLE-06", "19550101", "M", "070Y", UTF8)


def two_visits_of_sara(site: Site) -> tuple[StudyTruth, ...]:
    """Scan one patient twice, eighteen months apart: some lesions are new, some grown, some gone."""
    head = draw_head(site.seed + 1, lesions=16, total_ml=7.5, age_years=38)
    later = follow_up(head, site.seed + 1)
    first = SeriesSpec(
        Protocol.BRAIN_FLAIR,
        Vendor.TOSHIBA,
        _SARA,
        StudySpec(f"{site.seed} sara 1", "20230314", "101500", "MRI Brain", "A2301"),
        order=SliceOrder.INTERLEAVED,
    )
    second = replace(
        first,
        patient=replace(_SARA, age="039Y"),
        study=StudySpec(f"{site.seed} sara 2", "20240920", "093012", "MRI Brain", "A2417"),
    )
    before = scan_brain(head, site.thick(site.seed + 1), seed=site.seed + 1)
    after = scan_brain(later.head, site.thick(site.seed + 2), seed=site.seed + 2)
    folder = site.scans / "نمونه سارا"
    return (
        StudyTruth(
            _SARA.patient_id,
            _SARA.name,
            first.study.date,
            "The earlier of two visits.",
            (brain_series(site.folder, folder / "2023-03-14", before, first),),
        ),
        StudyTruth(
            _SARA.patient_id,
            _SARA.name,
            second.study.date,
            f"The later visit: {later.changes.count('new')} lesions are new, {later.changes.count('enlarged')} have "
            f"grown, {len(later.resolved)} are gone.",
            (brain_series(site.folder, folder / "2024-09-20", after, second, changes=later.changes),),
        ),
    )


def ravis_cd(site: Site) -> tuple[StudyTruth, ...]:
    """Burn a CD with a DICOMDIR: an enhanced FLAIR, a screen shot and a report in DICOM."""
    seed = site.seed + 3
    head = draw_head(seed, lesions=24, total_ml=14.0, age_years=46)
    made = scan_brain(head, site.thick(seed), seed=seed)
    study = StudySpec(f"{site.seed} ravi", "20241102", "170455", "Brain routine", "A2488")
    spec = SeriesSpec(Protocol.BRAIN_FLAIR, Vendor.PHILIPS, _RAVI, study, layout=Layout.ENHANCED)
    burning, disc = site.folder / "burning", site.scans / "CD 2024-11-02"
    truth = brain_series(site.folder, burning, made, spec, told_path=disc)
    shot = write_secondary_capture(burning / "SHOT", picture_of(made.voxels), replace(spec, number=90))
    report = write_encapsulated_pdf(
        burning / "REPORT", pdf_of("Sample report of an invented patient."), replace(spec, number=91)
    )
    files = [path for path in sorted(burning.iterdir()) if path not in {shot, report}]
    write_dicomdir(disc, [*files, shot, report], seed=f"{site.seed} ravi")
    shutil.rmtree(burning)
    told = disc.relative_to(site.folder).as_posix()
    others = (
        lone_file(f"{told}/DICOMDIR", Reason.DICOMDIR),
        lone_file(told, Reason.SECONDARY_CAPTURE),
        lone_file(told, Reason.REPORT),
    )
    return (StudyTruth(_RAVI.patient_id, _RAVI.name, study.date, "A CD with a DICOMDIR.", (truth, *others)),)


def a_fine_scan(site: Site) -> tuple[StudyTruth, ...]:
    """Convert a 3D FLAIR of 1 mm to NIfTI, with the sidecar that the converter writes."""
    seed = site.seed + 4
    head = draw_head(seed, lesions=20, total_ml=10.0, age_years=31)
    made = scan_brain(
        head,
        fine_grid(seed, spacing_mm=site.coarseness),
        seed=seed,
        protocol=Protocol.BRAIN_FLAIR_3D,
        imaging=Imaging(noise=0.05, phase_resolution=0.95, fat_shift_px=0.3, slice_drift=0.0),
    )
    path = site.scans / "research" / "sub-sample_FLAIR.nii.gz"
    return (StudyTruth("", "", "", "A fine NIfTI with a sidecar.", (nifti_brain(site.folder, path, made),)),)


def a_narrow_spine(site: Site, patient: PatientSpec = _YANGBEN) -> tuple[StudyTruth, ...]:
    """Scan a lumbar spine that is narrow at L4/L5: localizer, sagittal T2 and T1, axial T2 angled along three discs."""
    seed = site.seed + 5
    traits = narrowed(spine_traits(seed, age_years=63), "L4/L5", sac_depth=6.5)
    spine = make_spine(narrowed(traits, "L3/L4", sac_depth=10.5))
    study = StudySpec(f"{site.seed} spine", "20250218", "081922", "L-SPINE", "A2502")
    spec = SeriesSpec(Protocol.LOCALIZER, Vendor.GE, patient, study, number=1)
    folder = site.scans / "样本" / "L-SPINE"
    plan = scan_spine(spine, localizer_grid(side=256 // site.coarseness), seed=seed, protocol=Protocol.LOCALIZER)
    made = [spine_series(site.folder, folder / "1", [plan], spec, Reason.LOCALIZER)]
    for number, protocol in ((2, Protocol.SPINE_T2_SAGITTAL), (3, Protocol.SPINE_T1_SAGITTAL)):
        stack = scan_spine(spine, sagittal_grid(side=384 // site.coarseness), seed=seed + number, protocol=protocol)
        series = replace(spec, protocol=protocol, number=number)
        made.append(spine_series(site.folder, folder / str(number), [stack], series, Kind.SPINE_SAGITTAL))
    axial = replace(spec, protocol=Protocol.SPINE_T2_AXIAL, number=4)
    stacks = [
        scan_spine(
            spine,
            axial_grid(spine, level, slices=4, side=320 // site.coarseness),
            seed=seed + 9,
            protocol=axial.protocol,
        )
        for level in ("L3/L4", "L4/L5", "L5/S1")
    ]
    made.append(spine_series(site.folder, folder / "4", stacks, axial, Kind.SPINE_AXIAL))
    note = "Narrow at L4/L5, a little at L3/L4."
    return (StudyTruth(patient.patient_id, patient.name, study.date, note, tuple(made)),)


def a_restless_patient(site: Site) -> tuple[StudyTruth, ...]:
    """Scan a patient who could not lie still."""
    seed = site.seed + 6
    head = draw_head(seed, lesions=10, total_ml=4.0, age_years=33)
    made = scan_brain(head, site.thick(seed), seed=seed, imaging=Imaging(motion_px=3.0))
    study = StudySpec(f"{site.seed} joerg", "20250110", "114501", "Schädel MRT", "A2509")
    spec = SeriesSpec(Protocol.BRAIN_FLAIR, Vendor.SIEMENS, _JOERG, study, syntax=Syntax.JPEG_LS)
    truth = brain_series(site.folder, site.scans / "BEISPIEL_JOERG", made, spec)
    return (StudyTruth(_JOERG.patient_id, _JOERG.name, study.date, "The patient moved.", (truth,)),)


def a_lost_slice(site: Site, patient: PatientSpec = _MIHON) -> tuple[StudyTruth, ...]:
    """Lose one file of a stack, as when a stick is pulled too early."""
    seed = site.seed + 7
    head = draw_head(seed, lesions=12, total_ml=5.0, age_years=54)
    made = scan_brain(head, site.thick(seed), seed=seed, imaging=Imaging(noise=0.07))
    study = StudySpec(f"{site.seed} mihon", "20241224", "153000", "BRAIN", "A2477")
    spec = SeriesSpec(Protocol.BRAIN_FLAIR, Vendor.HITACHI, patient, study, order=SliceOrder.DESCENDING)
    folder = site.scans / "見本花子"
    paths = write_series(folder, made.voxels, made.affine, spec=spec)
    paths[11].unlink()
    truth = lone_file(folder.relative_to(site.folder).as_posix(), Reason.MISSING_SLICES)
    note = "The twelfth slice from below is missing."
    return (StudyTruth(patient.patient_id, patient.name, study.date, note, (truth,)),)


def a_ct(site: Site) -> tuple[StudyTruth, ...]:
    """Take a head CT, which is not read."""
    seed = site.seed + 8
    head = draw_head(seed, lesions=0, total_ml=0.0, age_years=70)
    made = expose_brain(head, site.thick(seed, slices=24, depths=2), seed=seed)
    study = StudySpec(f"{site.seed} ct", "20250301", "022100", "CT BRAIN", "A2513")
    spec = SeriesSpec(Protocol.HEAD_CT, Vendor.GE, _NAMUNA, study, number=2, file_names=FileNames.DCM)
    folder = site.scans / "CT" / "نمونہ"
    write_series(folder, made.voxels, made.affine, spec=spec)
    truth = lone_file(folder.relative_to(site.folder).as_posix(), Reason.OTHER_MODALITY)
    return (StudyTruth(_NAMUNA.patient_id, _NAMUNA.name, study.date, "A CT.", (truth,)),)


def an_old_stick(site: Site) -> tuple[StudyTruth, ...]:
    """Leave what is found on old sticks: a file cut short, a letter, a note, an empty file."""
    folder = site.scans / "old stick"
    spec = SeriesSpec(vendor=Vendor.ANONYMISED, study=StudySpec(f"{site.seed} old"), file_names=FileNames.BARE)
    ramp = np.arange(96 * 96 * 4).reshape(96, 96, 4) % 900
    paths = write_series(folder, ramp, np.diag([-2.4, -2.4, 6.0, 1.0]), spec=spec)
    cut = paths[0]
    for path in paths[1:]:
        path.unlink()
    cut.write_bytes(cut.read_bytes()[:700])
    (folder / "letter.pdf").write_bytes(pdf_of("Sample letter about an invented patient."))
    (folder / "notes.txt").write_text("Sample notes. Call back on Tuesday.\n", encoding="utf-8")
    (folder / "IM000000").write_bytes(b"")
    told = folder.relative_to(site.folder).as_posix()
    expected = (
        (cut.name, Reason.UNREADABLE),
        ("letter.pdf", Reason.NOT_AN_IMAGE),
        ("notes.txt", Reason.NOT_AN_IMAGE),
        ("IM000000", Reason.EMPTY),
    )
    files = tuple(lone_file(f"{told}/{name}", reason) for name, reason in expected)
    return (StudyTruth("", "", "", "A file cut short, a letter, a note, an empty file.", files),)


VISITS: tuple[Visit, ...] = (
    a_fine_scan,
    a_narrow_spine,
    two_visits_of_sara,
    ravis_cd,
    a_restless_patient,
    a_lost_slice,
    a_ct,
    an_old_stick,
)
"""The longest first, so that two cores finish together."""
