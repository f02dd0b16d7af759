"""One file → what it says about itself, or why it is left out. Nothing raises; no pixel is read."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, TypeAlias

from pydicom.uid import MediaStorageDirectoryStorage

from appliance.archives import left_out
from appliance.contracts import LeftOut, Reason, Source
from appliance.errors import Refused
from appliance.headers.beginning import Beginning
from appliance.headers.dicom import RECORDS, read_dicom
from appliance.headers.image import DicomHeader, dicom_header
from appliance.headers.nifti import GZIP, NiftiGrid, read_nifti
from appliance.headers.sidecar import Sidecar, read_sidecar
from appliance.sources import open_source
from appliance.words import counted, shown

if TYPE_CHECKING:
    from appliance.archives import Archives
    from appliance.headers.tags import Tags
    from appliance.settings import Limits

SAMPLES = 64
SAMPLE_BYTES = 16 * 1024
"""A file of up to a megabyte is covered whole; a compressed one always, by the check sum at its end."""
NIFTI_ENDINGS = (".nii.gz", ".nii")
SIDECAR_ENDING = ".json"
PICTURE = "is an ordinary picture, which carries no measurements. Export the scan as DICOM."
KNOWN_STARTS = {
    b"\xff\xd8\xff": PICTURE,
    b"\x89PNG": PICTURE,
    b"BM": PICTURE,
    b"GIF8": PICTURE,
    b"%PDF": "is a document, not a scan.",
    b"PK\x03\x04": "is packed. If it holds scans, unpack it or give it the ending .zip.",
    GZIP: "is packed. If it holds scans, unpack it.",
    b"Rar!": "is packed. If it holds scans, unpack it.",
    b"7z\xbc\xaf": "is packed. If it holds scans, unpack it.",
}
NO_SCAN = "is neither DICOM nor NIfTI, so it is no scan that can be read."


@dataclass(frozen=True, slots=True)
class NiftiHeader:
    """What one NIfTI file, and the JSON beside it, say about themselves."""

    source: Source
    grid: NiftiGrid
    fingerprint: bytes
    """The same for the same bytes, wherever the file lies."""
    sidecar: Sidecar | None = None
    sidecar_source: Source | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class LooseJson:
    """A JSON file: the sidecar of a NIfTI file that may come later, or nothing to do with scans."""

    source: Source


Header: TypeAlias = DicomHeader | NiftiHeader | LooseJson


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of looking at one file, and what it cost."""

    found: Header | LeftOut
    bytes_read: int = 0


def read_header(source: Source, limits: Limits, archives: Archives) -> Looked:
    """Look at the first bytes of a file."""
    try:
        with open_source(source, limits, archives) as stream:
            beginning = Beginning(stream, limits)
            found = _identified(source, stream, beginning, limits, archives)
    except Refused as refusal:
        return Looked(left_out(refusal, source))
    if isinstance(found, NiftiHeader):
        found = _with_sidecar(found, limits, archives)
    return Looked(found, len(beginning.data))


def _identified(
    source: Source, stream: IO[bytes], beginning: Beginning, limits: Limits, archives: Archives
) -> Header | LeftOut:
    dicom = read_dicom(source, beginning)
    if dicom is not None and dicom.sop_class == MediaStorageDirectoryStorage:
        return _directory(source, dicom.tags, archives)
    if dicom is not None:
        return dicom_header(source, dicom, max_frames=limits.max_slices)
    grid = read_nifti(source, beginning)
    if grid is not None:
        return NiftiHeader(source, grid, _fingerprint(stream))
    if source.name.lower().endswith(SIDECAR_ENDING):
        return LooseJson(source)
    return no_scan(source, beginning.data)


def no_scan(source: Source, data: bytes = b"") -> LeftOut:
    """Say what a file is that is no scan, as far as its first bytes tell."""
    why = next((words for start, words in KNOWN_STARTS.items() if data.startswith(start)), NO_SCAN)
    return LeftOut(source, Reason.NOT_AN_IMAGE, f"{shown(source.name)} {why}")


def _directory(source: Source, tags: Tags, archives: Archives) -> LeftOut:
    """Leave out a disc's list of contents; files that it names and that are not there are worth a word."""
    named = [record.texts("ReferencedFileID") for record in tags.items(RECORDS)]
    missing = sum(not _is_there(source, parts, archives) for parts in named if parts)
    sentence = f"{shown(source.name)} is a disc's list of contents; the files themselves are looked at."
    if missing:
        sentence += (
            f" It names {counted(missing, 'file')} that cannot be found: the copy of the disc may be incomplete."
        )
    return LeftOut(source, Reason.DICOMDIR, sentence)


def _is_there(directory: Source, parts: tuple[str, ...], archives: Archives) -> bool:
    """Look for a file that a disc names; copying may have changed capitals to small letters."""
    if any(set(part) == {"."} for part in parts):
        return False
    spellings = {tuple(map(change, parts)) for change in (str, str.lower, str.upper)}
    if not directory.member:
        return any(directory.path.parent.joinpath(*spelling).is_file() for spelling in spellings)
    folder = directory.member.rpartition("/")[0]
    names = ("/".join(filter(None, (folder, *spelling))) for spelling in spellings)
    return any(archives.holds(Source(directory.path, name)) for name in names)


def _fingerprint(stream: IO[bytes]) -> bytes:
    """Tell two NIfTI files apart that share a name and a header, without reading all of either."""
    size = stream.seek(0, os.SEEK_END)
    digest = hashlib.sha256(size.to_bytes(8, "big"))
    for sample in range(SAMPLES):
        stream.seek(max(0, (size - SAMPLE_BYTES) * sample // (SAMPLES - 1)))
        digest.update(stream.read(SAMPLE_BYTES))
    return digest.digest()


def _with_sidecar(header: NiftiHeader, limits: Limits, archives: Archives) -> NiftiHeader:
    beside = _beside(header.source)
    if beside.path.is_symlink():
        return header
    try:
        with open_source(beside, limits, archives) as stream:
            sidecar = read_sidecar(stream.read(limits.max_header_bytes))
    except Refused:
        return header
    note = "" if sidecar else f"{shown(beside.name)} could not be understood, so nothing in it was used."
    return replace(header, sidecar=sidecar, sidecar_source=beside, note=note)


def _beside(source: Source) -> Source:
    name = source.member or source.path.name
    stem = next((name[: -len(ending)] for ending in NIFTI_ENDINGS if name.lower().endswith(ending)), name)
    if source.member:
        return Source(source.path, stem + SIDECAR_ENDING)
    return Source(source.path.with_name(stem + SIDECAR_ENDING))
