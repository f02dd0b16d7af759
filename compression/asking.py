"""A graph as a function, on the clinic's own runtime: from images to logits, from prepared slices to probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from appliance.engine.session import Ports
from compression.agreeing import opened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.preprocess import Floats, Prepared
    from training.reading import Answer
    from training.spine.answers import Answer as Images

PORTS = Ports(("image",), ("logits",))
SLICES_AT_ONCE = 8


def answer_of(content: bytes) -> Images:
    """Open a graph as a function from images to what it says."""
    session = opened("OpenVINO", content, PORTS)

    def answer(images: Floats) -> Floats:
        parts = [np.ascontiguousarray(images[k : k + SLICES_AT_ONCE]) for k in range(0, len(images), SLICES_AT_ONCE)]
        return np.concatenate([session.run({"image": part})["logits"] for part in parts])

    return answer


def answer_with(content: bytes, *, mirrored: bool = False, runtime: str = "OpenVINO", threads: int = 1) -> Answer:
    """Open a graph; ``mirrored`` averages each slice's answer with that of its mirror image."""
    session = opened(runtime, content, PORTS, threads)

    def chances(images: Floats) -> Floats:
        said = expit(session.run({"image": images})["logits"])
        if mirrored:
            flipped = session.run({"image": np.ascontiguousarray(images[..., ::-1])})["logits"]
            said = (said + expit(flipped)[..., ::-1]) / 2
        return np.asarray(said, dtype=np.float32)

    def answered(prepared: Prepared, slices: Iterable[int]) -> Floats:
        wanted = list(slices)
        parts = [wanted[start : start + SLICES_AT_ONCE] for start in range(0, len(wanted), SLICES_AT_ONCE)]
        found = np.concatenate([chances(prepared.batch(part)) for part in parts])
        answers = np.zeros((len(prepared.slices), *found.shape[1:]), dtype=np.float32)
        answers[wanted] = found
        return answers

    return answered
