"""Networks that cannot be built, filled, exported or trusted with published weights."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
import pytest
import torch

from appliance.errors import Misuse, Unreadable
from training.checkpoint import CheckpointSpec, load_checkpoint, save_checkpoint
from training.networks.encoders import ResNet50, Vgg16, load_encoder
from training.networks.registry import BUILDERS, NetworkSpec, build

if TYPE_CHECKING:
    from pathlib import Path

PUBLISHED_VGG16 = {
    "features.0.weight": (64, 3, 3, 3),
    "features.2.bias": (64,),
    "features.5.weight": (128, 64, 3, 3),
    "features.7.weight": (128, 128, 3, 3),
    "features.10.weight": (256, 128, 3, 3),
    "features.14.weight": (256, 256, 3, 3),
    "features.17.weight": (512, 256, 3, 3),
    "features.21.bias": (512,),
    "features.24.weight": (512, 512, 3, 3),
    "features.28.weight": (512, 512, 3, 3),
}
PUBLISHED_RESNET50 = {
    "conv1.weight": (64, 3, 7, 7),
    "bn1.running_var": (64,),
    "layer1.0.conv1.weight": (64, 64, 1, 1),
    "layer1.0.downsample.0.weight": (256, 64, 1, 1),
    "layer1.0.downsample.1.running_mean": (256,),
    "layer1.2.conv3.weight": (256, 64, 1, 1),
    "layer2.0.conv2.weight": (128, 128, 3, 3),
    "layer2.3.bn3.bias": (512,),
    "layer3.0.downsample.0.weight": (1024, 512, 1, 1),
    "layer3.5.conv2.weight": (256, 256, 3, 3),
    "layer4.0.conv1.weight": (512, 1024, 1, 1),
    "layer4.2.conv3.weight": (2048, 512, 1, 1),
}


@pytest.mark.parametrize(
    ("encoder", "published", "count", "weights"),
    [(Vgg16(), PUBLISHED_VGG16, 26, 14_714_688), (ResNet50(), PUBLISHED_RESNET50, 318, 23_508_032)],
)
def test_encoders_have_the_names_and_shapes_that_torchvision_publishes(
    encoder: torch.nn.Module, published: dict[str, tuple[int, ...]], count: int, weights: int
) -> None:
    own = {name: tuple(value.shape) for name, value in encoder.state_dict().items()}
    assert {name: own.get(name) for name in published} == published
    assert len(own) == count
    assert sum(value.numel() for value in encoder.parameters()) == weights


def test_a_published_file_fills_the_encoder_and_its_classifier_is_left_out(tmp_path: Path) -> None:
    donor = ResNet50()
    torch.save(
        donor.state_dict() | {"fc.weight": torch.zeros(1000, 2048), "fc.bias": torch.zeros(1000)}, tmp_path / "w"
    )
    for encoder in (ResNet50(), ResNet50(dilated=True), ResNet50(stages=3)):
        load_encoder(encoder, tmp_path / "w")
        torch.testing.assert_close(encoder.layer3[5].conv3.weight, donor.layer3[5].conv3.weight)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    torch.save(Vgg16().state_dict(), tmp_path / "vgg")
    with pytest.raises(Unreadable, match="ResNet50"):
        load_encoder(ResNet50(), tmp_path / "vgg")
    (tmp_path / "junk").write_bytes(b"not weights")
    with pytest.raises(Unreadable, match="junk"):
        load_encoder(Vgg16(), tmp_path / "junk")


def test_without_weights_it_is_said_that_the_encoder_starts_from_scratch(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        load_encoder(Vgg16(), None)
    assert "from scratch" in caplog.text


def test_an_unknown_network_is_named_with_those_that_exist() -> None:
    with pytest.raises(Misuse, match="attention_unet"):
        build(NetworkSpec("unett"))


def test_the_attention_unet_has_its_published_size() -> None:
    assert sum(weights.numel() for weights in build(NetworkSpec("attention_unet")).parameters()) == 7_940_387


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_every_network_answers_in_the_size_of_its_input(name: str) -> None:
    network = build(NetworkSpec(name)).eval()
    with torch.no_grad():
        assert network(torch.rand(1, 3, 64, 96)).shape == (1, 3, 64, 96)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_every_network_exports_to_onnx_and_answers_the_same(name: str, tmp_path: Path) -> None:
    network = build(NetworkSpec(name)).eval()
    image = torch.rand(1, 3, 96, 96)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, (image,), tmp_path / "n.onnx", opset_version=17, input_names=["image"], dynamo=False)
    session = onnxruntime.InferenceSession(tmp_path / "n.onnx", providers=["CPUExecutionProvider"])
    with torch.no_grad():
        np.testing.assert_allclose(session.run(None, {"image": image.numpy()})[0], network(image).numpy(), atol=2e-3)


def test_a_checkpoint_builds_the_network_again(tmp_path: Path) -> None:
    spec = CheckpointSpec(NetworkSpec("teacher", widths=(4, 8)), thresholds=(0.5, 0.4, 0.6), smallest_lesion_ml=0.01)
    network = build(spec.network).eval()
    save_checkpoint(network, spec, tmp_path / "t.safetensors")
    again, read = load_checkpoint(tmp_path / "t.safetensors")
    assert read == spec
    image = torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(again(image), network(image), atol=0.01, rtol=0)


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.safetensors").write_bytes(b"nothing")
    with pytest.raises(Unreadable, match=r"t\.safetensors"):
        load_checkpoint(tmp_path / "t.safetensors")
