"""The functional groups of an enhanced MR image: what is shared by all frames, and each frame's place.

Only what a reader of geometry, contrast and scaling rests on; private vendor groups are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid

from appliance.sample.header import timing
from appliance.sample.protocols import FACTS

if TYPE_CHECKING:
    from typing import Protocol as Shape

    from appliance.sample.scan_spec import SeriesSpec, Storage

    class FrameStack(Shape):
        """The places of the frames."""

        @property
        def storage(self) -> Storage:
            """How a voxel's value becomes a stored one."""

        @property
        def orientation(self) -> list[float]:
            """Directions of a row and of a column."""

        @property
        def pixel_spacing(self) -> list[float]:
            """Millimetres between rows and between columns."""

        @property
        def slice_distance(self) -> float:
            """Millimetres from slice to slice."""

        def position(self, k: int) -> list[float]:
            """Where a slice's first voxel lies."""


def add_functional_groups(
    image: Dataset, stack: FrameStack, spec: SeriesSpec, order: list[int], thickness: float
) -> None:
    """Describe every frame; ``order`` names the slice that each frame shows."""
    _add_image_facts(image, spec)
    shared = Dataset()
    shared.MRTimingAndRelatedParametersSequence = Sequence([_timing_item(spec)])
    shared.MREchoSequence = Sequence([_item(EffectiveEchoTime=timing(spec).echo_ms or 0.0)])
    shared.MRImageFrameTypeSequence = Sequence([_frame_type()])
    inversion = timing(spec).inversion_ms
    if inversion is not None:
        shared.MRModifierSequence = Sequence([_item(InversionRecovery="YES", InversionTimes=inversion)])
    shared.PixelMeasuresSequence = Sequence(
        [_item(PixelSpacing=stack.pixel_spacing, SliceThickness=thickness, SpacingBetweenSlices=stack.slice_distance)]
    )
    shared.PlaneOrientationSequence = Sequence([_item(ImageOrientationPatient=stack.orientation)])
    image.SharedFunctionalGroupsSequence = Sequence([shared])
    image.PerFrameFunctionalGroupsSequence = Sequence([_frame_item(stack, k) for k in order])
    _add_dimension(image, spec)


def _item(**values: object) -> Dataset:
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def _add_image_facts(image: Dataset, spec: SeriesSpec) -> None:
    image.ContentQualification = "RESEARCH"
    image.PixelPresentation = "MONOCHROME"
    image.VolumetricProperties = "VOLUME"
    image.VolumeBasedCalculationTechnique = "NONE"
    image.ComplexImageComponent = "MAGNITUDE"
    image.AcquisitionContrast = "FLUID_ATTENUATED" if "flair" in spec.protocol else "T2"
    if "t1" in spec.protocol:
        image.AcquisitionContrast = "T1"
    image.PulseSequenceName = "TSE"
    image.EchoPulseSequence = "SPIN"
    image.InversionRecovery = "YES" if "IR" in FACTS[spec.protocol].sequence else "NO"


def _frame_type() -> Dataset:
    return _item(
        FrameType=["ORIGINAL", "PRIMARY", "M", "NONE"],
        PixelPresentation="MONOCHROME",
        VolumetricProperties="VOLUME",
        VolumeBasedCalculationTechnique="NONE",
        ComplexImageComponent="MAGNITUDE",
    )


def _timing_item(spec: SeriesSpec) -> Dataset:
    times = timing(spec)
    return _item(
        RepetitionTime=times.repetition_ms or 0.0,
        FlipAngle=times.flip_deg,
        EchoTrainLength=times.train,
        RFEchoTrainLength=times.train,
    )


def _frame_item(stack: FrameStack, k: int) -> Dataset:
    item = Dataset()
    item.FrameContentSequence = Sequence(
        [
            _item(
                StackID="1",
                InStackPositionNumber=k + 1,
                TemporalPositionIndex=1,
                FrameAcquisitionNumber=1,
                DimensionIndexValues=[1, k + 1],
            )
        ]
    )
    item.PlanePositionSequence = Sequence([_item(ImagePositionPatient=stack.position(k))])
    scaling = _item(RescaleSlope=stack.storage.slope, RescaleIntercept=stack.storage.intercept, RescaleType="US")
    item.PixelValueTransformationSequence = Sequence([scaling])
    item.FrameVOILUTSequence = Sequence([_item(WindowCenter=500, WindowWidth=1000)])
    return item


def _add_dimension(image: Dataset, spec: SeriesSpec) -> None:
    organisation = generate_uid(entropy_srcs=["outpost sample", "dimension", spec.study.seed, str(spec.number)])
    image.DimensionOrganizationSequence = Sequence([_item(DimensionOrganizationUID=organisation)])
    pointers = ((0x00209056, 0x00209111), (0x00209057, 0x00209111))
    image.DimensionIndexSequence = Sequence(
        [
            _item(
                DimensionOrganizationUID=organisation,
                DimensionIndexPointer=pointer,
                FunctionalGroupPointer=group,
            )
            for pointer, group in pointers
        ]
    )
