"""What could go wrong with relevance: it is lost, it is put in the wrong place, or ONNX says something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime
import openvino
import pytest
import torch
from captum.attr import LRP
from monai.networks.nets import AttentionUnet, DynUNet, UNet
from torch import Tensor, nn

from training.explain import ConservingLRP, propagate
from training.explain.export import write_explain_onnx
from training.explain.linear import Convolution, averaging, resampling, windows
from training.explain.tape import NoRule

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LESION = 3
SIZE = 32


class Transformer(nn.Module):
    """Patches, two kinds of attention, layer norm, a residual link and a bilinear way back."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(1, 8, 4, stride=4)
        self.place = nn.Parameter(torch.randn(1, 64, 8))
        self.norm = nn.LayerNorm(8)
        self.attention = nn.MultiheadAttention(8, 2)
        self.dense = nn.Sequential(nn.LayerNorm(8), nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))
        self.head = nn.Conv2d(8, 4, 1)

    def forward(self, image: Tensor) -> Tensor:
        tokens = self.patches(image).flatten(2).transpose(1, 2) + self.place
        normed = self.norm(tokens).transpose(0, 1)
        tokens = tokens + self.attention(normed, normed, normed, need_weights=False)[0].transpose(0, 1)
        heads = tokens.reshape(tokens.shape[0], 64, 2, 4).permute(0, 2, 1, 3)
        tokens = nn.functional.scaled_dot_product_attention(heads, heads, heads).transpose(1, 2).flatten(2)
        tokens = tokens + self.dense(tokens)
        grid = self.head(tokens.transpose(1, 2).reshape(-1, 8, 8, 8))
        return nn.functional.interpolate(grid, scale_factor=4, mode="bilinear", align_corners=False)


class Mixed(nn.Module):
    """What the published networks have between them and the others here do not."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 8, 7, 2, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.atrous = nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=2)
        self.groups = nn.GroupNorm(2, 8)
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 8, 1), nn.Sigmoid())
        self.scene = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 8, 1), nn.ReLU())
        self.head = nn.ConvTranspose2d(16, 4, 4, stride=4)

    def forward(self, image: Tensor) -> Tensor:
        low = self.pool(self.stem(image))
        high = torch.relu(self.groups(self.atrous(low)))
        high = high * self.squeeze(high) + 0.5 * low - nn.functional.avg_pool2d(low, 3, 1, 1)
        scene = nn.functional.interpolate(self.scene(high), size=high.shape[2:], mode="bilinear", align_corners=False)
        return self.head(torch.cat([high, scene], dim=1))


class LittleUNet(nn.Module):
    """What the clinic ships, in small: one pooling, one skip concatenation, one way up."""

    def __init__(self, up: nn.Module, width: int = 6) -> None:
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(1, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        self.pool = nn.MaxPool2d(2)
        self.deep = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU())
        self.up = up
        self.head = nn.Conv2d(2 * width, 4, 1)

    def forward(self, image: Tensor) -> Tensor:
        high = self.down(image)
        low = self.pool(high)
        return self.head(torch.cat([high, self.up(low + self.deep(low))], dim=1))


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "strided residual U-Net": lambda: UNet(2, 1, 4, (4, 8), (2,), num_res_units=1, norm="batch"),
    "pooled U-Net with transposed convolution": lambda: LittleUNet(nn.ConvTranspose2d(6, 6, 2, 2)),
    "pooled U-Net with bilinear upsampling": lambda: LittleUNet(nn.Upsample(scale_factor=2, mode="bilinear")),
    "attention U-Net": lambda: AttentionUnet(2, 1, 4, (4, 8), (2,)),
    "residual encoder with instance norm": lambda: DynUNet(
        2, 1, 4, [3, 3, 3], [1, 2, 2], [2, 2], filters=[4, 8, 8], res_block=True
    ),
    "transformer": Transformer,
    "mixed": Mixed,
}


def as_if_trained(network: nn.Module) -> nn.Module:
    """Statistics, gains and biases as training leaves them: none of them at its harmless first value."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
        bias = getattr(module, "bias", None)
        if isinstance(bias, Tensor):
            nn.init.normal_(bias, std=0.5)
    return network.eval()


