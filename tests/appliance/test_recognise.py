"""A series taken for what it is not would be read wrongly: unsure means ask, and surely other means not read."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.contracts import Certainty, Kind, Plane, SeriesFacts, Weighting
from appliance.recognition.evidence import Said
from appliance.recognition.recognise import recognise
from appliance.recognition.stack import Stack
from appliance.recognition.vocabulary import Contrast, Region, contrasts_in, plain, regions_in

HEAD = Stack(256, 256, 24, Plane.AXIAL, (0.9, 0.9, 6.0))
HEAD_SAGITTAL = replace(HEAD, plane=Plane.SAGITTAL)
HEAD_CORONAL = replace(HEAD, plane=Plane.CORONAL)
VOLUME = Stack(256, 256, 176, Plane.SAGITTAL, (1.0, 1.0, 1.0))
LUMBAR_AXIAL = Stack(320, 320, 15, Plane.AXIAL, (0.6, 0.6, 4.4))
LUMBAR_SAGITTAL = Stack(384, 384, 15, Plane.SAGITTAL, (0.75, 0.75, 4.4))
LUMBAR_CORONAL = replace(LUMBAR_SAGITTAL, plane=Plane.CORONAL)
WRIST = Stack(256, 256, 20, Plane.AXIAL, (0.3, 0.3, 3.0))

FLAIR_TIMES = {"echo_time_ms": 105.0, "repetition_time_ms": 9000.0, "inversion_time_ms": 2500.0}
FLAIR_3D_TIMES = {"echo_time_ms": 388.0, "repetition_time_ms": 4800.0, "inversion_time_ms": 1650.0}
LOW_FIELD_TIMES = {"echo_time_ms": 194.0, "repetition_time_ms": 4000.0, "inversion_time_ms": 1400.0}
T1_FLAIR_TIMES = {"echo_time_ms": 24.0, "repetition_time_ms": 2200.0, "inversion_time_ms": 860.0}
STIR_TIMES = {"echo_time_ms": 55.0, "repetition_time_ms": 4200.0, "inversion_time_ms": 150.0}
T2_TIMES = {"echo_time_ms": 100.0, "repetition_time_ms": 3800.0}
T1_TIMES = {"echo_time_ms": 11.0, "repetition_time_ms": 560.0}
PD_TIMES = {"echo_time_ms": 15.0, "repetition_time_ms": 3000.0}

SURE, ASK, TOLD = Certainty.SURE, Certainty.ASK, Certainty.TOLD
NOT_READ = None


def facts(
    description: str = "", body_part: str = "", *sequence: str, image_type: str = "", **times: float
) -> SeriesFacts:
    return SeriesFacts(
        description=description or None,
        body_part=body_part or None,
        sequence=sequence,
        image_type=tuple(image_type.split("\\")) if image_type else (),
        **times,  # type: ignore[arg-type]
    )


READ = [
    (facts("t2_tirm_tra_dark-fluid", "HEAD", "SE", "IR", **FLAIR_TIMES), HEAD, Kind.BRAIN_FLAIR),
    (facts("Ax T2 FLAIR", "BRAIN", **FLAIR_TIMES), HEAD, Kind.BRAIN_FLAIR),
    (facts("FLAIR_longTR SENSE", "HEAD", "IR"), HEAD, Kind.BRAIN_FLAIR),
    (facts("IRM encéphale axial FLAIR"), HEAD, Kind.BRAIN_FLAIR),
    (facts("t2_tirm_tra", "SCHAEDEL", "SE", "IR", **FLAIR_TIMES), HEAD, Kind.BRAIN_FLAIR),
    (facts("T2 IR tra", "HEAD", "IR", **FLAIR_TIMES), HEAD, Kind.BRAIN_FLAIR),
    (facts("FLAIR ohne KM", "KOPF"), HEAD, Kind.BRAIN_FLAIR),
    (facts("Ax FLAIR without contrast", "HEAD"), HEAD, Kind.BRAIN_FLAIR),
    (facts("Ax FLAIR fs", "HEAD", **FLAIR_TIMES), HEAD, Kind.BRAIN_FLAIR),
    (facts("flair", "", **{**FLAIR_TIMES, "inversion_time_ms": None}), HEAD, Kind.BRAIN_FLAIR),
    (facts("", "", "SE", "IR", **FLAIR_TIMES), HEAD, Kind.BRAIN_FLAIR),
    (facts("", "BRAIN", "IR", "FLUID_ATTENUATED", **LOW_FIELD_TIMES), HEAD, Kind.BRAIN_FLAIR),
    (facts("Sag CUBE T2 FLAIR", "HEAD", "3D", **FLAIR_3D_TIMES), VOLUME, Kind.BRAIN_FLAIR),
    (facts("3D_Brain_VIEW_FLAIR", "", **FLAIR_3D_TIMES), VOLUME, Kind.BRAIN_FLAIR),
    (facts("SAG isoFLAIR"), VOLUME, Kind.BRAIN_FLAIR),
    (facts("t2_tse_tra_msma", "LSPINE", "SE", **T2_TIMES), LUMBAR_AXIAL, Kind.SPINE_AXIAL),
    (facts("T1W_TSE_AX L3-S1", "", **T1_TIMES), LUMBAR_AXIAL, Kind.SPINE_AXIAL),
    (facts("LWS t2 tse sag"), LUMBAR_SAGITTAL, Kind.SPINE_SAGITTAL),
    (facts("SAG T1", "SPINE LUMBAR", **T1_TIMES), LUMBAR_SAGITTAL, Kind.SPINE_SAGITTAL),
    (facts("T2W_TSE_DRIVE", "LUMBAR SPINE", **T2_TIMES), LUMBAR_SAGITTAL, Kind.SPINE_SAGITTAL),
    (facts("腰椎 T2 矢状位", "", **T2_TIMES), LUMBAR_SAGITTAL, Kind.SPINE_SAGITTAL),
    (facts("T2 сагиттальный", "ПОЯСНИЧНЫЙ ОТДЕЛ", **T2_TIMES), LUMBAR_SAGITTAL, Kind.SPINE_SAGITTAL),
]  # fmt: skip


@pytest.mark.parametrize(("said", "stack", "kind"), READ, ids=[f"{s.description} {s.body_part}" for s, _, _ in READ])
def test_what_leaves_no_doubt_is_read(said: SeriesFacts, stack: Stack, kind: Kind) -> None:
    recognised = recognise(said, stack)
    assert (recognised.kind, recognised.certainty) == (kind, SURE), recognised.why
    expected = Weighting.FLAIR if kind is Kind.BRAIN_FLAIR else recognised.weighting
    assert recognised.weighting is expected is not None
    assert recognised.why


NOT = [
    (facts("t1_se_tra", "HEAD", **T1_TIMES), HEAD, "a T1 of the head"),
    (facts("t2_tse_tra", "HEAD", **T2_TIMES), HEAD, "a T2 of the head"),
    (facts("T1 FLAIR", "HEAD", **T1_FLAIR_TIMES), HEAD, "a T1 FLAIR"),
    (facts("FLAIR", "HEAD", **T1_FLAIR_TIMES), HEAD, "a T1 FLAIR"),
    (facts("ep2d_diff_3scan_trace_p2", "HEAD", "EP"), HEAD, "a diffusion scan"),
    (facts("AX", "HEAD", "EP", **T2_TIMES), HEAD, "an echo-planar scan"),
    (facts("AX", "HEAD", "EP"), HEAD, "the sequence EP"),
    (facts("Apparent ADC", "HEAD"), HEAD, "a diffusion scan"),
    (facts("SWI_Images", "HEAD", "GR"), HEAD, "a susceptibility scan"),
    (facts("Ax T2* GRE", "HEAD", "GR"), HEAD, "names a"),
    (facts("TOF_3D_multi-slab", "HEAD", "GR"), HEAD, "an angiography"),
    (facts("MRA willis", "HEAD"), HEAD, "an angiography"),
    (facts("ep2d_perf", "HEAD", "EP"), HEAD, "a perfusion scan"),
    (facts("fMRI BOLD", "HEAD", "EP"), HEAD, "a functional scan"),
    (facts("t1_mprage_sag", "HEAD", "GR", "IR"), VOLUME, "a gradient echo"),
    (facts("PD tse", "HEAD", **PD_TIMES), HEAD, "a proton density image"),
    (facts("CISS 3d", "HEAD"), HEAD, "a steady-state image"),
    (facts("svs_se_30", "HEAD"), HEAD, "a spectroscopy"),
    (facts("SENSE REF", "HEAD"), HEAD, "a calibration"),
    (facts("t2_tirm_cor_dark-fluid", "HEAD", "IR", **FLAIR_TIMES), HEAD_CORONAL, "coronal and too thick"),
    (facts("FLAIR SAG", "HEAD", **FLAIR_TIMES), HEAD_SAGITTAL, "sagittal and too thick"),
    (facts("3D FLAIR", "HEAD"), replace(VOLUME, slices=4), "too few"),
    (facts("FLAIR +C", "HEAD", **FLAIR_TIMES), HEAD, "after a contrast agent"),
    (facts("t1_tse_sag post gado", "LSPINE", **T1_TIMES), LUMBAR_SAGITTAL, "after a contrast agent"),
    (facts("T1 SAG KM", "LSPINE", **T1_TIMES), LUMBAR_SAGITTAL, "after a contrast agent"),
    (facts("腰椎 T1 增强", "", **T1_TIMES), LUMBAR_SAGITTAL, "after a contrast agent"),
    (facts("t2_tirm_sag_fs", "LSPINE", "IR", **STIR_TIMES), LUMBAR_SAGITTAL, "a STIR"),
    (facts("STIR SAG", "LSPINE"), LUMBAR_SAGITTAL, "a STIR"),
    (facts("T2 SAG", "CSPINE", **T2_TIMES), LUMBAR_SAGITTAL, "the neck"),
    (facts("T2 SAG HWS", "", **T2_TIMES), LUMBAR_SAGITTAL, "the neck"),
    (facts("T2 SAG", "TSPINE", **T2_TIMES), LUMBAR_SAGITTAL, "the thoracic spine"),
    (facts("rachis dorsal t2", "", **T2_TIMES), LUMBAR_SAGITTAL, "the thoracic spine"),
    (facts("t2_tse_cor", "LSPINE", **T2_TIMES), LUMBAR_CORONAL, "coronal"),
    (facts("MYELO", "LSPINE"), LUMBAR_CORONAL, "a myelography"),
    (facts("PD FS AX", "KNEE", **PD_TIMES), WRIST, "a proton density image"),
    (facts("T2 AX", "KNEE", **T2_TIMES), WRIST, "a knee"),
    (facts("AX T2 prostate", "", **T2_TIMES), WRIST, "the prostate"),
    (facts("T2 AX", "PELVIS", **T2_TIMES), LUMBAR_AXIAL, "the pelvis"),
    (facts("T2 AX", "", **T2_TIMES), WRIST, "unlike those"),
    (facts("T1", "", "GR", echo_time_ms=3, repetition_time_ms=9), HEAD, "a gradient echo"),
    (facts("", "", echo_time_ms=5, repetition_time_ms=20), HEAD, "a gradient echo"),
    (facts("Ax FLAIR orbits"), HEAD, "the orbits"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "stack", "why"), NOT, ids=[f"{s.description} {s.body_part}" for s, _, _ in NOT])
def test_what_is_surely_something_else_is_not_read_and_called_by_its_name(
    said: SeriesFacts, stack: Stack, why: str
) -> None:
    recognised = recognise(said, stack)
    assert (recognised.kind, recognised.certainty) == (None, SURE), recognised.why
    assert why in recognised.why


QUESTIONS = [
    (facts("T2 SAG LUMBAR", "HEAD", **T2_TIMES), LUMBAR_SAGITTAL, "names the lumbar spine but"),
    (facts("T2 SAG", "SPINE", **T2_TIMES), LUMBAR_SAGITTAL, "not which part"),
    (facts("T2 SAG", "", **T2_TIMES), LUMBAR_SAGITTAL, "nothing says which part"),
    (facts("T2 TRA", "", **T2_TIMES), LUMBAR_AXIAL, "nothing says which part"),
    (facts("thoracolumbar T2 sag", "", **T2_TIMES), LUMBAR_SAGITTAL, "names the lumbar spine"),
    (facts("T1 SAG", "LSPINE", **T2_TIMES), LUMBAR_SAGITTAL, "is what a T2 is made with"),
    (facts("T2 SAG", "LSPINE", **T1_TIMES), LUMBAR_SAGITTAL, "is what a T1 is made with"),
    (facts("T2 SAG", "LSPINE", **PD_TIMES), LUMBAR_SAGITTAL, "proton density"),
    (facts("T1 TRA", "HEAD", **FLAIR_TIMES), HEAD, "is what a FLAIR is made with"),
    (facts("FLAIR", "HEAD", **T1_TIMES), HEAD, "is what a T1 is made with"),
    (facts("FLAIR", "HEAD", **STIR_TIMES), HEAD, "is what a STIR is made with"),
    (facts("FLAIR T1 T2", "HEAD"), HEAD, "names a FLAIR but"),
    (facts("FLAIR DWI", "HEAD"), HEAD, "names a"),
    (facts("PD T2 SAG", "LSPINE"), LUMBAR_SAGITTAL, "names a"),
    (facts("FLAIR", "LSPINE", **FLAIR_TIMES), replace(LUMBAR_AXIAL), "which is made of the head"),
    (facts("AX", "HEAD"), HEAD, "nothing says which contrast"),
    (facts("", "LSPINE", echo_time_ms=45, repetition_time_ms=2000), LUMBAR_SAGITTAL, "nothing says which contrast"),
    (facts("SAG", "LSPINE"), LUMBAR_SAGITTAL, "nothing says which contrast"),
    (facts(), HEAD, "nothing says which part"),
    (facts("FLAIR", ""), replace(HEAD, slices=6), "nothing says which part"),
    (facts("FLAIR", "HEAD", **FLAIR_TIMES), WRIST, "unlike those of a head"),
    (facts("FLAIR", "HEAD", **FLAIR_TIMES), replace(HEAD, spacing_mm=None), "how large its pixels are"),
    (facts("FLAIR", "HEAD", **FLAIR_TIMES), replace(HEAD, spacing_mm=(0.9, 0.9, 60.0)), "its slices cover"),
    (facts("FLAIR", "HEAD", **FLAIR_TIMES), replace(HEAD, repeats=3), "3 images of each place"),
    (facts("FLAIR", "HEAD", image_type="DERIVED\\SECONDARY\\MPR", **FLAIR_TIMES), HEAD, "calculated from another"),
    (facts("FLAIR", "HEAD", image_type="DERIVED\\SECONDARY", **FLAIR_TIMES), HEAD, "calculated from another"),
    (facts("T2 SAG fs", "LSPINE", **T2_TIMES), LUMBAR_SAGITTAL, "fat was suppressed"),
    (facts("T2 dixon sag", "LSPINE", **T2_TIMES), LUMBAR_SAGITTAL, "fat was suppressed"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "stack", "why"), QUESTIONS, ids=[f"{q[0].description} {q[0].body_part} {q[2]}" for q in QUESTIONS]
)
def test_what_contradicts_itself_or_leaves_a_gap_is_asked(said: SeriesFacts, stack: Stack, why: str) -> None:
    recognised = recognise(said, stack)
    assert recognised.certainty is ASK, recognised.why
    assert why in recognised.why


def test_a_scanners_filter_does_not_make_an_image_derived() -> None:
    filtered = facts("FLAIR", "HEAD", image_type="DERIVED\\PRIMARY\\M\\DIS2D", **FLAIR_TIMES)
    assert recognise(filtered, HEAD).certainty is SURE


def test_a_series_that_lies_nowhere_is_not_read() -> None:
    for said in (facts("FLAIR", "HEAD", **FLAIR_TIMES), facts("T2", "LSPINE", **T2_TIMES)):
        recognised = recognise(said, Stack(256, 256, 24))
        assert (recognised.kind, recognised.certainty) == (None, SURE)
        assert "how its images lie" in recognised.why


def test_words_about_the_study_count_only_where_the_series_has_none() -> None:
    lumbar, head = (Said("the study description", "MR LUMBAR SPINE"),), (Said("the study description", "MRI brain"),)
    plain_t2 = facts("T2 SAG", **T2_TIMES)
    assert recognise(plain_t2, LUMBAR_SAGITTAL, context=lumbar).kind is Kind.SPINE_SAGITTAL
    assert recognise(plain_t2, LUMBAR_SAGITTAL, context=lumbar).certainty is SURE
    named = facts("T2 SAG LUMBAR", **T2_TIMES)
    assert recognise(named, LUMBAR_SAGITTAL, context=head).certainty is SURE
    both = (Said("the study description", "MRI brain and lumbar spine"),)
    assert recognise(plain_t2, LUMBAR_SAGITTAL, context=both).certainty is ASK
    against = recognise(facts("FLAIR", **FLAIR_TIMES), HEAD, context=lumbar)
    assert against.certainty is ASK


def test_a_protocol_or_a_file_name_is_heard_like_a_description() -> None:
    recognised = recognise(SeriesFacts(), HEAD, hints=(Said("the file name", "sub-01_FLAIR"),))
    assert (recognised.kind, recognised.certainty) == (Kind.BRAIN_FLAIR, SURE)
    assert "“sub-01_FLAIR”" in recognised.why
    folder = recognise(SeriesFacts(), HEAD, context=(Said("the folder", "flair"),))
    assert (folder.kind, folder.certainty) == (Kind.BRAIN_FLAIR, SURE)
    dark = recognise(SeriesFacts(), HEAD, hints=(Said("the file name", "dark"), Said("the protocol", "fluid brain")))
    assert "“dark fluid brain”" in dark.why


@pytest.mark.parametrize(
    ("told", "stack"),
    [
        (Kind.BRAIN_FLAIR, HEAD),
        (Kind.BRAIN_FLAIR, VOLUME),
        (Kind.SPINE_AXIAL, LUMBAR_AXIAL),
        (Kind.SPINE_SAGITTAL, LUMBAR_SAGITTAL),
        (Kind.BRAIN_FLAIR, WRIST),
    ],
)
def test_the_operator_overrules_words_times_and_size(told: Kind, stack: Stack) -> None:
    recognised = recognise(facts("ep2d_diff", "KNEE"), stack, told=told)
    assert (recognised.kind, recognised.certainty, recognised.why) == (told, TOLD, "the operator said so")


@pytest.mark.parametrize(
    ("told", "stack"),
    [
        (Kind.BRAIN_FLAIR, HEAD_SAGITTAL),
        (Kind.SPINE_AXIAL, LUMBAR_SAGITTAL),
        (Kind.SPINE_SAGITTAL, LUMBAR_AXIAL),
        (Kind.SPINE_SAGITTAL, LUMBAR_CORONAL),
        (Kind.BRAIN_FLAIR, Stack(256, 256, 20)),
    ],
)
def test_the_operator_does_not_overrule_geometry(told: Kind, stack: Stack) -> None:
    recognised = recognise(facts("T2", "LSPINE"), stack, told=told)
    assert recognised.kind is None
    assert f"cannot be read as {told.value}" in recognised.why


@pytest.mark.parametrize(
    ("said", "told", "weighting"),
    [
        (facts("T1"), Kind.SPINE_AXIAL, Weighting.T1),
        (facts("T2"), Kind.SPINE_AXIAL, Weighting.T2),
        (facts("FLAIR"), Kind.SPINE_AXIAL, None),
        (facts(), Kind.SPINE_AXIAL, None),
        (facts("T1"), Kind.BRAIN_FLAIR, Weighting.FLAIR),
    ],
)
def test_the_operators_word_names_the_kind_and_the_header_the_weighting(
    said: SeriesFacts, told: Kind, weighting: Weighting | None
) -> None:
    assert recognise(said, LUMBAR_AXIAL, told=told).weighting is weighting


LANGUAGES = {
    Region.BRAIN: [
        "MRI Brain", "head", "SKULL", "IRM crâne", "IRM de la tête", "encéphale", "Schädel MRT", "MRT Kopf", "Gehirn",
        "RM cráneo", "cabeza", "cerebro", "encefalo", "testa", "RM crânio", "cabeça", "cérebro", "beyin MR",
        "kranial MR", "МРТ головного мозга", "голова", "череп", "ام‌آر‌آی مغز", "ام آر آي سر", "الدماغ", "رنين الرأس",
        "الجمجمة", "मस्तिष्क", "दिमाग का एमआरआई", "सिर", "头颅", "颅脑", "頭部", "脳",
    ],
    Region.LUMBAR: [
        "MRI Lumbar spine", "L-SPINE", "LSPINE", "LS spine", "L/S SPINE", "lumbosacral", "LWS", "Lendenwirbelsäule",
        "rachis lombaire", "columna lumbar", "rachide lombare", "coluna lombar", "lomber MR", "поясничный отдел",
        "ستون فقرات کمری", "لومبار", "كمري", "الفقرات القطنية", "लम्बर स्पाइन", "कमर",
        "腰椎", "T2 L4/5", "L3-S1", "L1 S1",
    ],
    Region.CERVICAL: ["C-SPINE", "cervical spine", "HWS", "rachis cervical", "шейный отдел", "颈椎", "頚椎", "گردن"],
    Region.THORACIC: ["T-SPINE", "thoracic", "BWS", "rachis dorsal", "грудной отдел", "胸椎", "columna dorsal"],
    Region.SPINE: ["spine", "rachis", "Wirbelsäule", "columna", "позвоночник", "ستون فقرات", "脊椎", "रीढ़"],
    Region.KNEE: ["knee", "genou", "Knie", "rodilla", "ginocchio", "joelho", "diz", "колено", "زانو", "膝"],
}  # fmt: skip


@pytest.mark.parametrize(("region", "text"), [(region, text) for region, texts in LANGUAGES.items() for text in texts])
def test_body_parts_are_understood_in_the_clinics_languages(region: Region, text: str) -> None:
    assert regions_in(plain(text)) == {region}


@pytest.mark.parametrize(
    "text",
    ["pat2 ahead", "delivery", "T1_1.5T", "phantom QA", "overheads", "csplit", "علي رضا", "دراسة", "dataset1 export2"],
)
def test_words_that_only_contain_a_body_part_are_not_one(text: str) -> None:
    assert regions_in(plain(text)) == frozenset()


@pytest.mark.parametrize(
    ("text", "contrasts"),
    [
        ("T2_tse", {Contrast.T2}),
        ("axT1", {Contrast.T1}),
        ("T2強調", {Contrast.T2}),
        ("t2 flair", {Contrast.FLAIR}),
        ("t1 flair", {Contrast.T1_FLAIR}),
        ("t2*", {Contrast.SUSCEPTIBILITY}),
        ("T12 level", set()),
        ("iPAT2", set()),
        ("set2 dataset1", set()),
        ("水抑制", {Contrast.FLAIR}),
    ],
)
def test_contrasts_are_read_out_of_protocol_names(text: str, contrasts: set[Contrast]) -> None:
    assert contrasts_in(plain(text)) == contrasts


@given(
    description=st.text(max_size=40),
    body_part=st.text(max_size=10),
    sequence=st.lists(st.text(max_size=8), max_size=3),
    times=st.tuples(*[st.none() | st.floats(min_value=1e-3, max_value=1e6)] * 3),
    stack=st.builds(
        Stack,
        rows=st.integers(1, 4096),
        columns=st.integers(1, 4096),
        slices=st.integers(1, 4096),
        plane=st.none() | st.sampled_from(Plane),
        spacing_mm=st.none() | st.tuples(*[st.floats(1e-3, 1e3)] * 3),
        directions=st.integers(1, 64),
        repeats=st.integers(1, 100),
    ),
    told=st.none() | st.sampled_from(Kind),
)
def test_nothing_said_and_no_shape_raises_or_reads_without_a_reason(
    description: str,
    body_part: str,
    sequence: list[str],
    times: tuple[float | None, ...],
    stack: Stack,
    told: Kind | None,
) -> None:
    echo, repetition, inversion = times
    said = SeriesFacts(
        description=description,
        body_part=body_part,
        sequence=tuple(sequence),
        echo_time_ms=echo,
        repetition_time_ms=repetition,
        inversion_time_ms=inversion,
    )
    recognised = recognise(said, stack, told=told)
    assert recognised.why
    if recognised.kind is None:
        assert recognised.weighting is None
    elif told is None:
        assert stack.plane is not None


@pytest.mark.parametrize(
    ("region", "contrast"), list(product(("HEAD", "LSPINE", "KNEE", ""), ("FLAIR", "T1", "T2", "")))
)
@pytest.mark.parametrize("stack", [HEAD, HEAD_SAGITTAL, HEAD_CORONAL, VOLUME, LUMBAR_AXIAL, LUMBAR_SAGITTAL, WRIST])
def test_only_the_three_kinds_are_ever_sure(region: str, contrast: str, stack: Stack) -> None:
    recognised = recognise(facts(contrast, region), stack)
    if recognised.kind is None or recognised.certainty is not SURE:
        return
    assert (region, contrast, recognised.kind) in {
        ("HEAD", "FLAIR", Kind.BRAIN_FLAIR),
        ("", "FLAIR", Kind.BRAIN_FLAIR),
        ("LSPINE", "T1", Kind.SPINE_AXIAL),
        ("LSPINE", "T2", Kind.SPINE_AXIAL),
        ("LSPINE", "T1", Kind.SPINE_SAGITTAL),
        ("LSPINE", "T2", Kind.SPINE_SAGITTAL),
    }
