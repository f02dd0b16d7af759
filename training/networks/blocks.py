"""The pieces that several networks share: only operations that ONNX, OpenVINO and relevance rules know well."""

from __future__ import annotations

import torch
from torch import nn


class ConvNormRelu(nn.Sequential):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1, dilation: int = 1) -> None:
        padding = dilation * (kernel // 2)
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=padding, dilation=dilation, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )


class Residual(nn.Module):
    """Two convolutions beside a short cut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = ConvNormRelu(inputs, outputs)
        self.second = nn.Sequential(nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs))
        self.short = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1, bias=False)
        self.relu = nn.ReLU()

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return features of the same size."""
        return self.relu(self.second(self.first(features)) + self.short(features))


class UpAndMerge(nn.Module):
    """Double the size and join what the encoder saw at that size."""

    def __init__(self, inputs: int, skipped: int, outputs: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(inputs, outputs, 2, stride=2)
        self.merge = ConvNormRelu(outputs + skipped, outputs)

    def forward(self, features: torch.Tensor, skipped: torch.Tensor) -> torch.Tensor:
        """Return features at twice the size."""
        return self.merge(torch.cat([self.up(features), skipped], dim=1))


class Attention(nn.Module):
    """Every token looks at every other; plain matrix products, so that it exports and explains like the rest."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.ask = nn.Linear(width, width)
        self.offer = nn.Linear(width, width)
        self.give = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return as many tokens, ``[batch, token, width]``."""
        asked, offered, given = (self._split(layer(tokens)) for layer in (self.ask, self.offer, self.give))
        alike = asked @ offered.transpose(-1, -2) / asked.shape[-1] ** 0.5
        return self.out((torch.softmax(alike, dim=-1) @ given).transpose(1, 2).flatten(2))

    def _split(self, tokens: torch.Tensor) -> torch.Tensor:
        return tokens.unflatten(2, (self.heads, -1)).transpose(1, 2)


class TransformerLayer(nn.Module):
    """Attention and a small network for each token, each beside a short cut, normalised first."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.before = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.between = nn.LayerNorm(width)
        self.each = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(4 * width, width)
        )

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return as many tokens."""
        tokens = tokens + self.attention(self.before(tokens))
        return tokens + self.each(self.between(tokens))
