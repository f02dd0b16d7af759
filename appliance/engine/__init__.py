"""Runs networks on what the clinic has, chosen by trying and explained in words.

    with Engines(settings.computing, Device.AUTO) as engines:
        runner = Runner(engines, network)
        print(runner.description)
        outputs = runner.run(slices)

Only ``openvino_cpu`` and ``onnx_runtime`` import a runtime, and only when a network is opened.
"""
