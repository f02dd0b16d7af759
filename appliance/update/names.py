"""Which files may lie in a bundle: known kinds, in known places, under names that every system can hold. Pure.

    metadata/   1.root.json …, timestamp.json, snapshot.json, targets.json
    targets/    release.json
                models/<task>-<version>/   model.json, card.md, golden.npz, *.onnx
                programs/<platform>/       the files of a program folder

No name leads out of its folder, none is special on any system, and no two differ by capitals alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from appliance.exact_json import NotAsAgreed
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

METADATA, TARGETS = "metadata/", "targets/"
RELEASE = "release.json"
MODELS, PROGRAMS = "models/", "programs/"
LONGEST_NAME, LONGEST_PART, DEEPEST = 240, 120, 16
SIGNED_METADATA = re.compile(r"metadata/([1-9][0-9]{0,5}\.root|timestamp|snapshot|targets)\.json")
MODEL_FILE = re.compile(
    r"models/[a-z][a-z-]{0,31}-[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}/"
    r"(model\.json|card\.md|golden\.npz|[a-z0-9][a-z0-9.-]{0,63}\.onnx)"
)
PROGRAM_FILE = re.compile(r"programs/[a-z0-9]{1,16}-[a-z0-9_]{1,16}/.+")
PART = re.compile(r"[A-Za-z0-9_@+=~,#%$!&'()\[\]{}\- .]+")
SPECIAL = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""Devices to Windows, whatever follows the dot."""


def check_bundle_name(name: str) -> None:
    """Raise ``NotAsAgreed`` unless a file of this name may lie in a bundle."""
    if SIGNED_METADATA.fullmatch(name):
        return
    check_target_name(name.removeprefix(TARGETS) if name.startswith(TARGETS) else "")


def check_target_name(name: str) -> None:
    """Raise ``NotAsAgreed`` unless a file of this name may be installed."""
    known = name == RELEASE or MODEL_FILE.fullmatch(name) or PROGRAM_FILE.fullmatch(name)
    if not known or not is_harmless(name):
        raise NotAsAgreed(f"“{shown(name)}” is no file that an update may hold")


def check_no_clash(names: Iterable[str]) -> None:
    """Raise ``NotAsAgreed`` if two names are one to some system, or one is a folder of another."""
    seen: dict[str, str] = {}
    for name in names:
        if (folded := name.casefold()) in seen:
            raise NotAsAgreed(f"“{shown(name)}” and “{shown(seen[folded])}” are one file on some systems")
        seen[folded] = name
    for folded, name in seen.items():
        parts = folded.split("/")
        if any("/".join(parts[:end]) in seen for end in range(1, len(parts))):
            raise NotAsAgreed(f"“{shown(name)}” lies in what is also a file")


def is_harmless(name: str) -> bool:
    """Whether a relative path can be made on every system, and stays below where it is made."""
    parts = name.split("/")
    return len(name) <= LONGEST_NAME and len(parts) <= DEEPEST and all(map(_is_plain, parts))


def _is_plain(part: str) -> bool:
    if not PART.fullmatch(part) or len(part) > LONGEST_PART or SPECIAL.fullmatch(part):
        return False
    return part not in {".", ".."} and not part.startswith(" ") and not part.endswith((" ", "."))
