"""The networks of the published systems that this product grows out of, at their published sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from training.networks.blocks import ConvNormRelu, TransformerLayer, UpAndMerge
from training.networks.encoders import ResNet50, Vgg16, load_encoder

if TYPE_CHECKING:
    from pathlib import Path

TOKEN_WIDTH, TOKEN_LAYERS, TOKEN_HEADS = 768, 12, 12
TOKEN_GRID = (14, 12)
"""Where the position code is learnt; other sizes interpolate it."""


class Fcn8(nn.Module):
    """FCN-8s (Long et al. 2015) on VGG16: three scales are summed, then enlarged eightfold."""

    def __init__(self, outputs: int, dropout: float, encoder_weights: Path | None) -> None:
        super().__init__()
        self.encoder = Vgg16()
        load_encoder(self.encoder, encoder_weights)
        self.deep = nn.Sequential(ConvNormRelu(512, 1024, 7), nn.Dropout2d(dropout), ConvNormRelu(1024, 1024, 1))
        self.score_32 = nn.Conv2d(1024, outputs, 1)
        self.score_16 = nn.Conv2d(512, outputs, 1)
        self.score_8 = nn.Conv2d(256, outputs, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return logits of the image's size."""
        _, _, eighth, sixteenth, last = self.encoder(image)
        score = self.score_16(sixteenth) + _enlarged(self.score_32(self.deep(last)), sixteenth)
        score = self.score_8(eighth) + _enlarged(score, eighth)
        return _enlarged(score, image)


class ResUNet(nn.Module):
    """A U-Net whose way down is ResNet50."""

    def __init__(self, outputs: int, dropout: float, encoder_weights: Path | None) -> None:
        super().__init__()
        self.encoder = ResNet50()
        load_encoder(self.encoder, encoder_weights)
        widths = ResNet50.widths
        self.drop = nn.Dropout2d(dropout)
        self.up = nn.ModuleList(
            UpAndMerge(low, skipped, out)
            for low, skipped, out in zip((widths[4], 256, 128, 64), widths[3::-1], (256, 128, 64, 32), strict=True)
        )
        self.last = nn.Sequential(nn.ConvTranspose2d(32, 16, 2, stride=2), ConvNormRelu(16, 16))
        self.answer = nn.Conv2d(16, outputs, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return logits of the image's size."""
        *seen, features = self.encoder(image)
        features = self.drop(features)
        for step in self.up:
            features = step(features, seen.pop())
        return self.answer(self.last(features))


class DeepLab(nn.Module):
    """DeepLabV3+ (Chen et al. 2018) on a dilated ResNet50."""

    def __init__(self, outputs: int, dropout: float, encoder_weights: Path | None) -> None:
        super().__init__()
        self.encoder = ResNet50(dilated=True)
        load_encoder(self.encoder, encoder_weights)
        self.branches = nn.ModuleList(
            [ConvNormRelu(2048, 256, 1), *(ConvNormRelu(2048, 256, dilation=rate) for rate in (6, 12, 18))]
        )
        # No normalisation behind the pooled branch: it holds one value a slice.
        self.whole = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(2048, 256, 1), nn.ReLU())
        self.join = nn.Sequential(ConvNormRelu(5 * 256, 256, 1), nn.Dropout2d(dropout))
        self.fine = ConvNormRelu(256, 48, 1)
        self.merge = nn.Sequential(ConvNormRelu(304, 256), ConvNormRelu(256, 256), nn.Conv2d(256, outputs, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return logits of the image's size."""
        _, fine, _, _, coarse = self.encoder(image)
        looks = [branch(coarse) for branch in self.branches]
        looks.append(_enlarged(self.whole(coarse), coarse))
        joined = _enlarged(self.join(torch.cat(looks, dim=1)), fine)
        return _enlarged(self.merge(torch.cat([joined, self.fine(fine)], dim=1)), image)


class TransUNet(nn.Module):
    """TransUNet (Chen et al. 2021): three stages of ResNet50, a transformer over their features, a U-Net's way up."""

    def __init__(self, outputs: int, dropout: float, encoder_weights: Path | None) -> None:
        super().__init__()
        self.encoder = ResNet50(stages=3)
        load_encoder(self.encoder, encoder_weights)
        self.embed = nn.Conv2d(1024, TOKEN_WIDTH, 1)
        self.place = nn.Parameter(torch.zeros(1, TOKEN_WIDTH, *TOKEN_GRID))
        nn.init.trunc_normal_(self.place, std=0.02)
        self.layers = nn.ModuleList(TransformerLayer(TOKEN_WIDTH, TOKEN_HEADS, dropout) for _ in range(TOKEN_LAYERS))
        self.norm = nn.LayerNorm(TOKEN_WIDTH)
        self.back = ConvNormRelu(TOKEN_WIDTH, 512)
        self.up = nn.ModuleList([UpAndMerge(512, 512, 256), UpAndMerge(256, 256, 128), UpAndMerge(128, 64, 64)])
        self.last = nn.Sequential(nn.ConvTranspose2d(64, 16, 2, stride=2), ConvNormRelu(16, 16))
        self.answer = nn.Conv2d(16, outputs, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return logits of the image's size."""
        *seen, features = self.encoder(image)
        tokens = self.embed(features)
        rows, columns = tokens.shape[-2:]
        tokens = (tokens + _sized(self.place, rows, columns)).flatten(2).transpose(1, 2)
        for layer in self.layers:
            tokens = layer(tokens)
        features = self.back(self.norm(tokens).transpose(1, 2).unflatten(2, (rows, columns)))
        for step in self.up:
            features = step(features, seen.pop())
        return self.answer(self.last(features))


def _enlarged(features: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return _sized(features, *like.shape[-2:])


def _sized(features: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    return functional.interpolate(features, size=(rows, columns), mode="bilinear", align_corners=False)
