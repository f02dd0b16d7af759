"""All studies of an output folder in one table: ``summary.csv`` and ``summary.xlsx``.

One row a study, made anew from the ledger and every ``findings.json`` at the end of each batch, so that a batch
that was interrupted ends in the same table as one that was not.
"""

from appliance.summary.tables import write_summary

__all__ = ["write_summary"]
