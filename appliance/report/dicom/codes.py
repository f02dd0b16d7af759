"""The coded words of the objects: SNOMED CT, DICOM and LOINC where they have one, else this program's own."""

from __future__ import annotations

from pydicom.sr.coding import Code

from appliance.measure.regions import Region

OWN = "99OUTPOST"
MORPHOLOGY = Code("49755003", "SCT", "Morphologically Abnormal Structure")
ANATOMY = Code("123037004", "SCT", "Anatomical Structure")
LESION = Code("52988006", "SCT", "Lesion")
BRAIN = Code("12738006", "SCT", "Brain")
VENTRICLE = Code("35764002", "SCT", "Brain ventricle")
VERTEBRA = Code("51282000", "SCT", "Vertebra")
DISC = Code("360499006", "SCT", "Intervertebral disc")
CANAL = Code("61853006", "SCT", "Spinal canal")
LUMBAR_SPINE = Code("122496007", "SCT", "Lumbar spine")
VOLUME = Code("118565006", "SCT", "Volume")
WIDTH = Code("81827009", "SCT", "Diameter")
MILLILITRE = Code("mL", "UCUM", "milliliter")
MILLIMETRE = Code("mm", "UCUM", "millimeter")
ONE = Code("1", "UCUM", "no units")
PERCENT = Code("%", "UCUM", "percent")
COUNT = Code("lesion-count", OWN, "Number of isolated lesions")
SHARE = Code("lesion-share", OWN, "Lesion share of the brain")
PROBABILITY = Code("probability", OWN, "Mean probability by the model")
SEVERITY = Code("severity", OWN, "Severity of the lesion load")
NO_LESION = Code("no-lesion", OWN, "No lesion, by the doctor who signed")
EVALUATIONS = Code("C0034375", "UMLS", "Qualitative Evaluations")
CANAL_BY_MM = Code("canal-mm", OWN, "Grade of canal by millimetres")
RATIO = Code("canal-ratio", OWN, "Width at the disc over that of its neighbours")
REGIONS = {
    Region.PERIVENTRICULAR: Code("PEWMH", OWN, "Periventricular white matter"),
    Region.PARAVENTRICULAR: Code("PAWMH", OWN, "Paraventricular white matter"),
    Region.JUXTACORTICAL: Code("JCWMH", OWN, "Juxtacortical white matter"),
}
MRI_BRAIN = Code("24590-2", "LN", "MR Brain")
MRI_LUMBAR = Code("24968-0", "LN", "MR Lumbar spine")
REPORT = Code("18748-4", "LN", "Diagnostic imaging report")


def own(value: str, meaning: str) -> Code:
    """Code a word that no public list has."""
    return Code(value[:16], OWN, meaning[:64])
