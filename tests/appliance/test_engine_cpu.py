"""The processor as engine: right, in batches of any length, out of the screen's way, and silent on the network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
import simulated_runtimes as simulated
from model_builders import IMAGES, WEIGHTS, convolution, in_halves, model, sound_package
from no_sockets import KILLED_FOR_A_SOCKET, run_without_sockets
from onnx import helper
from standing_places import REPOSITORY

from appliance.engine import openvino_cpu
from appliance.engine.choice import Device
from appliance.engine.engines import Engines
from appliance.engine.network import Graph, Network, Precision, Tolerance, Trial
from appliance.engine.runner import Runner
from appliance.engine.session import Engine, Ports, Resources
from appliance.engine.trouble import Cause, Trouble
from appliance.engine.worker import NICENESS, Worker
from appliance.errors import EngineFailed
from appliance.models import ModelPackage, explainer_of, load_package, network_of
from appliance.settings import Computing, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> ModelPackage:
    return load_package(sound_package().write(tmp_path_factory.mktemp("models")), Settings().limits)


@pytest.fixture
def engines() -> Iterator[Engines]:
    with Engines(Computing(), Device.CPU) as started:
        yield started


def network(graph: bytes, *, largest_batch: int = 4, expected: np.ndarray | None = None) -> Network:
    """A network of a single float32 graph that need not be right."""
    anything = Tolerance(1e9, 1e9)
    golden = np.zeros((2, 2, 24, 16), dtype=np.float32) if expected is None else expected
    return Network(
        "made-up",
        Ports(("image",), ("logits",)),
        (Graph(Precision.FP32, graph, anything),),
        (),
        Trial((IMAGES,), {"logits": golden}, 20.0),
        largest_batch,
    )


@pytest.mark.parametrize("count", [1, 3, 4, 5, 11])
def test_any_number_of_slices_comes_back_in_order(package: ModelPackage, engines: Engines, count: int) -> None:
    many = np.random.default_rng(1).uniform(size=(count, *IMAGES.shape[1:])).astype(np.float32)
    runner = Runner(engines, network_of(package, "lesions"))
    together = runner.run(many)["logits"]
    one_by_one = np.concatenate([runner.run(one[None])["logits"] for one in many])
    assert together.shape == (count, 2, 24, 16)
    np.testing.assert_allclose(together, one_by_one, atol=1e-5)


@pytest.mark.parametrize("engine", [Engine.OPENVINO, Engine.ONNX_RUNTIME])
def test_a_network_that_rested_answers_as_before(package: ModelPackage, engines: Engines, engine: Engine) -> None:
    if engine is Engine.ONNX_RUNTIME:
        engines._ended[Engine.OPENVINO] = Trouble(Cause.NOT_INSTALLED)
    runner = Runner(engines, network_of(package, "lesions"))
    assert runner.engine is engine
    before = runner.run(IMAGES)["logits"]
    runner.rest()
    runner.rest()
    np.testing.assert_array_equal(runner.run(IMAGES)["logits"], before)


@pytest.mark.parametrize("left", ["nothing", "an export", "a spoilt export"])
def test_a_network_that_was_folded_answers_as_before(package: ModelPackage, engines: Engines, left: str) -> None:
    runner = Runner(engines, network_of(package, "lesions"))
    before = runner.run(IMAGES)["logits"]
    session = runner._opened.session
    assert isinstance(session, openvino_cpu.OpenVinoSession)
    for _ in range(2):
        assert runner.fold()
        assert session._request is None
        runner.rest()
        assert runner.fold()
        if left == "an export":
            session._compiler._content = b"is not compiled again"
        elif left == "a spoilt export":
            session._compiler._exported = b"spoilt"
        elif left == "nothing":
            session._compiler._exported = None
        np.testing.assert_array_equal(runner.run(IMAGES)["logits"], before)


@pytest.mark.parametrize("error", [MemoryError, RuntimeError])
def test_a_network_that_cannot_be_folded_stays_as_it_is(
    package: ModelPackage, engines: Engines, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def refuses(*_: object) -> None:
        raise error

    runner = Runner(engines, network_of(package, "lesions"))
    before = runner.run(IMAGES)["logits"]
    monkeypatch.setattr(openvino_cpu.Compiler, "export", refuses)
    assert not runner.fold()
    np.testing.assert_array_equal(runner.run(IMAGES)["logits"], before)
    engines._ended[Engine.OPENVINO] = Trouble(Cause.NOT_INSTALLED)
    elsewhere = Runner(engines, network_of(package, "lesions"))
    assert elsewhere.engine is Engine.ONNX_RUNTIME
    assert not elsewhere.fold()
    np.testing.assert_allclose(elsewhere.run(IMAGES)["logits"], before, atol=1e-3)


def test_an_engine_that_is_given_up_is_not_asked_to_rest(package: ModelPackage, engines: Engines) -> None:
    runner = Runner(engines, network_of(package, "lesions"))
    engines._ended[runner.engine] = Trouble(Cause.LOST)
    runner.rest()
    assert not runner.fold()


def test_never_more_slices_at_once_than_the_package_allows(
    package: ModelPackage, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = Runner(engines, network_of(package, "lesions"))
    sizes: list[int] = []
    run = openvino_cpu.OpenVinoSession.run

    def counted(session: openvino_cpu.OpenVinoSession, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        sizes.append(len(inputs["image"]))
        return run(session, inputs)

    monkeypatch.setattr(openvino_cpu.OpenVinoSession, "run", counted)
    runner.run(np.concatenate([IMAGES] * 5))
    assert sizes == [4, 4, 2]


def test_slices_of_another_layout_and_type_give_the_same(package: ModelPackage, engines: Engines) -> None:
    runner = Runner(engines, network_of(package, "lesions"))
    turned = np.asfortranarray(IMAGES.astype(np.float64))
    np.testing.assert_array_equal(runner.run(turned)["logits"], runner.run(IMAGES)["logits"])


def test_an_answer_does_not_change_when_the_next_one_is_computed(package: ModelPackage, engines: Engines) -> None:
    runner = Runner(engines, network_of(package, "lesions"))
    first = runner.run(IMAGES)["logits"]
    kept = first.copy()
    runner.run(1 - IMAGES)
    np.testing.assert_array_equal(first, kept)


def test_onnx_runtime_takes_over_where_openvino_is_missing(
    package: ModelPackage, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated.without_runtime(monkeypatch, "openvino")
    runner = Runner(engines, network_of(package, "lesions"))
    assert runner.engine is Engine.ONNX_RUNTIME
    assert runner.description.startswith("OpenVINO is not part of this installation, so this runs on the CPU: about ")
    np.testing.assert_allclose(runner.run(IMAGES)["logits"], package.golden["lesions.logits"], atol=0.1)


def test_without_any_runtime_the_sentence_says_what_to_install(
    package: ModelPackage, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated.without_runtime(monkeypatch, "openvino")
    simulated.without_runtime(monkeypatch, "onnxruntime")
    with pytest.raises(EngineFailed, match="OpenVINO is not part of this installation and ONNX Runtime is not part"):
        Runner(engines, network_of(package, "lesions"))


def test_openvino_and_onnx_runtime_agree(package: ModelPackage, monkeypatch: pytest.MonkeyPatch) -> None:
    with Engines(Computing(), Device.CPU) as engines:
        ours = Runner(engines, network_of(package, "lesions")).run(IMAGES)["logits"]
    simulated.without_runtime(monkeypatch, "openvino")
    with Engines(Computing(), Device.CPU) as engines:
        theirs = Runner(engines, network_of(package, "lesions")).run(IMAGES)["logits"]
    np.testing.assert_allclose(ours, theirs, atol=0.01)


def test_full_precision_takes_over_where_eight_bits_are_wrong(tmp_path: Path, engines: Engines) -> None:
    spoilt = sound_package()
    spoilt.network["golden"]["tolerances"]["cpu-int8"] = {"largest": 1e-6, "mean": 1e-6}
    runner = Runner(engines, network_of(load_package(spoilt.write(tmp_path), Settings().limits), "lesions"))
    assert runner.attempts[-1].precision is Precision.FP32
    assert "OpenVINO with INT8 gave wrong numbers" in runner.description
    assert "so this runs on the CPU with FP32" in runner.description


def test_an_explanation_is_computed_from_two_inputs(package: ModelPackage, engines: Engines) -> None:
    explainer = explainer_of(package, "lesions")
    assert explainer
    where = np.zeros((1, 1, *IMAGES.shape[2:]), dtype=np.float32)
    where[0, 0, 3, 4] = 1
    relevance = Runner(engines, explainer).run(IMAGES[:1], where)["relevance"]
    np.testing.assert_allclose(relevance, IMAGES[:1] * where, atol=1e-6)


def test_a_network_whose_output_is_not_a_number_is_not_opened(engines: Engines) -> None:
    endless = WEIGHTS.copy()
    endless[0, 0, 0, 0] = np.inf
    with pytest.raises(EngineFailed, match="values that are not numbers"):
        engines.open(network(convolution(endless).SerializeToString()))


def test_values_that_are_not_numbers_are_an_error_and_not_an_answer(engines: Engines) -> None:
    runner = Runner(engines, network(convolution().SerializeToString()))
    broken = IMAGES.copy()
    broken[0, 0, 3, 3] = np.nan
    with pytest.raises(EngineFailed, match="made-up could not be run: OpenVINO with FP32 gave values that are not"):
        runner.run(broken)


@pytest.mark.parametrize("graph", [b"", b"no protobuf", convolution().SerializeToString()[:200]])
def test_a_graph_that_no_runtime_can_read_is_an_error_in_one_sentence(engines: Engines, graph: bytes) -> None:
    with pytest.raises(EngineFailed) as caught:
        engines.open(network(graph))
    assert "made-up could not be run: OpenVINO with FP32 failed (" in caught.value.what
    assert "ONNX Runtime with FP32 failed (" in caught.value.what
    assert "\n" not in caught.value.what
    assert len(caught.value.what) < 500


def test_memory_that_ends_on_the_cpu_is_an_error_in_one_sentence(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = Runner(engines, network(convolution().SerializeToString()))

    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("appliance.engine.openvino_cpu.np.array", no_memory)
    with pytest.raises(EngineFailed, match="the CPU ran out of memory") as caught:
        runner.run(IMAGES)
    assert "Close other programs" in caught.value.advice


def test_an_operation_that_no_runtime_knows_is_an_error_in_one_sentence(engines: Engines) -> None:
    unknown = model([helper.make_node("Teleport", ["image"], ["logits"])], [])
    with pytest.raises(EngineFailed, match="Teleport"):
        engines.open(network(unknown.SerializeToString()))


def test_an_input_of_the_wrong_size_is_an_error_and_the_engine_goes_on(engines: Engines) -> None:
    runner = Runner(engines, network(convolution().SerializeToString()))
    with pytest.raises(EngineFailed):
        runner.run(IMAGES[:, :, :5])
    assert len(runner.run(IMAGES)["logits"]) == len(IMAGES)


def test_an_output_of_another_shape_than_the_golden_one_is_refused(engines: Engines) -> None:
    with pytest.raises(EngineFailed, match="another shape"):
        engines.open(network(convolution().SerializeToString(), expected=np.zeros((2, 2, 3, 3), np.float32)))


def test_half_precision_graphs_answer_in_float32(engines: Engines) -> None:
    assert Runner(engines, network(in_halves().SerializeToString())).run(IMAGES)["logits"].dtype == np.float32


def test_no_more_threads_are_used_than_the_settings_allow() -> None:
    session = openvino_cpu.open_session(
        convolution().SerializeToString(), Ports(("image",), ("logits",)), Resources(1, 1)
    )
    compiled = session._request.get_compiled_model()
    assert compiled.get_property("INFERENCE_NUM_THREADS") == 1
    assert str(compiled.get_property("PERFORMANCE_HINT")).endswith("LATENCY")
    assert compiled.get_property("ENABLE_CPU_PINNING") is False


def test_the_engine_gives_way_to_the_screen_and_the_screen_does_not() -> None:
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    worker = Worker()
    in_worker = worker.do(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    worker.stop()
    assert in_worker == NICENESS
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def test_a_task_that_hangs_is_left_behind() -> None:
    worker, release = Worker(), threading.Event()
    start = time.monotonic()
    with pytest.raises(Trouble) as caught:
        worker.do(lambda: release.wait(30), seconds=0.05)
    assert caught.value.cause is Cause.SILENT
    assert time.monotonic() - start < 5
    release.set()
    worker.stop()


def test_a_time_limit_of_the_task_itself_is_not_taken_for_its_own() -> None:
    def runs_into_its_own_limit() -> None:
        raise TimeoutError

    worker = Worker()
    with pytest.raises(TimeoutError):
        worker.do(runs_into_its_own_limit, seconds=30)
    assert worker.do(lambda: 3) == 3
    worker.stop()


RUN_A_MODEL = """
import json, sys
from pathlib import Path
from appliance.models import load_package, network_of
from appliance.engine.engines import Engines
from appliance.engine.choice import Device
from appliance.engine.runner import Runner
from appliance.settings import Settings
package = load_package(Path(sys.argv[1]), Settings().limits)
runner = Runner(Engines(Settings().computing, Device.AUTO), network_of(package, "lesions"))
runner.run(package.golden["lesions.image"])
print(json.dumps([runner.engine, sorted({name.partition(".")[0] for name in sys.modules})]))
"""

OPEN_WHAT_SHIPS = """
import os, sys
from pathlib import Path
os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[: int(sys.argv[2])]))
from appliance.engine.choice import Device
from appliance.engine.engines import Engines
from appliance.engine.runner import Runner
from appliance.models import explainer_of, load_package, network_of
from appliance.settings import Computing, Settings
with Engines(Computing(cpu_threads=int(sys.argv[3])), Device.CPU) as engines:
    for folder in sorted(path.parent for path in Path(sys.argv[1]).glob(sys.argv[4] + "/model.json")):
        package = load_package(folder, Settings().limits)
        for name in package.spec.networks:
            for network in (network_of(package, name), explainer_of(package, name)):
                if network is not None:
                    runner = Runner(engines, network)
                    before = runner.run(*network.trial.inputs)
                    assert not runner.fold() or all(
                        (before[port] == values).all() for port, values in runner.run(*network.trial.inputs).items()
                    )
                    print(runner.engine)
