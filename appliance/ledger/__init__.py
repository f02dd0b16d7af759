"""What was done, with what, and what is left: one SQLite file in the output folder, written to be believed.

    FolderLock        one writer at a time; a killed one leaves nothing behind
    open_ledger       the file, sound or set aside and begun anew
    Ledger            one entry for every step of every study, each hashing the one before
    standing_of       what is to be done with a study: pure
    verify_ledger     whether the chain and the results it names are as they were written

Guarantees: an entry is there wholly or not at all, whatever is pulled or killed; entries are never changed
or removed; a damaged file is kept aside, never deleted.
"""

from appliance.ledger.fingerprint import fingerprint_of, output_of
from appliance.ledger.ledger import Ledger, Opened, open_ledger
from appliance.ledger.lock import FolderLock
from appliance.ledger.records import (
    Anchor,
    EarlierStudy,
    LastEntry,
    Output,
    Run,
    Standing,
    State,
    StudyInput,
    Timing,
    standing_of,
)
from appliance.ledger.verify import Verdict, verify_ledger

__all__ = [
    "Anchor",
    "EarlierStudy",
    "FolderLock",
    "LastEntry",
    "Ledger",
    "Opened",
    "Output",
    "Run",
    "Standing",
    "State",
    "StudyInput",
    "Timing",
    "Verdict",
    "fingerprint_of",
    "open_ledger",
    "output_of",
    "standing_of",
    "verify_ledger",
]
