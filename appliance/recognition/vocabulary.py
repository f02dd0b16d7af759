"""The words that scanners and technicians use for body parts and contrasts, in many languages.

In the lists, a word is met only where a word begins, one of up to three letters must stand alone, one
with a star in front is met anywhere, and a low line is a gap between words. Text and words are brought
into one spelling first: no accents, no case, one form for letters that Arabic and Persian keyboards
write differently.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import cache
from typing import Final

STANDS_ALONE = 3
"""Words of up to this many letters mean something else inside other words."""
SAME_LETTER = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "ـ": None, "\u200c": None, "\u200d": None})
ACCENTS = re.compile("[\u0300-\u036f\u064b-\u065f\u0670]")


class Region(StrEnum):
    """A part of the body, as it is called in a sentence."""

    BRAIN = "the head"
    LUMBAR = "the lumbar spine"
    CERVICAL = "the neck"
    THORACIC = "the thoracic spine"
    SPINE = "a spine"
    """Which part is not said."""
    EYE = "the orbits"
    PITUITARY = "the pituitary gland"
    EAR = "the inner ear"
    JAW = "the jaw joint"
    KNEE = "a knee"
    SHOULDER = "a shoulder"
    PELVIS = "the pelvis or a hip"
    ABDOMEN = "the abdomen"
    HEART = "the heart"
    BREAST = "a breast"
    PROSTATE = "the prostate"
    CHEST = "the chest"
    LIMB = "an arm or a leg"
    WHOLE_BODY = "the whole body"


class Contrast(StrEnum):
    """What an MR image shows bright, as it is called in a sentence."""

    FLAIR = "a FLAIR"
    T1 = "a T1"
    T2 = "a T2"
    T1_FLAIR = "a T1 FLAIR"
    STIR = "a STIR"
    PROTON_DENSITY = "a proton density image"
    GRADIENT_ECHO = "a gradient echo"
    ECHO_PLANAR = "an echo-planar scan"
    STEADY_STATE = "a steady-state image (CISS, FIESTA)"
    DIFFUSION = "a diffusion scan"
    SUSCEPTIBILITY = "a susceptibility scan (SWI, T2*)"
    ANGIOGRAPHY = "an angiography"
    PERFUSION = "a perfusion scan"
    FUNCTIONAL = "a functional scan"
    MYELOGRAPHY = "a myelography"
    SPECTROSCOPY = "a spectroscopy"
    CALIBRATION = "a calibration or preparation scan"


REGION_WORDS: Final = {
    Region.BRAIN: (
        "*brain head skull *cerebr *crani *encephal *encefal neurocran "
        "crane tete kopf *schadel *schaedel *hirn cabeza cabeca testa capo *cervello "
        "beyin kafa *kranial *kranyal *мозг голов череп *энцефал гм "
        "مغز سر *جمجمه *دماغ راس الراس مخ المخ "
        "*मस्तिष्क *दिमाग सिर *脑 *颅 *头 *頭 *脳"
    ),
    Region.LUMBAR: (
        "*lumb *lomb lspine lsspine lws lsp lss *lendenw bel_omurga l_spine ls_spine l_s_spine "
        "*пояснич *люмб поп *лумб کمر *کمری *لومبار *لمبار *قطنی *लम्बर *लंबर कमर *腰"
    ),
    Region.CERVICAL: (
        "*cervic cspine csp c_spine hws *halswirbel hals nuca nuque neck *servikal boyun шейн шоп *шейк "
        "گردن *سرویکال *عنقی *ग्रीवा *सर्वाइकल गर्दन *颈 *頸 *頚"
    ),
    Region.THORACIC: (
        "*thorac *torac tspine t_spine dspine d_spine bws *brustwirbel *torakal dorsal грудн гоп "
        "*توراسیک *صدری *वक्ष *थोरेसिक *胸椎"
    ),
    Region.SPINE: (
        "*spine spinal *rachis *rachid rachi *raquis columna coluna colonna *wirbelsaul *wirbelsaeul wbs omurga "
        "*vertebr *позвоноч ستون_فقرات *فقرات العمود_الفقری *रीढ़ मेरुदंड *脊柱 *脊椎 *脊髓 *脊髄 myelon "
        "spinal_cord medulla_spinal moelle"
    ),
    Region.EYE: "orbit orbita eye eyes auge augen oeil ojo occhio olho глаз орбит *眼",
    Region.PITUITARY: "*pituit *hypophys *hipofis *ipofis sella *гипофиз *垂体 *下垂体 هیپوفیز",
    Region.EAR: "iac iam inner_ear *felsenbein rocher temporal_bone innenohr cpa *cerebellopontin *内耳",
    Region.JAW: "tmj atm *temporomandib kiefergelenk",
    Region.KNEE: "knee genou knie rodilla ginocchio joelho diz *колен زانو *رکبه *घुटन *膝",
    Region.SHOULDER: "shoulder epaule schulter hombro spalla ombro omuz *плеч شانه کتف *कंधा *肩",
    Region.PELVIS: (
        "hip hips hanche hufte huefte cadera anca quadril pelvis pelvic pelvi bassin becken bacino kalca таз *тазобедр "
        "لگن حوض *骨盆 *骨盤 *sacroil *sakroil isg"
    ),
    Region.ABDOMEN: (
        "abdom mrcp liver foie leber higado fegato figado pancrea kidney renal karin *брюш печен شکم بطن *腹 *肝"
    ),
    Region.HEART: "cardiac heart coeur herz corazon cuore coracao kalp cardio *сердц قلب *心",
    Region.BREAST: "breast brust mammo mamma sein_ meme молочн *乳",
    Region.PROSTATE: "*prostat *простат پروستات *前列腺",
    Region.CHEST: "chest lung thorax torax грудной_клет ریه *肺",
    Region.LIMB: (
        "wrist hand elbow ankle foot leg thigh calf femur arm finger poignet coude cheville pied "
        "handgelenk ellenbogen fuss sprunggelenk muneca codo tobillo pie polso gomito caviglia piede "
        "кисть *локт стоп *голеност مچ آرنج extremity"
    ),
    Region.WHOLE_BODY: "whole_body wholebody ganzkorper corps_entier",
}

CONTRAST_WORDS: Final = {
    Contrast.FLAIR: "*flair *fluid_attenuat *dark_fluid *darkfluid da_fl *水抑制 *黑水 *フレア فلر فلیر",
    Contrast.STIR: "*stir",
    Contrast.PROTON_DENSITY: "pd pdw *proton dp dpw",
    Contrast.STEADY_STATE: "*ciss fiesta *trufi *truefisp cosmic btfe balanced *hydrop space_ciss",
    Contrast.DIFFUSION: (
        "dwi *diffusion *diff adc *tracew trace dti *difusion *diffusione b1000 b800 isodwi edwi resolve_dwi dki "
        "*диффуз *دیفیوژن *弥散 *拡散"
    ),
    Contrast.SUSCEPTIBILITY: (
        "swi swan *swip *suscept venobold t2star t2_star *hemo_ swibold qsm medic merge *磁敏感 *t2star"
    ),
    Contrast.ANGIOGRAPHY: "tof *angio mra mrv *venogra phase_contrast pc3d *time_of_flight mip inhance *血管",
    Contrast.PERFUSION: "*perf dsc asl pasl pcasl dce cbf cbv mtt ttp tmax *灌注 *灌流",
    Contrast.FUNCTIONAL: "bold fmri rsfmri *epfid resting rest_state",
    Contrast.MYELOGRAPHY: "*myelo *мрмиел",
    Contrast.SPECTROSCOPY: "*spectro svs csi mrs press_",
    Contrast.CALIBRATION: "*calib asset *shim b0map b0_map field_map fieldmap prescan ref_scan sense_ref coil_survey",
    Contrast.GRADIENT_ECHO: "vibe lava thrive mprage bravo fspgr spgr flash tfe tfl gre",
}
LOCALIZER_WORDS: Final = (
    "*localis *localiz lokali scout survey locator loc 3_plane 3plane *scano *topogr plan_scan *reperage *ubersicht "
    "*uebersicht *定位 *スカウト *位置決 *локал *топогра *обзорн مکان_یاب"
)
AFTER_CONTRAST_WORDS: Final = (
    "post_ gad gado gadol gd km kontrast contrast contraste contrasto ce enhanced inj *контраст *增强 *造影 تزریق"
)
NO_CONTRAST_WORDS: Final = "pre non no without wo w_o sans ohne sin senza sem nativ native *без *平扫 *单纯 بدون"
FAT_SUPPRESSED_WORDS: Final = "fs *fatsat fat_sat spair spir dixon ideal fatsup fat_sup chemsat *脂肪抑制 *压脂 *抑脂"
MASK_WORDS: Final = (
    "*mask_ masks_ *seg_ seg dseg aseg *segment label labels *label_ lbl roi rois lesion lesions ventricle "
    "ventricles gt truth annot annotation annotations consensus probmap probability *wmh_ wmh parcellation aparc"
)
WEIGHTED = re.compile(r" (?:ax|axial|tra|sag|cor|w|2d|3d)?t([12])(?![0-9])")
LUMBAR_LEVELS = re.compile(r" l ?[1-5] ?(?:l ?[2-5]|s ?1|(?<= )[2-5])(?![0-9])")
T2_STAR = re.compile(r"t2 ?\*")
PLUS_CONTRAST = re.compile(r"\+ ?(?:c|gd|gad|km)\b|\bc ?\+")


def plain(text: str) -> str:
    """Bring a text into the spelling in which words are looked for: words with one space around each."""
    spelt = ACCENTS.sub("", unicodedata.normalize("NFKD", T2_STAR.sub("t2star ", text.casefold()))).translate(
        SAME_LETTER
    )
    letters = "".join(letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in spelt)
    return f" {' '.join(letters.split())} "


def says(text: str, words: str) -> bool:
    """Say whether a plain text holds one of the words of a list."""
    return any(needle in text for needle in _needles(words))


def regions_in(text: str) -> frozenset[Region]:
    """Name every part of the body that a plain text speaks of; the lumbar spine is not also “a spine”."""
    found = {region for region, words in REGION_WORDS.items() if says(text, words)}
    if LUMBAR_LEVELS.search(text):
        found.add(Region.LUMBAR)
    if found & {Region.LUMBAR, Region.CERVICAL, Region.THORACIC}:
        found.discard(Region.SPINE)
    return frozenset(found)


def contrasts_in(text: str) -> frozenset[Contrast]:
    """Name every contrast that a plain text speaks of; more than one means that the text does not settle it."""
    named = {contrast for contrast, words in CONTRAST_WORDS.items() if says(text, words)}
    weights = {Contrast.T1 if digit == "1" else Contrast.T2 for digit in WEIGHTED.findall(text)}
    if Contrast.FLAIR in named and Contrast.T1 in weights:
        return frozenset({Contrast.T1_FLAIR} if Contrast.T2 not in weights else named | weights)
    if Contrast.PROTON_DENSITY in named:
        return frozenset(named | weights)
    return frozenset(named or weights)


def says_after_contrast(text: str) -> bool:
    """Say whether a text as written speaks of an image after a contrast agent."""
    spelt = plain(text)
    given = says(spelt, AFTER_CONTRAST_WORDS) or PLUS_CONTRAST.search(text.casefold()) is not None
    return given and not says(spelt, NO_CONTRAST_WORDS)


@cache
def _needles(words: str) -> tuple[str, ...]:
    return tuple(map(_needle, words.split()))


def _needle(word: str) -> str:
    anywhere = word.startswith("*")
    spelt = plain(word.replace("*", " ").replace("_", " ")).strip()
    ends = word.endswith("_") or (len(spelt) <= STANDS_ALONE and not anywhere)
    return f"{'' if anywhere else ' '}{spelt}{' ' if ends else ''}"
