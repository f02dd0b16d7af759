"""A DICOM header's tags → who was scanned, when, and how. What a tag does not say stays unknown.

A header of a multi-frame image comes with its functional groups laid over the top level, so that the
same questions are asked of both kinds.
"""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import TYPE_CHECKING

from appliance.contracts import PatientFacts, SeriesFacts, StudyFacts

if TYPE_CHECKING:
    from datetime import date

    from appliance.headers.tags import Tags

AGE = re.compile(r"(\d{1,3})\s*([DWMY])$", re.IGNORECASE)
YEARS_IN = {"D": 1 / 365.2425, "W": 7 / 365.2425, "M": 1 / 12, "Y": 1.0}
OLDEST = 120.0
SEXES = {"F": "F", "FEMALE": "F", "M": "M", "MALE": "M", "O": "O", "OTHER": "O"}
NO_AGENT = frozenset({"NO", "NONE", "N", "NO CONTRAST", "WITHOUT"})
STRONGEST_T = 100.0
"""A larger field strength is stated in gauss."""
DATE_SOURCES = ("Study", "Series", "Acquisition", "Content")
SEQUENCE_WORDS = (
    "ScanningSequence",
    "SequenceVariant",
    "SequenceName",
    "PulseSequenceName",
    "AcquisitionContrast",
    "MRAcquisitionType",
)
SEQUENCE_FLAGS = {"InversionRecovery": "IR", "EchoPlanarPulseSequence": "EP"}
ECHO_WORDS = {"SPIN": "SE", "GRADIENT": "GR", "BOTH": "GR"}


def patient_facts(tags: Tags) -> PatientFacts:
    """Say who was scanned."""
    birth = tags.day("PatientBirthDate")
    when = study_time(tags)
    name = tags.whole_text("PatientName")
    return PatientFacts(
        name=name.strip("^= ") or None if name else None,
        patient_id=tags.whole_text("PatientID"),
        birth_date=birth,
        age_years=_stated_age(tags.text("PatientAge")) or age_between(birth, when),
        sex=SEXES.get((tags.text("PatientSex") or "").upper()),
    )


def study_facts(tags: Tags) -> StudyFacts:
    """Say which examination this is."""
    return StudyFacts(
        uid=tags.text("StudyInstanceUID"),
        when=study_time(tags),
        description=tags.whole_text("StudyDescription"),
        accession=tags.whole_text("AccessionNumber"),
        institution=tags.whole_text("InstitutionName"),
    )


def series_facts(tags: Tags) -> SeriesFacts:
    """Say how a series was acquired."""
    agent = tags.whole_text("ContrastBolusAgent")
    return SeriesFacts(
        uid=tags.text("SeriesInstanceUID"),
        number=tags.whole("SeriesNumber"),
        description=tags.whole_text("SeriesDescription") or tags.whole_text("ProtocolName"),
        modality=(tags.text("Modality") or "").upper() or None,
        manufacturer=tags.whole_text("Manufacturer"),
        model=tags.whole_text("ManufacturerModelName"),
        field_strength_t=_in_tesla(tags.positive("MagneticFieldStrength")),
        body_part=tags.text("BodyPartExamined") or _coded_region(tags),
        sequence=_sequence_words(tags),
        image_type=tuple(word.upper() for word in tags.texts("ImageType") or tags.texts("FrameType")),
        echo_time_ms=tags.positive("EchoTime") or tags.positive("EffectiveEchoTime"),
        repetition_time_ms=tags.positive("RepetitionTime"),
        inversion_time_ms=tags.positive("InversionTime") or tags.positive("InversionTimes"),
        flip_angle_deg=tags.positive("FlipAngle"),
        contrast_agent=None if agent is None or agent.upper() in NO_AGENT else agent,
    )


def study_time(tags: Tags) -> datetime | None:
    """Say when the patient was scanned: the study's date, else the next best that is stated."""
    for source in DATE_SOURCES:
        day = tags.day(f"{source}Date")
        if day is not None:
            return datetime.combine(day, tags.clock(f"{source}Time") or time())
    return None


def _stated_age(text: str | None) -> float | None:
    """Read ``045Y``, ``018M``, ``006W`` or ``003D``; ``000Y`` is how scanners write that they do not know."""
    found = AGE.match(text or "")
    if found is None:
        return None
    years = int(found[1]) * YEARS_IN[found[2].upper()]
    return years if 0 < years <= OLDEST else None


def age_between(birth: date | None, when: datetime | None) -> float | None:
    """Count years from birth to the examination, if both are known and make sense."""
    if birth is None or when is None:
        return None
    years = (when.date() - birth).days * YEARS_IN["D"]
    return round(years, 2) if 0 < years <= OLDEST else None


def _in_tesla(strength: float | None) -> float | None:
    return strength / 10_000 if strength is not None and strength > STRONGEST_T else strength


def _coded_region(tags: Tags) -> str | None:
    for region in tags.items("AnatomicRegionSequence")[:1]:
        return region.whole_text("CodeMeaning")
    return None


def _sequence_words(tags: Tags) -> tuple[str, ...]:
    words = [word.upper() for keyword in SEQUENCE_WORDS for word in tags.texts(keyword)]
    words += [ECHO_WORDS[word] for word in tags.texts("EchoPulseSequence") if word in ECHO_WORDS]
    words += [short for keyword, short in SEQUENCE_FLAGS.items() if tags.text(keyword) == "YES"]
    return tuple(dict.fromkeys(words))
