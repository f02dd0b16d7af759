"""What a bundle is, verified as a clinic verifies it, and told to the publisher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.settings import Settings
from appliance.update.carrier import open_bundle
from appliance.update.install import release_in
from appliance.update.trust import Trust
from appliance.update.verify import verified
from appliance.words import megabytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from tuf.api.metadata import TargetFile

    from appliance.update.release import Release


@dataclass(frozen=True, slots=True)
class Inspected:
    """A bundle whose signatures hold."""

    path: Path
    release: Release
    files: Mapping[str, TargetFile]
    good_until: datetime
    roots: int
    """How many roots its chain has."""

    def lines(self) -> Iterator[str]:
        """Say all of it."""
        release, needs = self.release, self.release.needs
        size = megabytes(size_of(self.path))
        yield f"{self.path.name}: {size}, release {release.number} of {release.made_at:%Y-%m-%d}"
        yield f"signed under root {self.roots}, good until {self.good_until:%Y-%m-%d}"
        yield f"needs program {needs.app}, model format {needs.model_schema}, OpenVINO {needs.openvino}"
        for folder in (*(f"models/{name}/" for name in release.models), *(each.folder for each in release.programs)):
            sizes = [info.length for name, info in self.files.items() if name.startswith(folder)]
            yield f"  {folder} {len(sizes)} files, {megabytes(sum(sizes))}"
        yield from (f"  (current too, not carried: {name})" for name in release.also)
        yield from (f"| {line}" for line in release.notes.splitlines())


def looked_into(path: Path, root: bytes) -> Inspected:
    """Verify a bundle from a root, or raise what a clinic would say."""
    with open_bundle(path, Settings().limits.max_update_bytes) as bundle, verified(bundle, Trust(), root) as signed:
        release = release_in(bundle, signed)
        return Inspected(path, release, signed.files, signed.good_until, len(signed.trust.roots) + 1)


def size_of(path: Path) -> int:
    """Say how much a bundle takes on the stick."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(file.stat().st_size for file in files)
