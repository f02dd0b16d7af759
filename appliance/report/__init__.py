"""What people hold in their hands: pages, tables, DICOM objects and printed sheets, from ``findings.json``.

    findings.json + pictures + review.json → Dossier → pdf.py       one study, pages a doctor signs
                                                     → batch.py     many studies, one PDF and one workbook
    findings + masks + the scan itself     → dicom/                 what the PACS takes back
    a PDF                                  → printing.py            paper, or the queue until there is some

Nothing here computes a finding: a number on paper is a number of ``findings.json``.
"""