"""

if hasattr(os, "sched_setaffinity"):

    @pytest.mark.parametrize(
        ("cores", "threads", "packages"), [(1, 8, "*"), (2, 1, "spine-axial*")], ids=["one core", "one thread"]
    )
    def test_with_one_core_or_one_thread_openvino_still_opens_and_unfolds_what_ships(
        cores: int, threads: int, packages: str
    ) -> None:
        arguments = [str(REPOSITORY / "appliance" / "factory"), str(cores), str(threads), packages]
        run = subprocess.run(
            [sys.executable, "-c", OPEN_WHAT_SHIPS, *arguments], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr
        assert set(run.stdout.split()) == {Engine.OPENVINO.value}


if KILLED_FOR_A_SOCKET is not None:

    @pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
    def test_running_a_model_opens_no_socket_and_leaves_nothing_at_home(
        package: ModelPackage, tmp_path: Path, engine: str
    ) -> None:
        missing = "import sys; sys.modules['openvino'] = None\n" if engine == "onnxruntime" else ""
        run = run_without_sockets(missing + RUN_A_MODEL, str(package.folder), home=tmp_path)
        assert run.returncode == 0, run.stderr
        used, loaded = json.loads(run.stdout.splitlines()[-1])
        assert used == engine
        assert engine in loaded
        assert not {"openvino_telemetry", "torch", "onnx", "requests", "urllib3"} & set(loaded)
        assert list(tmp_path.iterdir()) == []

    def test_the_guard_against_sockets_does_bite(tmp_path: Path) -> None:
        run = run_without_sockets("import socket; socket.socket()", home=tmp_path)
        assert run.returncode == KILLED_FOR_A_SOCKET


def test_the_converter_that_was_kept_out_can_still_be_imported_by_others() -> None:
    openvino_cpu.version()
    assert "openvino.tools.ovc" not in sys.modules or sys.modules["openvino.tools.ovc"] is not None
