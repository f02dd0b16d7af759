"""What loading a package that is not as agreed says."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest

from appliance.errors import BadModel, ExitCode
from appliance.models import load_package
from appliance.settings import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from model_builders import Package

SMALL = Limits(max_model_bytes=2_000_000)


def refusal(folder: Path, limits: Limits = SMALL) -> str:
    """Load a package that must be refused; return the sentence."""
    with pytest.raises(BadModel) as caught:
        load_package(folder, limits)
    assert caught.value.exit_code is ExitCode.SOME_REFUSED
    assert caught.value.advice
    assert "\n" not in caught.value.what
    return caught.value.what


def golden(package: Package) -> dict[str, np.ndarray]:
    """Return the arrays of a package's golden case."""
    with np.load(io.BytesIO(package.files["golden.npz"])) as arrays:
        return dict(arrays)
