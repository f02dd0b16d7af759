"""What the processor could do at best: multiplications of a network, and 8-bit multiplications a second.

The peak is that of large convolutions in 8 bits, run by the same engine in the same run: no network can be quicker
than its multiplications at that pace, whatever else it does. Seconds are those of one core.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

CHANNELS, SIDE, KERNEL = 256, 64, 3
"""Large enough to keep a core busy, small enough for its caches."""
CONVOLUTIONS = 8
"""One after another, so that bringing the picture in and out counts for little."""
REPEATS = 10


def macs_of(content: bytes) -> int:
    """Count the multiplications that an ONNX graph does for one slice."""
    import openvino  # noqa: PLC0415 - the process that reports must not pay for it

    model = openvino.Core().read_model(content)
    model.reshape(
        {
            port.get_any_name(): [1, *(int(length.get_length()) for length in list(port.get_partial_shape())[1:])]
            for port in model.inputs
        }
    )
    return sum(_macs(operation) for operation in model.get_ops())


def int8_peak() -> float:
    """Measure the most 8-bit multiplications that one core does in a second."""
    import openvino  # noqa: PLC0415 - see above

    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    request = openvino.Core().compile_model(_dense(), "CPU", settings).create_infer_request()
    image = np.random.default_rng(1).random((1, CHANNELS, SIDE, SIDE), dtype=np.float32)
    took = []
    for _ in range(REPEATS):
        start = time.process_time()
        request.infer([image])
        took.append(time.process_time() - start)
    return CONVOLUTIONS * CHANNELS**2 * KERNEL**2 * SIDE**2 / min(took)


def _dense() -> Any:  # noqa: ANN401 - openvino ships no types
    from openvino import Model, opset13  # noqa: PLC0415 - see above

    rng = np.random.default_rng(2)
    image = made = opset13.parameter([1, CHANNELS, SIDE, SIDE], np.float32)
    for _ in range(CONVOLUTIONS):
        weights = rng.integers(-127, 128, (CHANNELS, CHANNELS, KERNEL, KERNEL)).astype(np.float32) / 127
        made = opset13.fake_quantize(made, *_limits(0.0), *_limits(0.0), 256)
        narrow = opset13.fake_quantize(weights, *_limits(-1.0), *_limits(-1.0), 255)
        made = opset13.relu(opset13.convolution(made, narrow, [1, 1], [1, 1], [1, 1], [1, 1]))
    return Model([opset13.reduce_max(made, np.array([2, 3]))], [image])


def _limits(low: float) -> tuple[np.ndarray, np.ndarray]:
    return np.full((1, 1, 1, 1), low, np.float32), np.ones((1, 1, 1, 1), np.float32)


def _macs(operation: Any) -> int:  # noqa: ANN401 - openvino ships no types
    """Each number that comes out took as many multiplications as one filter (or row) has numbers."""
    out = int(np.prod(operation.output(0).shape)) if operation.get_output_size() else 0
    match operation.get_type_name():
        case "Convolution":
            return out * int(np.prod(list(operation.input(1).get_shape())[1:]))
        case "GroupConvolution":
            return out * int(np.prod(list(operation.input(1).get_shape())[2:]))
        case "MatMul":
            return out * int(list(operation.input(0).get_shape())[-1])
        case _:
            return 0
