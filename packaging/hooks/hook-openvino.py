"""OpenVINO: the processor's plugin and the readers of ONNX graphs and of its own exports, of all that its wheel holds.

Plugins and readers are libraries that the core opens by name from its own folder, so nothing but this list finds
them. The converter (``openvino.tools``) announces itself over the network: it is kept out here too.
"""

from pathlib import Path

from PyInstaller.utils.hooks import get_package_paths

OPENED_BY_NAME = ("openvino_intel_cpu_plugin", "openvino_ir_frontend", "openvino_onnx_frontend", "tbbbind")
excludedimports = [
    "openvino.frontend.jax",
    "openvino.frontend.paddle",
    "openvino.frontend.pytorch",
    "openvino.frontend.tensorflow",
    "openvino.tools",
    "openvino.torch",
    "openvino_telemetry",
]
_folder = Path(get_package_paths("openvino")[1]) / "libs"
binaries = [
    (str(file), "openvino/libs")
    for file in sorted(_folder.iterdir())
    if file.name.removeprefix("lib").startswith(OPENED_BY_NAME) and {".so", ".dll"} & set(file.suffixes)
]
