"""Why a spine network said so: the same relevance as for the brain, for its graders and its segmenter.

A grader speaks about the whole crop: it is asked as if it said the same at every place, and the place that
is explained is a single one, so that the grade counts once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.explain import propagate
from training.explain.export import write_explain_onnx

if TYPE_CHECKING:
    from pathlib import Path

    from training.spine.networks import FiveBlocks, Grader


class OneHead(nn.Module):
    """A grader's logits for one head, repeated at every place: ``[batch, grade, row, column]``."""

    def __init__(self, grader: Grader | FiveBlocks, head: int) -> None:
        super().__init__()
        self.grader = grader
        first = sum(grader.heads[:head])
        self.register_buffer("chosen", torch.eye(sum(grader.heads))[first : first + grader.heads[head]])

    def forward(self, x: Tensor) -> Tensor:
        """Ask for one head only."""
        logits = functional.linear(self.grader(x), self.chosen)
        return logits[:, :, None, None].expand(-1, -1, x.shape[2], x.shape[3])


def grade_relevance(grader: Grader | FiveBlocks, crop: Tensor, head: int, grade: int) -> Tensor:
    """Relevance of every pixel of ``[batch, plane, row, column]`` for one grade of one head."""
    where = torch.zeros(len(crop), 1, *crop.shape[2:])
    where[..., 0, 0] = 1
    return propagate(OneHead(grader, head).eval(), crop, where, grade)[1]


def class_relevance(segmenter: nn.Module, image: Tensor, label: int) -> Tensor:
    """Relevance of every pixel for the pixels that are taken for one class."""
    with torch.no_grad():
        where = (segmenter(image).argmax(1, keepdim=True) == label).to(image.dtype)
    return propagate(segmenter.eval(), image, where, label)[1]


def write_grade_graph(
    grader: Grader | FiveBlocks, size: tuple[int, int, int], head: int, grade: int, path: Path
) -> None:
    """Write grader and relevance as one plain ONNX graph for a crop of this size."""
    write_explain_onnx(OneHead(grader, head).eval(), size, grade, path)


def write_class_graph(segmenter: nn.Module, size: tuple[int, int, int], label: int, path: Path) -> None:
    """Write segmenter and relevance as one plain ONNX graph for a slice of this size."""
    write_explain_onnx(segmenter.eval(), size, label, path)
