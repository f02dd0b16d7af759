"""Files of other people's scanners: each is read as dcm2niix reads it, or refused for the right reason."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pydicom
import pytest
from reading import assert_same_grid_and_values, read, read_nifti

from appliance.archives import Archives
from appliance.contracts import Reason, Source
from appliance.errors import OutpostError, Refused
from appliance.settings import Settings
from appliance.volumes.dicom_files import read_header
from appliance.volumes.dicom_frames import coding_of
from appliance.volumes.dicom_pixels import stored_frames

if TYPE_CHECKING:
    from numpy.typing import NDArray

D2N = "dicom2nifti"


@dataclass(frozen=True)
class Row:
    """One folder of the published files, and what must come of it."""

    folder: str
    shape: tuple[int, int, int] | None = None
    """Columns, rows and slices of the volume, if it is read."""
    reason: Reason | None = None
    """Why it is refused, if it is."""
    reference: str = ""
    """A NIfTI file that the publisher gives."""
    by_dcm2niix: bool = True
    """Whether dcm2niix reads it too, so that voxels and places are compared."""
    files: str = "*.dcm"


READ = (
    Row(f"{D2N}/generic/anatomical/001", (256, 256, 4)),
    Row(f"{D2N}/generic/compressed_rle/001", (256, 256, 4), reference="001_ground_truth.nii.gz"),
    Row(f"{D2N}/generic/compressed_jpeg/001", (256, 256, 4), reference="001_ground_truth.nii.gz"),
    Row(f"{D2N}/generic/compressed_jpegls/001", (256, 256, 4), reference="001_ground_truth.nii.gz"),
    Row(f"{D2N}/generic/compressed_j2k/001", (256, 256, 4), reference="001_ground_truth.nii.gz"),
    Row(f"{D2N}/ge/anatomical/001", (256, 256, 4)),
    Row(f"{D2N}/hitachi/anatomical/001", (64, 64, 4)),
    Row(f"{D2N}/hyperfine/anatomical/001", (112, 138, 8), reference="001_ground_truth.nii.gz"),
    Row(f"{D2N}/philips/anatomical/001", (240, 240, 4)),
    Row(f"{D2N}/philips_enhanced/anatomical/001", (256, 256, 8)),
    Row(f"{D2N}/siemens/anatomical/001", (256, 256, 4)),
    Row(f"{D2N}/siemens_multiframe/anatomical/001", (256, 256, 8), reference="001_ground_truth.nii.gz"),
)
REFUSED = (
    Row(f"{D2N}/failing/notavolume/001", reason=Reason.DUPLICATE),
    Row(f"{D2N}/failing/slicecount/001", reason=Reason.TOO_FEW_SLICES),
    Row(f"{D2N}/failing/sliceorientation/001", reason=Reason.MIXED_ORIENTATION),
    *(Row("dcm_qa_ts/In", reason=Reason.UNSUPPORTED, files=f"{n}.dcm") for n in range(1, 10)),
    *(
        Row("pydicom-data", reason=Reason.NO_GEOMETRY, files=f"emri_small{ending}.dcm")
        for ending in (
            "",
            "_RLE",
            "_big_endian",
            "_jpeg_2k_lossless",
            "_jpeg_2k_lossless_too_short",
            "_jpeg_ls_lossless",
        )
    ),
)
TABLE = (*READ, *REFUSED)
NIFTI = {
    f"{D2N}/failing/slicecount/001_ground_truth.nii.gz": Reason.TOO_FEW_SLICES,
    f"{D2N}/generic/compressed_j2k/001_ground_truth.nii.gz": None,
    f"{D2N}/generic/compressed_jpeg/001_ground_truth.nii.gz": None,
    f"{D2N}/generic/compressed_jpegls/001_ground_truth.nii.gz": None,
    f"{D2N}/generic/compressed_rle/001_ground_truth.nii.gz": None,
    f"{D2N}/hyperfine/anatomical/001_ground_truth.nii.gz": None,
    f"{D2N}/siemens_multiframe/anatomical/001_ground_truth.nii.gz": None,
    "dcm_qa_ts/Ref/1.nii": None,
}


def name(row: Row) -> str:
    return f"{row.folder}/{row.files}"


def paths(data: Path, row: Row) -> list[Path]:
    return sorted((data / "dicom" / row.folder).glob(row.files))


def test_every_published_file_stands_in_the_table(shared_data: Path) -> None:
    listed = [path for row in TABLE for path in paths(shared_data, row)]
    assert sorted(listed) == sorted((shared_data / "dicom").rglob("*.dcm"))
    images = [path.relative_to(shared_data / "dicom").as_posix() for path in (shared_data / "dicom").rglob("*.nii*")]
    assert sorted(images) == sorted(NIFTI)


@pytest.mark.parametrize("row", READ, ids=name)
def test_a_series_of_any_vendor_is_read_whole(row: Row, shared_data: Path) -> None:
    (volume,) = read(paths(shared_data, row))
    assert volume.voxels.shape == volume.geometry.shape == row.shape
    assert len(volume.origins) == row.shape[2]
    assert volume.warnings == ()


@pytest.mark.parametrize("row", REFUSED, ids=name)
def test_a_series_that_is_no_volume_is_refused_for_its_reason(row: Row, shared_data: Path) -> None:
    files = paths(shared_data, row)
    with pytest.raises(Refused) as caught:
        read(files)
    assert caught.value.reason is row.reason
    assert caught.value.source is not None
    assert caught.value.source.name in {path.name for path in files}
    assert caught.value.advice


COMPARED = tuple(row for row in TABLE if row.reason is None and row.by_dcm2niix)


@pytest.mark.parametrize("row", COMPARED, ids=name)
def test_voxels_and_places_are_those_of_dcm2niix(row: Row, shared_data: Path, tmp_path: Path) -> None:
    (volume,) = read(paths(shared_data, row))
    (converted,) = by_dcm2niix(shared_data / "dicom" / row.folder, tmp_path)
    assert_same_grid_and_values(volume, np.asanyarray(converted.dataobj), converted.affine)


def test_no_fewer_series_are_compared_than_before() -> None:
    assert len(COMPARED) >= 12
    assert len([row for row in TABLE if row.reference]) >= 6


@pytest.mark.parametrize("row", [row for row in TABLE if row.reference], ids=name)
def test_voxels_and_places_are_those_of_the_publisher(row: Row, shared_data: Path) -> None:
    (volume,) = read(paths(shared_data, row))
    reference = nib.load((shared_data / "dicom" / row.folder).parent / row.reference)
    assert_same_grid_and_values(volume, np.asanyarray(reference.dataobj), reference.affine)


@pytest.mark.parametrize("path", NIFTI)
def test_the_published_nifti_files_are_read_or_refused(path: str, shared_data: Path) -> None:
    if reason := NIFTI[path]:
        with pytest.raises(Refused) as caught:
            read_nifti(shared_data / "dicom" / path)
        assert caught.value.reason is reason
        return
    (volume,) = read_nifti(shared_data / "dicom" / path)
    image = nib.load(shared_data / "dicom" / path)
    np.testing.assert_array_equal(volume.voxels, np.asanyarray(image.dataobj))
    np.testing.assert_allclose(volume.geometry.affine, image.affine)


def test_a_picture_is_the_same_in_every_transfer_syntax_that_dcm2niix_reads(shared_data: Path, tmp_path: Path) -> None:
    """The mosaics make no volume here, but they are nine ways to write the same pixels."""
    folder = shared_data / "dicom" / "dcm_qa_ts" / "In"
    converted = by_dcm2niix(folder, tmp_path)
    assert len(converted) == 9
    syntaxes = set()
    for number, image in enumerate(converted, 1):
        data = (folder / f"{number}.dcm").read_bytes()
        path = tmp_path / "no mosaic.dcm"
        path.write_bytes(data.replace(b"MOSAIC", b"NORMAL"))
        syntaxes.add(pydicom.dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID)
        tiles = tiles_of(pixels(path)[0], image.shape)
        np.testing.assert_array_equal(tiles[:, ::-1], np.asanyarray(image.dataobj), err_msg=f"{number}.dcm")
    assert len(syntaxes) == 7


def test_a_small_multi_frame_is_the_same_in_every_transfer_syntax(shared_data: Path) -> None:
    folder = shared_data / "dicom" / "pydicom-data"
    plain = pixels(folder / "emri_small.dcm")
    assert len(plain) == 10
    for ending in ("RLE", "big_endian", "jpeg_2k_lossless", "jpeg_ls_lossless"):
        np.testing.assert_array_equal(pixels(folder / f"emri_small_{ending}.dcm"), plain, err_msg=ending)


def test_a_file_that_lost_only_its_closing_mark_still_gives_its_whole_picture(shared_data: Path) -> None:
    folder = shared_data / "dicom" / "pydicom-data"
    short = pixels(folder / "emri_small_jpeg_2k_lossless_too_short.dcm")
    np.testing.assert_array_equal(short, pixels(folder / "emri_small.dcm"))


PYDICOMS_OWN = sorted((Path(pydicom.__file__).parent / "data" / "test_files").glob("*.dcm"))


def test_pydicoms_own_files_decode_as_they_do_there_or_are_refused() -> None:
    """A second set of pictures, from many encoders; pydicom decodes them in this process."""
    verdicts = {path.name: verdict(path) for path in PYDICOMS_OWN}
    counts = Counter(verdicts.values())
    assert counts["different"] == 0
    assert counts["same"] >= 16
    assert verdicts["MR_truncated.dcm"] == "refused"
    assert verdicts["JPEG2000-embedded-sequence-delimiter.dcm"] == "refused"


def test_jpeg_of_twelve_bits_is_read_though_pydicom_leaves_it_out() -> None:
    (path,) = (path for path in PYDICOMS_OWN if path.name == "JPEG-lossy.dcm")
    (picture,) = pixels(path)
    assert picture.shape == (1024, 256)
    # the values that pydicom's own tests expect of the decoder that may not be used here
    assert (picture[420, 140], picture[230, 120]) == (244, 95)


def verdict(path: Path) -> str:
    try:
        ours = pixels(path)
    except OutpostError:
        return "refused"
    with warnings.catch_warnings(action="ignore"):
        try:
            theirs = pydicom.dcmread(path, force=True).pixel_array
        except RuntimeError:
            return "only here"
    return "same" if np.array_equal(ours, theirs.reshape(ours.shape)) else "different"


def pixels(path: Path) -> NDArray[Any]:
    limits = Settings().limits
    with Archives(limits) as archives:
        header = read_header(Source(path), limits, archives)
        return np.array(list(stored_frames(header, coding_of(header, limits), limits, archives)))


def tiles_of(mosaic: NDArray[Any], shape: tuple[int, int, int]) -> NDArray[Any]:
    """Cut a mosaic ``[row, column]`` into its slices ``[i, j, k]``."""
    columns, rows, slices = shape
    across = mosaic.shape[1] // columns
    corners = [(k // across * rows, k % across * columns) for k in range(slices)]
    return np.stack([mosaic[top : top + rows, left : left + columns].T for top, left in corners], axis=-1)


def by_dcm2niix(folder: Path, into: Path) -> list[Any]:
    """Convert a folder; the values are those on display, not Philips's precise ones."""
    command = [sys.executable, "-m", "dcm2niix", "-p", "n", "-b", "n", "-z", "n", "-f", "%s", "-o", str(into)]
    subprocess.run([*command, str(folder)], check=True, capture_output=True, timeout=120)
    return [nib.load(path) for path in sorted(into.glob("*.nii"))]
