"""A series of a study → its volumes, voxels and geometry apart; or one sentence that says why not.

Nothing is resampled, reoriented or cropped: the grid is the scanner's own. Whatever was done or noticed
on the way stands in ``Volume.warnings``. Nothing but ``OutpostError`` is raised over any bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.contracts import FileFormat
from appliance.volumes.dicom_volume import read_dicom_volumes
from appliance.volumes.masks_out import write_mask
from appliance.volumes.nifti_volume import read_nifti_volumes

if TYPE_CHECKING:
    from appliance.contracts import Series, Study, Volume
    from appliance.settings import Settings

__all__ = ["read_volumes", "write_mask"]


def read_volumes(study: Study, series: Series, settings: Settings) -> tuple[Volume, ...]:
    """Read every volume of a series; several if it holds echoes, time points or blocks of another angle."""
    if series.file_format is FileFormat.NIFTI:
        return read_nifti_volumes(study, series, settings)
    return read_dicom_volumes(study, series, settings)