def a_scan(seed: int = 0) -> Tensor:
    image = torch.randn(1, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(seed))
    image[..., :8] = 0.0  # the empty background that every scan has
    return image


def everywhere() -> Tensor:
    return torch.ones(1, 1, SIZE, SIZE)


def explained(logits: Tensor, where: Tensor) -> float:
    return float((logits[:, LESION : LESION + 1] * where).sum())


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("trained", [False, True], ids=["random", "as if trained"])
def test_no_relevance_is_lost_on_the_way(name: str, *, trained: bool) -> None:
    torch.manual_seed(1)
    network = NETWORKS[name]().eval()
    network = as_if_trained(network) if trained else network
    logits, relevance = propagate(network, a_scan(), everywhere(), LESION)
    assert torch.isfinite(relevance).all()
    assert float(relevance.sum()) == pytest.approx(explained(logits, everywhere()), rel=0.01)
    assert relevance.abs().sum() > 0


@pytest.mark.parametrize("name", NETWORKS)
def test_the_network_answers_as_without_the_tape(name: str) -> None:
    torch.manual_seed(2)
    network = as_if_trained(NETWORKS[name]())
    logits, _ = propagate(network, a_scan(), everywhere(), LESION)
    with torch.no_grad():
        plain = network(a_scan())
    assert torch.allclose(logits, plain, atol=1e-4 * float(plain.abs().max()))


def test_only_the_voxels_asked_about_are_explained() -> None:
    torch.manual_seed(3)
    network = as_if_trained(NETWORKS["pooled U-Net with transposed convolution"]())
    where = torch.zeros(1, 1, SIZE, SIZE)
    where[..., 20:24, 20:24] = 1.0
    logits, relevance = propagate(network, a_scan(), where, LESION)
    assert float(relevance.sum()) == pytest.approx(explained(logits, where), rel=0.01)
    shallow = nn.Conv2d(1, 4, 3, padding=1)
    _, near = propagate(shallow, a_scan(), where, LESION)
    far = near.clone()
    far[..., 19:25, 19:25] = 0.0
    assert far.abs().max() == 0


def test_captum_agrees_where_it_can_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.explain.rules.EPSILON", 1e-7)
    monkeypatch.setattr("training.explain.rules.FLOOR", 0.0)
    torch.manual_seed(5)
    chain = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.ReLU(), nn.Conv2d(8, 5, SIZE, bias=False))
    image = torch.rand(1, 1, SIZE, SIZE)
    _, ours = propagate(chain.eval(), image, torch.ones(1, 1, 1, 1), LESION)
    theirs = LRP(chain).attribute(image.requires_grad_(), target=(LESION, 0, 0)).detach()
    assert torch.allclose(ours, theirs, atol=1e-4 * float(theirs.abs().max()))


def test_captum_s_own_interface_gives_the_same_and_leaves_the_network_as_it_was() -> None:
    torch.manual_seed(6)
    network = NETWORKS["attention U-Net"]().train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    relevance, lost = ConservingLRP(network).attribute(a_scan(), LESION, everywhere(), return_convergence_delta=True)
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert abs(float(lost)) < 0.01 * abs(float(relevance.sum()))


def test_without_a_lesion_there_is_nothing_to_explain() -> None:
    network = nn.Conv2d(1, 4, 1)
    with torch.no_grad():
        network.weight.zero_()
        network.bias.copy_(torch.tensor([9.0, 0.0, 0.0, 0.0]))
    relevance = ConservingLRP(network).attribute(a_scan(), LESION)
    assert relevance.abs().sum() == 0


