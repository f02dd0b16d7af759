"""What the reading writes, as patterns for the catalogues: places stand in braces. A test holds the commonest to it."""

from __future__ import annotations

from appliance.report.known_machine import DOCTOR, UPDATES
from appliance.report.marks import N_

RULES = (
    N_(
        "Lesion load by volume: Mild below {mild} ml, Severe from {severe} ml, Moderate between; None if no lesion was "
        "counted. This grades what is seen, not the illness."
    ),
    N_(
        "Periventricular (PEWMH): at most {near} mm from the ventricles. Juxtacortical (JCWMH): otherwise at most "
        "{far} mm from the surface of the brain, which stands for the cortex (narrow sulci are not seen). "
        "Paraventricular (PAWMH): all others. Spots below {least} mm³ are not counted."
    ),
    N_(
        "Lesions within {near} mm of each other after rigid alignment are the same. One has changed if its volume "
        "differs by at least {ml} ml and by {share} (from {large} ml on: {less}). A new lesion that fuses with an old "
        "one shows as growth."
    ),
    N_(
        "Brighter than expected for its place, from {threshold} of the map on; at least {ml} ml in one piece, {mean} "
        "on average, and more than {mm} mm from every lesion. The expectation was learnt from lesion-free slices of "
        "people with MS, not from healthy people."
    ),
    N_(
        "Width of the canal at the disc over the mean of its widths at the middle of the vertebrae above and below: "
        "below {moderate} moderate, below {severe} severe (after Lurie et al. 2008). In millimetres: at most "
        "{relative} mm relative, at most {absolute} mm absolute stenosis (Verbiest)."
    ),
    N_(
        "Of all slices that show discs, the one that shows the most of the spinal canal, which lies in the middle "
        "plane."
    ),
    N_(
        "Levels are counted from the lowest disc in view, which is taken for L5/S1: a transitional vertebra or a scan "
        "that ends above the sacrum shifts every name."
    ),
    N_(
        "Made automatically, for research use only. This is not a diagnosis: a radiologist must look at the scan and "
        "confirm or correct everything that is said here."
    ),
)
QUALITY = (
    N_("There is nothing in the picture: every voxel has about the same value."),
    N_("Check the scan on the scanner's screen, and export it again."),
    N_("The picture is noisy: noise is {share} of the tissue's signal."),
    N_("Scan again if the patient is still there."),
    N_("Take more averages or thicker slices, and check that the coil is plugged in."),
    N_("A second, faint image lies over the picture, half a picture away ({share} as bright)."),
    N_("If it is on every scan, have the scanner looked after."),
    N_("{share} of the tissue is equally white: brightness was cut off there."),
    N_("Export the original images, not pictures of a screen, and check the receiver gain."),
    N_("The patient seems to have moved: signal is smeared over the picture."),
    N_("The patient moved a lot: the outline of the head is smeared over {mm} mm."),
    N_("Support the head with cushions."),
    N_("Ask the patient to lie still."),
    N_("The fluid in the head is not dark, so this does not look like a FLAIR."),
    N_("Check that the FLAIR was exported and not the T2, and that the inversion time is right."),
    N_("The slices are {mm} mm apart, so that whatever is smaller can lie between them."),
    N_("Scan thinner slices, or more of them."),
    N_("This does not look like a head: the body reaches both sides of the picture."),
    N_("This looks like a head and not like a lumbar spine."),
    N_("Check which scan this is; if it was named with --as, name it otherwise."),
    N_("Only {mm} mm of the head, from its lowest slice upward are on the pictures."),
    N_("Only {mm} mm of the spine, from above downward are on the pictures."),
    N_("Only {mm} mm of the body around the spine are on the pictures."),
    N_("Check that all slices were exported, and that they cover the whole region."),
    N_("The head is cut off at the left edge of the picture."),
    N_("The head is cut off at the right edge of the picture."),
    N_("The head is cut off at the back edge of the picture."),
    N_("The head is cut off at the front edge of the picture."),
    N_("The head is cut off at the lower edge of the picture."),
    N_("The head is cut off at the upper edge of the picture."),
    N_("Centre the head, or choose a larger field of view."),
    N_("The top of the head is not on the slices."),
    N_("Place the slices up to the vertex."),
    N_("Slices are missing from the stack: {which}."),
    N_("Export the series again from the scanner."),
)
NOT_READ = (
    N_("{series}: the gap between {first} and {second} is {gap} mm where the other slices are {usual} mm apart: "
       "{slices} slice missing."),
    N_("{series}: the gap between {first} and {second} is {gap} mm where the other slices are {usual} mm apart: "
       "{slices} slices missing."),
    N_("{series}: the gap between {first} and {second} is {gap} mm where the other slices are {usual} mm apart: "
       "the distances are irregular."),
    N_("Copy the whole series again; if a slice was lost, have it sent again from the scanner."),
    N_("Copy it again from the scanner or the CD."),
    N_("{file} is damaged or cut short."),
    N_("{file} is cut short: a part of its picture is missing."),
    N_("{file} is empty."),
    N_("Copy it again from where it came from."),
    N_("No lumbar discs were found in the scan."),
    N_("Check that it is a sagittal series of the lumbar spine."),
    N_("No spinal canal was found in the slices at the discs."),
    N_("Check that they are axial slices of the lumbar spine."),
    N_("“{name}” is not read, because it is not sure what it is: {why}."),
    N_("Say with --as what it is."),
)  # fmt: skip
BROKEN = (
    N_("Something went wrong that was not foreseen ({error})."),
    N_("There was not enough memory for this study."),
    N_("Close other programs."),
    N_("It is tried again when this folder is read the next time."),
    N_("If it happens again, send this sentence to whoever looks after this program."),
)
WARNINGS = (
    N_("The stack leans by {angle}°: each slice is shifted sideways."),
    N_("The true places are kept."),
    N_("The distances between slices vary from {least} to {most} mm; {mean} mm is taken for all, which is wrong by "
       "{wrong} mm at most."),
    N_("{number} voxels outside the image held a filling value; they were made background."),
    N_("The slices lie in {number} blocks with gaps of {gap} mm; each block is one volume."),
    N_("No brain was found in this scan, so no share of the brain can be given."),
    N_("No ventricle was found in this scan, so lesions are not assigned to regions."),
    N_("{ml} ml of the lesions lie outside the brain as it was outlined: look at them."),
    N_("An earlier study could not be compared with."),
    N_("No brain was outlined in one of the two studies, so change cannot be told."),
    N_("The two studies do not match (correlation {found}, needed {needed}), so change cannot be told: check that they "
       "are of the same patient."),
    N_("The two studies show only {share} of the brain in common, so change cannot be told."),
    N_("The voxels of the two studies differ {times}-fold in volume: growth may come from the scans themselves."),
    N_("{level}: disc and canal were not found where they can be in slice {slice}, so it is not graded."),
    N_("The sagittal series shows other levels than these slices."),
    N_("It passes {mm} mm from the disc’s middle on the sagittal series."),
    N_("Counted from the lowest block of slices, which is taken for L5/S1."),
    N_("Without a sagittal series of the same examination, levels are counted, not seen."),
    N_("Widths and grades were tested on T2 alone; this series is not known to be T2, so on it they are untested."),
    N_("The grades were learnt from radiologists’ notes on T1 slices and tested on T1 alone; these slices are "
       "{weighting}, so on them they are untested."),
    N_("{level}: the axial slice says “{axial}”, the sagittal width says “{sagittal}”."),
    N_("Look at both."),
    N_("What the model looked at cannot be shown, because this machine could not work it out. What was found does not "
       "depend on it."),
)  # fmt: skip
POPULATION = (
    N_("The patient's age is not known, so no comparison with other people can be made."),
    N_("The reference is of people from {youngest} to {oldest} years; this patient is {age}."),
    N_("Neither lesions nor ventricles could be measured as shares of the brain."),
    N_("The reference has only {people} {who}, too few to compare with."),
    N_("The reference has too few {sex} of this age {group}, so both sexes are taken together."),
    N_("The patient's sex is not known as F or M, so women and men {group} are taken together."),
    N_("No lesions, as {share} of 100 {who} ({people} people)."),
    N_("Lesion load, {share} % of the brain: {rank} of 100 {who} ({bounds}; {people} people)."),
    N_("Ventricles, {share} % of the brain: {rank} of 100 {who} ({bounds}; {people} people)."),
    N_("more than about {number}"),
    N_("among the lowest 5"),
    N_("among the highest 5"),
    N_("women aged {ages} with MS"),
    N_("women aged {ages} without MS"),
    N_("men aged {ages} with MS"),
    N_("men aged {ages} without MS"),
    N_("women and men aged {ages} with MS"),
    N_("women and men aged {ages} without MS"),
    N_("The reference counted pixels on slices, this program measures volumes: comparable, not identical."),
    N_(
        "In the same people with MS ({compared} of them) volumes were {middle} times ({low} to {high}) as large for "
        "lesions and {times} times ({least} to {most}) for ventricles; for ventricles of healthy people {healthy} "
        "times, by its authors' later figures; for their lesions it is not known, and anything from 1 to {high} is "
        "assumed."
    ),
    N_("Reference: {title}; {authors}; {licence} licence; {url}"),
    N_("Values are scaled by this, so that only a range can be given."),
)
CAPTIONS = (
    N_("Slice {number} of {all}: as it is, and with what was found outlined (lesions {lesions})."),
    N_("Slice {number} of {all}: as it is, and with what was found outlined (no lesion)."),
    N_("Slice {number} of {all}: what the model looked at to call lesion {lesion} a lesion."),
    N_("Slice {number} of {all}: brighter than expected for its place; no lesion explains it, so look at it."),
    N_("Slice {number} of {all}: brighter than expected for its place; what is unusual is small or explained by "
       "lesions."),
    N_("Slice {number} of {all}: the earlier study laid over this one, and this one."),
    N_("Axial cut at {mm} mm: as it is, and with what was found outlined (lesions {lesions})."),
    N_("Axial cut at {mm} mm: as it is, and with what was found outlined (no lesion)."),
    N_("Axial cut at {mm} mm: what the model looked at to call lesion {lesion} a lesion."),
    N_("Axial cut at {mm} mm: brighter than expected for its place; no lesion explains it, so look at it."),
    N_("Axial cut at {mm} mm: brighter than expected for its place; what is unusual is small or explained by lesions."),
    N_("Axial cut at {mm} mm: the earlier study laid over this one, and this one."),
    N_("Slice {number}: the canal’s width at each disc, against its width at the vertebrae beside it."),
    N_("{level}, slice {number}: the window that was graded, and the canal’s middle."),
    N_("{level}: what the model looked at to grade the canal."),
)  # fmt: skip
RECOGNISED = (
    N_("{where}; {contrast}; its slices are {plane}"),
    N_("{where}; {contrast}; it is a thin-sliced volume"),
    N_("it measures like a head"),
    N_("the operator said so"),
    N_("nothing says which contrast it has"),
    N_("nothing says which part of the body it shows"),
    N_("the body part “{text}” names {what}"),
    N_("the description “{text}” names {what}"),
    N_("the sequence “{text}” names {what}"),
    N_("{named}, and {times} makes it {contrast}"),
    N_("{times} is what {contrast} is made with"),
    *(N_("the head"), N_("the lumbar spine"), N_("a FLAIR"), N_("a T1"), N_("a T2")),
    *(N_("axial"), N_("sagittal"), N_("coronal")),
)
ENGINES = (
    N_("{why}, so this runs on the CPU: about {time} a slice."),
    N_("{why}, so this runs on the graphics card: about {time} a slice."),
    N_("The CPU was asked for"),
    N_("The graphics card passed the self-test"),
    N_("The CPU passed the self-test"),
    N_("CUDA is not part of this installation"),
    N_("No NVIDIA driver answered"),
    N_("The graphics card ran out of memory"),
)
KNOWN = (
    *(RULES + QUALITY + NOT_READ + BROKEN + WARNINGS),
    *(POPULATION + CAPTIONS + RECOGNISED + ENGINES),
    *(DOCTOR + UPDATES),
)
