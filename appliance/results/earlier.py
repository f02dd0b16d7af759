"""An earlier study of the same patient, back from its folder of results; the scan itself is not needed any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np

from appliance.contracts import Geometry
from appliance.errors import Unreadable
from appliance.findings.brain import EarlierStudy
from appliance.findings.json_file import NAME, read_findings
from appliance.findings.study import OutputRole
from appliance.measure.align import Scan
from appliance.measure.change import Known, Study
from appliance.measure.grid import Place
from appliance.readers.brain import Earlier
from appliance.words import shown

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray

    from appliance.findings import BrainFindings, Findings
    from appliance.findings.brain import Spot

SECONDS_A_DAY = 86_400.0


def load_earlier(folder: Path, now: datetime | None) -> Earlier:
    """Load what an earlier study left in its folder, or raise ``Unreadable``; ``now`` is today's examination."""
    findings = read_findings(folder / NAME)
    if not findings.brain:
        raise Unreadable(
            f"The earlier study {shown(folder.name)} holds no brain to compare with.",
            advice="Nothing needs to be done.",
        )
    brain = findings.brain[0]
    voxels, grid = _image(_file(folder, findings, OutputRole.FOLLOW_UP))
    labels, geometry = _image(_file(folder, findings, OutputRole.LESIONS))
    if labels.max(initial=0) != len(brain.lesions):
        raise Unreadable(
            f"The lesions of the earlier study {shown(folder.name)} are not those that its findings name.",
            advice="Read that study again.",
        )
    return Earlier(
        record=_record(findings, now),
        scan=Scan(voxels, grid, voxels > 0),
        lesions=_lesions(brain, labels.astype(np.int32), geometry),
    )


def _record(findings: Findings, now: datetime | None) -> EarlierStudy:
    then = findings.examination.when
    known = now is not None and then is not None and (now.tzinfo is None) == (then.tzinfo is None)
    days = (now - then).total_seconds() / SECONDS_A_DAY if known and now and then else None
    return EarlierStudy(findings.study, findings.examination.uid, then, days)


def _lesions(brain: BrainFindings, labels: NDArray[np.int32], geometry: Geometry) -> Study:
    return Study(
        tuple(Known(lesion.number, lesion.volume_ml, _place(lesion.spot)) for lesion in brain.lesions),
        tuple(_place(candidate.spot) for candidate in brain.candidates),
        labels,
        geometry,
    )


def _place(spot: Spot) -> Place:
    return Place(spot.centre_index, spot.centre_mm, spot.first_index, spot.last_index)


def _file(folder: Path, findings: Findings, role: OutputRole) -> Path:
    for output in findings.outputs:
        if output.role is role and output.series == findings.brain[0].series:
            return folder / output.file
    raise Unreadable(
        f"The earlier study {shown(folder.name)} has no {role} file to compare with.", advice="Read that study again."
    )


def _image(path: Path) -> tuple[NDArray[Any], Geometry]:
    untyped: Any = nib
    try:
        image = untyped.load(path)
        voxels = np.asarray(image.dataobj)
    except Exception as error:  # nibabel raises whatever its readers raise
        raise Unreadable(
            f"{shown(path.name)} of the earlier study {shown(path.parent.name)} cannot be read ({error}).",
            advice="Read that study again.",
        ) from error
    return voxels, Geometry(np.asarray(image.affine, dtype=np.float64), voxels.shape)
