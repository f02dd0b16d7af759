"""A folder of model packages: which packages lie in it, and which of them are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import BadModel
from appliance.models.package import load_package

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.models.package import ModelPackage
    from appliance.settings import Limits


def package_folders(models: Path) -> list[Path]:
    """Return a package itself, or whatever in a folder should be one."""
    if (models / "model.json").exists() or not models.is_dir():
        return [models] if models.exists() else []
    return sorted(folder for folder in models.iterdir() if folder.is_dir() and not folder.name.startswith(("_", ".")))


def load_shelf(models: Path, limits: Limits) -> tuple[tuple[ModelPackage, ...], tuple[BadModel, ...]]:
    """Check every package; return the newest sound one of each task, and what is wrong with others."""
    sound: dict[str, ModelPackage] = {}
    faults: list[BadModel] = []
    for folder in package_folders(models):
        try:
            package = load_package(folder, limits)
        except BadModel as error:
            faults.append(error)
            continue
        task = str(package.spec.task)
        if task not in sound or _numbers(package) > _numbers(sound[task]):
            sound[task] = package
    return tuple(sound[task] for task in sorted(sound)), tuple(faults)


def _numbers(package: ModelPackage) -> tuple[int, ...]:
    return tuple(int(part) for part in package.spec.version.split("."))
