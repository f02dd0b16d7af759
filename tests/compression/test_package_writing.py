"""Packages that are written are those that the clinic reads; what is wrong is never written."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from appliance.errors import BadModel
from appliance.models import load_package
from appliance.models.spec import Activation, Measured, OutputSpec, Preparation, PreparedAs, Role, Task, TrainedOn
from appliance.settings import Limits
from compression.gate import NotGoodEnough
from compression.package import build, zipped
from compression.recipe import CardWords, NetworkRecipe, PackageRecipe
from compression.students import STUDENT
from training.networks.registry import build as network_of

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 32
PREPARED = {
    "spacing_mm": 2.0, "rows": SIDE, "columns": SIDE, "neighbour_mm": 6.0, "gain": 0.4, "ceiling": 1.5,
    "threshold": 0.5, "stripped_share": 0.8,
}  # fmt: skip
FIGURE = Measured("Dice of brain", 0.91, 0.88, 0.94, 9, "nine invented people", Role.CPU_INT8)


class Doubtful(nn.Module):
    """Answers differently whenever it is asked."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.asked = 0

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        self.asked += 1
        return self.network(image) + 10.0 * self.asked


@pytest.fixture(scope="module")
def recipe() -> PackageRecipe:
    torch.manual_seed(4)
    network = network_of(replace(STUDENT, outputs=1, widths=(8, 8))).eval()
    draw = np.random.default_rng(5)
    images = [draw.random((1, 3, SIDE, SIDE), dtype=np.float32) for _ in range(6)]
    brain = NetworkRecipe(
        network,
        Preparation(PreparedAs.HEAD, PREPARED),
        (None, 3, SIDE, SIDE),
        (OutputSpec("logits", (None, 1, SIDE, SIDE), ("brain",), Activation.SIGMOID),),
        images,
        images[0],
        explained=(network, 0),
    )
    words = CardWords("A test", "Testing.", ("It is one.",), ("Anything else.",))
    trained = (TrainedOn("nothing", 0, "none", "invented"),)
    return PackageRecipe(Task.BRAIN_LESIONS, {"brain": brain}, {"brain": 0.5}, trained, (FIGURE,), words)


@pytest.fixture(scope="module")
def folder(recipe: PackageRecipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(recipe, tmp_path_factory.mktemp("factory"), "1.2.3")


def test_the_clinic_reads_what_was_written(folder: Path) -> None:
    package = load_package(folder, Limits())
    assert package.spec.name == "brain-lesions-1.2.3"
    assert set(package.spec.networks["brain"].graphs) == set(Role)
    assert package.spec.measured == (FIGURE,)


def test_nothing_is_left_beside_the_package(folder: Path) -> None:
    assert [entry.name for entry in folder.parent.iterdir()] == [folder.name]


def test_int8_is_quantised_and_its_reference_is_not(folder: Path) -> None:
    assert b"QuantizeLinear" in (folder / "brain.cpu-int8.onnx").read_bytes()
    assert b"QuantizeLinear" not in (folder / "brain.cpu-fp32.onnx").read_bytes()


def test_the_card_tells_purpose_figures_limits_and_misuse(folder: Path) -> None:
    card = (folder / "card.md").read_text(encoding="utf-8")
    for part in ("Testing.", "| Dice of brain | 0.910 | 0.880 to 0.940 | 9 |", "It is one.", "Anything else.", "not a"):
        assert part in card


def test_a_package_made_anew_replaces_the_old_one_whole(folder: Path, recipe: PackageRecipe, tmp_path: Path) -> None:
    first = shutil.copytree(folder, tmp_path / folder.name)
    (first / "left.over").write_text("x", encoding="utf-8")
    with pytest.raises(BadModel, match=r"left\.over"):
        load_package(first, Limits())
    assert build(recipe, tmp_path, "1.2.3") == first
    load_package(first, Limits())


def test_a_graph_that_differs_from_pytorch_is_refused_and_nothing_is_written(
    recipe: PackageRecipe, tmp_path: Path
) -> None:
    brain = recipe.networks["brain"]
    doubtful = replace(brain, network=Doubtful(brain.network).eval(), explained=None)
    with pytest.raises(NotGoodEnough, match="differently from PyTorch"):
        build(replace(recipe, networks={"brain": doubtful}), tmp_path, "1.0.0")
    assert list(tmp_path.iterdir()) == []


def test_the_same_arrays_give_the_same_bytes() -> None:
    arrays = {"a": np.ones((2, 3), np.float32)}
    assert zipped(arrays) == zipped(arrays)
