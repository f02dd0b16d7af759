"""Lays the GPU pack: ONNX Runtime for CUDA 12 and NVIDIA's libraries, in a folder that belongs beside the executable.

    python packaging/executable.py --gpu-pack dist/outpost/gpu

CUDA 12, because the older driver of a GTX 1650 machine still runs it: 525.60.13 or newer on Linux, 527.41 or newer
on Windows. ONNX Runtime 1.26 is its last release for CUDA 12 (1.27 wants CUDA 13, and that driver 580). Only the
card's own work is in the pack: no TensorRT, no converters. It is laid for the system that this runs on, and sealed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RUNTIME = "onnxruntime-gpu[cuda,cudnn]==1.26.0"
FROM_THE_PROGRAM = ("numpy", "flatbuffers", "protobuf", "packaging", "google", "bin")
"""Installed along, but in the executable already, or never imported by what runs networks."""
NOT_SHIPPED = (
    "onnxruntime/backend",
    "onnxruntime/datasets",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    "onnxruntime/capi/*providers_tensorrt*",
    "nvidia/*/include",
    "**/__pycache__",
)


def lay(folder: Path) -> Path:
    """Fill the folder, or leave it marked as unfinished."""
    from appliance.seal import begin, finish  # noqa: PLC0415 - executable.py makes it importable

    shutil.rmtree(folder, ignore_errors=True)
    begin(folder)
    subprocess.run(  # noqa: S603 - this interpreter's pip, with names from this file
        [sys.executable, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--target", str(folder), RUNTIME],
        check=True,
    )
    for path in not_needed(folder):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    finish(folder)
    return folder


def not_needed(folder: Path) -> list[Path]:
    """List what was installed and is not shipped."""
    own = [path for name in FROM_THE_PROGRAM for path in (*folder.glob(name), *folder.glob(f"{name}*.*-info"))]
    libraries = [path for name in FROM_THE_PROGRAM for path in folder.glob(f"{name}.libs")]
    return own + libraries + [path for pattern in NOT_SHIPPED for path in folder.glob(pattern)]
