"""Studies as they grow while a folder is looked through: only what is needed at the end is kept.

A header is dropped as soon as its file has been filed. What stays of a file is its name, a digest of
its identity and the place of its image: about 300 bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

from appliance.headers.facts import patient_facts, series_facts, study_facts
from appliance.recognition.evidence import Said
from appliance.studies.files import FileList
from appliance.studies.layout import Layout

if TYPE_CHECKING:
    from appliance.contracts import PatientFacts, SeriesFacts, Source, StudyFacts
    from appliance.headers.image import DicomHeader
    from appliance.recognition.screening import SetAside

MOST_ECHOES = 64


@dataclass(slots=True)
class SeriesDraft:
    """A series whose files are still coming in."""

    facts: SeriesFacts
    hints: tuple[Said, ...]
    layout: Layout
    files: FileList = field(default_factory=FileList)
    echo_times: set[float] = field(default_factory=set)
    identity: int = 0
    """The same for the same images, in whatever order they came."""

    @classmethod
    def begun_by(cls, header: DicomHeader) -> SeriesDraft:
        """Start a series with the facts of its first file."""
        facts = series_facts(header.tags)
        protocol = header.tags.whole_text("ProtocolName")
        hints = (Said("the protocol", protocol),) if protocol and protocol != facts.description else ()
        return cls(facts, hints, Layout(header))

    def add(self, header: DicomHeader, digest: bytes) -> None:
        """Take in one file's images; its name is filed by the caller."""
        self.layout.add(header)
        self.identity += int.from_bytes(digest, "big")
        echo = header.tags.positive("EchoTime")
        if echo is not None and len(self.echo_times) < MOST_ECHOES:
            self.echo_times.add(echo)


@dataclass(slots=True)
class AsideDraft:
    """Files of one series that are left out for one reason."""

    first: Source
    aside: SetAside
    facts: SeriesFacts
    files: int = 0


@dataclass(slots=True)
class StudyDraft:
    """A visit of one patient whose files are still coming in."""

    patient: PatientFacts
    facts: StudyFacts
    series: dict[tuple[object, ...], SeriesDraft] = field(default_factory=dict)
    aside: dict[tuple[object, ...], AsideDraft] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    shares_its_number: bool = False
    """Another patient's study has the same number."""

    @classmethod
    def begun_by(cls, header: DicomHeader) -> StudyDraft:
        """Start a study with the facts of its first file."""
        return cls(patient_facts(header.tags), study_facts(header.tags))

    def series_of(self, key: tuple[object, ...], header: DicomHeader) -> SeriesDraft:
        """Find or start the series that an image belongs to."""
        if key not in self.series:
            self.series[key] = SeriesDraft.begun_by(header)
            self.learn(patient_facts(header.tags))
        return self.series[key]

    def set_aside(self, key: tuple[object, ...], aside: SetAside, header: DicomHeader) -> None:
        """Count a file that is left out with others of its series."""
        if (key, aside) not in self.aside:
            self.aside[key, aside] = AsideDraft(header.source, aside, series_facts(header.tags))
        self.aside[key, aside].files += 1

    def learn(self, patient: PatientFacts) -> None:
        """Fill in what earlier headers did not say; two names under one number are worth a note."""
        if self.patient.name and patient.name and self.patient.name.casefold() != patient.name.casefold():
            both = f"“{self.patient.name}” and “{patient.name}”"
            self.notes[f"The files give two names for this patient, {both}: check that they are one person."] = None
        missing = {f.name: getattr(patient, f.name) for f in fields(patient) if getattr(self.patient, f.name) is None}
        self.patient = replace(self.patient, **missing)
