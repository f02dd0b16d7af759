"""Each DICOM header → the study and the series that it belongs to.

Files belong together by their numbers (study, patient, series), in whatever folders they lie. Without a
study or series number they are taken together by folder and by what else they say, with a note. The same
image met twice is kept once.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from appliance.contracts import LeftOut, Reason
from appliance.headers.facts import patient_facts
from appliance.recognition.screening import SetAside, screen
from appliance.studies.drafts import StudyDraft
from appliance.studies.files import Folders
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.headers.image import DicomHeader
    from appliance.settings import Limits

DIGEST_BYTES = 12
COPY: Final = SetAside(Reason.DUPLICATE, "it is a copy of images that are read already")
NO_STUDY_NUMBER: Final = (
    "The files do not say which examination they belong to; they were taken together because they lie in one folder."
)
NO_SERIES_NUMBER: Final = (
    "Some files do not say which series they belong to; they were sorted by their folder and what else they say."
)
NO_PATIENT: Final = "Some files of this examination do not name the patient; they were taken to belong to the others."
TWO_PATIENTS: Final = (
    "The files give one examination number to several patients; they were kept apart. Check whose images these are."
)


class Filing:
    """All studies of a folder while it is looked through."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._folders = Folders()
        self._seen: set[bytes] = set()
        self._visits: dict[tuple[str, ...], dict[str, StudyDraft]] = {}

    def file(self, header: DicomHeader) -> LeftOut | None:
        """File one image, or say why it is left out on its own."""
        modality = (header.tags.text("Modality") or "").upper()
        image_type = tuple(word.upper() for word in header.tags.texts("ImageType") or header.tags.texts("FrameType"))
        aside = screen(header, modality, image_type, self._limits)
        if aside is not None and aside.reason is Reason.UNREADABLE:
            return LeftOut(header.source, aside.reason, f"{shown(header.source.name)} is not read: {aside.why}.")
        study = self._study(header)
        key = self._series_key(header, study)
        digest = _digest(header)
        is_copy = header.instance is not None and digest in self._seen
        self._seen.add(digest)
        if is_copy:
            study.set_aside(key, COPY, header)
        elif aside is not None:
            study.set_aside(key, aside, header)
        else:
            series = study.series_of(key, header)
            series.add(header, digest)
            series.files.add(header.source, self._folders)
        return None

    def studies(self) -> Iterator[StudyDraft]:
        """Hand out each study, letting go of it."""
        while self._visits:
            patients = self._visits.pop(next(iter(self._visits)))
            for study in patients.values():
                if len(patients) > 1:
                    study.notes[TWO_PATIENTS] = None
                    study.shares_its_number = True
                yield study

    def series_count(self) -> int:
        """Count the series that may be read."""
        return sum(len(study.series) for patients in self._visits.values() for study in patients.values())

    def _study(self, header: DicomHeader) -> StudyDraft:
        uid = header.tags.text("StudyInstanceUID")
        patient = (header.tags.whole_text("PatientID") or header.tags.whole_text("PatientName") or "").casefold()
        if uid is not None:
            return self._of_patient(self._visits.setdefault((uid,), {}), patient, header)
        folder, day = str(self._folders.of(header.source)), header.tags.text("StudyDate") or ""
        study = self._of_patient(self._visits.setdefault((folder, day), {}), patient, header)
        study.notes[NO_STUDY_NUMBER] = None
        return study

    def _of_patient(self, patients: dict[str, StudyDraft], patient: str, header: DicomHeader) -> StudyDraft:
        if patient in patients:
            return patients[patient]
        if patients and not patient:
            study = next(iter(patients.values()))
        elif "" in patients:
            study = patients[patient] = patients.pop("")
            study.learn(patient_facts(header.tags))
        else:
            study = patients[patient] = StudyDraft.begun_by(header)
            return study
        study.notes[NO_PATIENT] = None
        return study

    def _series_key(self, header: DicomHeader, study: StudyDraft) -> tuple[object, ...]:
        uid = header.tags.text("SeriesInstanceUID")
        if uid is not None:
            return (uid,)
        study.notes[NO_SERIES_NUMBER] = None
        tags = header.tags
        said = (tags.text("SeriesNumber"), tags.text("SeriesDescription"), tags.text("EchoTime"))
        return (self._folders.of(header.source), *said, header.rows, header.columns)


def _digest(header: DicomHeader) -> bytes:
    """Tell images apart; two with one number in different places are no copies, but carelessly anonymised."""
    identity = f"{header.instance} {header.places[0].position}"
    return hashlib.blake2b(identity.encode("utf-8", "replace"), digest_size=DIGEST_BYTES).digest()