def test_an_operation_without_a_rule_is_named() -> None:
    class Cosine(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            return torch.cos(image)

    with pytest.raises(NoRule, match="cos"):
        propagate(Cosine(), a_scan(), everywhere(), 0)


def test_a_network_that_ends_in_a_sigmoid_is_refused() -> None:
    with pytest.raises(Exception, match="logits"):
        propagate(nn.Sequential(nn.Conv2d(1, 4, 1), nn.Sigmoid()), a_scan(), everywhere(), LESION)


@pytest.mark.parametrize(
    "linear",
    [
        Convolution(torch.randn(6, 2, 3, 3), (9, 11), (5, 6), (2, 2), (1, 1), groups=2),
        Convolution(torch.randn(6, 4, 3, 3), (12, 12), (12, 12), (1, 1), (2, 2), (2, 2)),
        averaging((9, 9), (3, 3), (2, 2), (1, 1)),
        windows((10, 9), (3, 3), (2, 2), (1, 1)),
        resampling((5, 7), (10, 14), bilinear=True, align_corners=False),
        resampling((5, 7), (11, 9), bilinear=True, align_corners=True),
        resampling((6, 6), (9, 12), bilinear=False, align_corners=False),
    ],
    ids=lambda linear: type(linear).__name__,
)
def test_a_transpose_is_the_exact_transpose(linear: Convolution) -> None:
    wide = getattr(getattr(linear, "inner", linear), "wide", None) or (linear.left.shape[1], linear.right.shape[0])
    signal = torch.randn(1, 4, *wide, dtype=torch.float32)
    made = linear.apply(signal)
    answer = torch.randn_like(made)
    forth, back = (made * answer).sum(), (signal * linear.transpose(answer)).sum()
    assert float(forth) == pytest.approx(float(back), rel=1e-4, abs=1e-3)


@pytest.mark.parametrize("bilinear", [True, False])
@pytest.mark.parametrize("align", [True, False])
@pytest.mark.parametrize("size", [(16, 20), (7, 3), (5, 6)])
def test_resampling_is_torch_s(size: tuple[int, int], *, bilinear: bool, align: bool) -> None:
    image = torch.randn(1, 2, 5, 6)
    mode = {"mode": "bilinear", "align_corners": align} if bilinear else {"mode": "nearest"}
    expected = nn.functional.interpolate(image, size=size, **mode)
    made = resampling((5, 6), size, bilinear=bilinear, align_corners=align and bilinear).apply(image)
    assert torch.allclose(made, expected, atol=1e-5)


SHIPPED = [name for name in NETWORKS if "U-Net" in name]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_plain_graph_says_what_torch_says(name: str, tmp_path: Path) -> None:
    torch.manual_seed(7)
    network = as_if_trained(NETWORKS[name]())
    where = (torch.rand(1, 1, SIZE, SIZE) > 0.8).float()
    file = tmp_path / "explain.onnx"
    write_explain_onnx(network, (1, SIZE, SIZE), LESION, file)
    logits, relevance = propagate(network, a_scan(), where, LESION)
    inputs = {"image": a_scan().numpy(), "where": where.numpy()}
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    compiled = openvino.Core().compile_model(file, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for outputs in (session.run(None, inputs), list(compiled(inputs).values())):
        assert np.abs(outputs[0] - logits.numpy()).max() < 1e-3 * float(logits.abs().max())
        assert np.abs(outputs[1] - relevance.numpy()).max() < 1e-3 * float(relevance.abs().max())


def test_the_plain_graph_holds_the_weights_once(tmp_path: Path) -> None:
    network = LittleUNet(nn.ConvTranspose2d(64, 64, 2, 2), width=64).eval()
    file = tmp_path / "explain.onnx"
    write_explain_onnx(network, (1, SIZE, SIZE), LESION, file)
    weights = sum(value.numel() for value in network.state_dict().values()) * 4
    assert weights < file.stat().st_size < weights + 90_000
    domains = {node.domain for node in onnx.load(file).graph.node}
    assert domains <= {"", "ai.onnx"}
    assert [entry.name for entry in tmp_path.iterdir()] == ["explain.onnx"]
