"""One config for every run: frozen, complete, stored beside the result; an unknown key is an error."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from appliance.errors import Misuse
from training.augment import Augmentation
from training.networks.registry import NetworkSpec

if TYPE_CHECKING:
    from pathlib import Path

Config = TypeVar("Config")


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Everything that decides what a run learns; ``batch`` and ``epochs`` default to the published ones."""

    network: NetworkSpec = field(default_factory=NetworkSpec)
    augmentation: Augmentation = field(default_factory=Augmentation)
    heads: bool = False
    """Train the brain network on whole heads instead of a lesion network on brains."""
    seed: int = 0
    loss: str = "dice_bce"
    output_shares: tuple[float, ...] = (0.2, 0.8, 1.6)
    """How much brain, ventricle and lesion count."""
    batch: int = 16
    epochs: int = 120
    samples_per_epoch: int = 640
    crop: tuple[int, int] = (160, 160)
    optimiser: str = "adamw"
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    warm_up: float = 0.08
    """Share of the run in which the learning rate rises."""
    averaging: float = 0.99
    """Decay of the running average of the weights: the average is what is kept."""
    patience: int = 0
    """Validations without a better loss before the run stops; 0 never stops early."""
    validate_every: int = 0
    """Epochs between validations; 0 never validates."""
    lesion_share: float = 0.7
    """Share of samples with a lesion in them."""
    dataset_shares: dict[str, float] = field(default_factory=lambda: {"tabriz": 0.6, "mslesseg": 0.4})


def config_from(kind: type[Config], table: dict[str, Any], where: str = "config") -> Config:
    """Build a frozen config from a table, nested ones too; name any key that does not exist."""
    hints = get_type_hints(kind)
    known = {entry.name for entry in fields(kind)}
    unknown = sorted(set(table) - known)
    if unknown:
        raise Misuse(f"There is no key “{unknown[0]}” in {where}.", advice=f"Use one of: {', '.join(sorted(known))}.")
    return kind(**{key: _value(hints[key], value, f"{where}.{key}") for key, value in table.items()})


def _value(hint: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - JSON
    if is_dataclass(hint) and isinstance(hint, type):
        return config_from(hint, value, where)
    return tuple(value) if isinstance(value, list) else value


def load_config(path: Path, kind: type[Config]) -> Config:
    """Read a config from a JSON file."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Misuse(f"The config {path.name} cannot be read ({error}).", advice="Correct the file.") from error
    return config_from(kind, table, path.name)


def as_table(config: object) -> dict[str, Any]:
    """Return a config as plain values for JSON."""
    return asdict(config)
