"""The year's two updates, signed by a publisher who exists for this year alone: one is good, one fails its self-test.

The good one finds a little less: its threshold for lesions is higher, so that results show which models made them. The
other one expects of its network what the network does not answer, with hashes that fit.
"""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import bundle_keys
import bundle_make
import numpy as np

from appliance.models.slots import FACTORY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TASK = "brain-lesions"
FACTORY_PACKAGE = next(path for path in sorted(FACTORY.iterdir()) if path.name.startswith(f"{TASK}-"))
GOOD, BAD = "9.1.0", "9.2.0"
"""Versions, above any that the factory will ship."""
GOLDEN, ANSWER = "golden.npz", "lesions.logits"


@dataclass(frozen=True, slots=True)
class Updates:
    """What came by mail."""

    root: Path
    """What the clinic's program was built with."""
    good: Path
    bad: Path


def make_updates(folder: Path) -> Updates:
    """Make keys, root and both bundles, or find those that were made before."""
    updates = Updates(folder / "root.json", folder / "good.outpost", folder / "bad.outpost")
    if not all(path.exists() for path in (updates.root, updates.good, updates.bad)):
        shutil.rmtree(folder, ignore_errors=True)
        _make(folder, updates)
    return updates


def _make(folder: Path, updates: Updates) -> None:
    publisher, passphrase = folder / "publisher", secrets.token_bytes(16)
    root = bundle_keys.make_keys(publisher, passphrase)
    signers = [bundle_keys.load_key(bundle_keys.key_path(publisher, name), passphrase) for name in bundle_keys.ONLINE]
    for version, change, bundle in ((GOOD, _stricter, updates.good), (BAD, _expecting_too_much, updates.bad)):
        package = _changed(folder / "packages", version, change)
        order = bundle_make.Order(models=(package,), notes=f"Version {version} of what finds lesions.")
        bundle_make.make_bundle(publisher, order, signers, bundle)
    shutil.copyfile(root, updates.root)


def _changed(folder: Path, version: str, change: Callable[[Path, dict[str, Any]], None]) -> Path:
    package = folder / f"{TASK}-{version}"
    shutil.copytree(FACTORY_PACKAGE, package)
    described: dict[str, Any] = json.loads((package / "model.json").read_text(encoding="utf-8"))
    described["version"] = version
    change(package, described)
    (package / "model.json").write_text(json.dumps(described, indent=2), encoding="utf-8")
    return package


def _stricter(_package: Path, described: dict[str, Any]) -> None:
    described["thresholds"]["lesion"] = round(described["thresholds"]["lesion"] + 0.1, 3)


def _expecting_too_much(package: Path, described: dict[str, Any]) -> None:
    with np.load(package / GOLDEN) as golden:
        arrays = {name: golden[name] for name in golden}
    arrays[ANSWER] = -arrays[ANSWER]
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    content = file.getvalue()
    (package / GOLDEN).write_bytes(content)
    described["files"][GOLDEN] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
