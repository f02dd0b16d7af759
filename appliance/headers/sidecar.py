"""The JSON that dcm2niix and BIDS put beside a NIfTI file → the same facts that DICOM tags give.

Times stand there in seconds. A sidecar is never needed: what cannot be read of it is unknown.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from appliance.contracts import PatientFacts, SeriesFacts, StudyFacts
from appliance.headers.facts import OLDEST, SEXES, age_between

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_TEXT = 4096
LONGEST_ECHO_S = 1.0
LONGEST_REPETITION_S = 60.0
LONGEST_INVERSION_S = 10.0
"""A larger number stands in milliseconds, whatever BIDS says."""
JOINED_KEYS = ("ScanningSequence", "SequenceVariant")
"""Keys whose several values dcm2niix joins with a low line."""
SEQUENCE_KEYS = ("SequenceName", "PulseSequenceName", "MRAcquisitionType")


@dataclass(frozen=True, slots=True)
class Sidecar:
    """Everything of a sidecar that is used."""

    patient: PatientFacts
    study: StudyFacts
    series: SeriesFacts
    protocol: str | None


def read_sidecar(data: bytes) -> Sidecar | None:
    """Take the facts out of a sidecar; ``None`` if it is not a JSON object."""
    try:
        values = json.loads(data.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None
    return _facts(_Values(values)) if isinstance(values, dict) else None


class _Values:
    """A JSON object of which no value can be trusted to be of the type that it should."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def text(self, key: str) -> str | None:
        return next(iter(self.texts(key)), None)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key)
        listed = value if isinstance(value, list) else [value]
        texts = (str(entry)[:LONGEST_TEXT].strip() for entry in listed if isinstance(entry, (str, int, float)))
        return tuple(text for text in texts if text)

    def number(self, key: str) -> float | None:
        try:
            value = float(self.text(key) or "nan")
        except ValueError:
            return None
        return value if math.isfinite(value) and value > 0 else None

    def milliseconds(self, key: str, longest_s: float) -> float | None:
        value = self.number(key)
        return value if value is None or value > longest_s else round(value * 1000, 6)

    def day(self, key: str) -> date | None:
        try:
            return date.fromisoformat(self.text(key) or "")
        except ValueError:
            return None

    def moment(self, key: str) -> datetime | None:
        try:
            return datetime.fromisoformat(self.text(key) or "").replace(tzinfo=None)
        except ValueError:
            return None


def _facts(values: _Values) -> Sidecar:
    return Sidecar(_patient(values), _study(values), _series(values), values.text("ProtocolName"))


def _patient(values: _Values) -> PatientFacts:
    birth, when = values.day("PatientBirthDate"), values.moment("AcquisitionDateTime")
    stated = values.number("PatientAge")
    return PatientFacts(
        name=values.text("PatientName"),
        patient_id=values.text("PatientID"),
        birth_date=birth,
        age_years=stated if stated is not None and stated <= OLDEST else age_between(birth, when),
        sex=SEXES.get((values.text("PatientSex") or "").upper()),
    )


def _study(values: _Values) -> StudyFacts:
    return StudyFacts(
        uid=values.text("StudyInstanceUID"),
        when=values.moment("AcquisitionDateTime"),
        description=values.text("StudyDescription"),
        accession=values.text("AccessionNumber"),
        institution=values.text("InstitutionName"),
    )


def _series(values: _Values) -> SeriesFacts:
    number = values.number("SeriesNumber")
    return SeriesFacts(
        uid=values.text("SeriesInstanceUID"),
        number=None if number is None else int(number),
        description=values.text("SeriesDescription") or values.text("ProtocolName"),
        modality=(values.text("Modality") or "").upper() or None,
        manufacturer=values.text("Manufacturer"),
        model=values.text("ManufacturersModelName"),
        field_strength_t=values.number("MagneticFieldStrength"),
        body_part=values.text("BodyPartExamined") or values.text("BodyPart"),
        sequence=_sequence(values),
        image_type=tuple(word.upper() for word in values.texts("ImageType")),
        echo_time_ms=values.milliseconds("EchoTime", LONGEST_ECHO_S),
        repetition_time_ms=values.milliseconds("RepetitionTime", LONGEST_REPETITION_S),
        inversion_time_ms=values.milliseconds("InversionTime", LONGEST_INVERSION_S),
        flip_angle_deg=values.number("FlipAngle"),
        contrast_agent=values.text("ContrastBolusIngredient"),
    )


def _sequence(values: _Values) -> tuple[str, ...]:
    words = [word for key in JOINED_KEYS for text in values.texts(key) for word in text.replace("\\", "_").split("_")]
    words += [text for key in SEQUENCE_KEYS for text in values.texts(key)]
    return tuple(dict.fromkeys(word.upper() for word in words if word))
