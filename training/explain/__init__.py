"""Why did the network say so: relevance of every voxel of the scan, in torch and as a plain ONNX graph."""

from training.explain.relevance import ConservingLRP, predicted, propagate

__all__ = ["ConservingLRP", "predicted", "propagate"]
