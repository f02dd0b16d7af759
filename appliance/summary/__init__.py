"""All studies of an output folder at a glance: ``summary.csv``, ``summary.xlsx``, and what ``outpost report`` prints.

One row a study, made anew from the ledger and every ``findings.json`` at the end of each batch, so that a batch
that was interrupted ends in the same table as one that was not.
"""
