"""A study's results → DICOM objects that its PACS files beside the scan.

    segmentation.py   masks, on the scan's own slices (SEG, binary)
    structured.py     measurements and where they were made (SR, TID 1500)
    document.py       the report's pages (encapsulated PDF)
    captures.py       the key pictures (secondary capture)
    answers.py        all of them for one study, written whole

Guarantees: the study's own UID, patient and frame of reference; a new series for each kind; UIDs made from the
result's hash, so that the same result sent twice is the same object; every object says that it is automatic.
"""
