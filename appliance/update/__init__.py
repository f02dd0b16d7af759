"""Updates from a stick: verified, copied beside what works, tested on this machine, then switched to; or nothing.

    bundle ─ carrier ─► bytes ─ verified (python-tuf) ─► signed files ─ release ─► Release ─ plan ─► Plan
           ─ staging ─► a new slot ─ trial ─► tested ─ install ─► switched; every step in the record

Guarantees: nothing is unpacked before its signature and versions hold; what works is never written to; a switch is
the renaming of one small file. Whenever the plug is pulled, the old models or the new ones are used, whole.

python-tuf brings a way to fetch over the network along, and the library for it opens a socket as soon as it is
loaded. Nothing here fetches: an empty stand-in takes the place of that one module, before python-tuf is loaded.
"""

import sys
from types import ModuleType

_FETCHER = "tuf.ngclient.urllib3_fetcher"

if _FETCHER not in sys.modules:
    sys.modules[_FETCHER] = ModuleType(_FETCHER)
    sys.modules[_FETCHER].Urllib3Fetcher = type("Urllib3Fetcher", (), {})  # type: ignore[attr-defined]  # a stand-in
