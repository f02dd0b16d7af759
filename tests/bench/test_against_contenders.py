"""A contender that skips work, or answers something else than the rest, would be compared for nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from standing_places import REPOSITORY

from appliance.sample.brain_scan import draw_head, scan_brain, thick_grid
from appliance.sample.dicom_writer import write_series
from appliance.sample.scan_spec import Protocol, SeriesSpec
from tests.bench.against import ORDER, volume_in
from tests.bench.published_plan import Plan

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("head")
    scan = scan_brain(draw_head(1, lesions=8, total_ml=4.0), thick_grid(1, depths=1), seed=1)
    write_series(folder, scan.voxels, scan.affine, spec=SeriesSpec(Protocol.BRAIN_FLAIR))
    return folder


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("contender", ORDER)
def test_every_contender_reads_a_scan_in_a_process_of_its_own(contender: str, head: Path) -> None:
    command = [sys.executable, "-m", "tests.bench.against", "--contender", contender, "--scan", str(head)]
    answer = subprocess.run([*command, "--passes", "1"], check=True, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
    told = json.loads(answer.stdout.splitlines()[-1])
    assert min(told["seconds"], told["processor_s"], told["disk_mb"]) > 0
    assert told["peak_mb"] > 100
    assert (told["passes"] is not None) == contender.startswith("nnunet")


@pytest.mark.slow
def test_the_same_network_finds_the_same_in_any_runtime(head: Path) -> None:
    from appliance.engine.choice import Device  # noqa: PLC0415 - only this slow test loads the engines
    from appliance.engine.engines import Engines  # noqa: PLC0415 - the same
    from appliance.models import load_shelf  # noqa: PLC0415 - the same
    from appliance.models.slots import FACTORY  # noqa: PLC0415 - the same
    from appliance.readers.lesions import LesionReader  # noqa: PLC0415 - the same
    from appliance.settings import Settings  # noqa: PLC0415 - the same
    from tests.bench.contenders import ONNX, OUTPOST, _model  # noqa: PLC0415 - the same

    package = next(one for one in load_shelf(FACTORY, Settings().limits)[0] if one.spec.task == "brain-lesions")
    volume = volume_in(head)
    with Engines(Settings().computing, Device.CPU) as engines:
        found = [
            LesionReader(_model(who, package, engines)[0], Settings().lesions).read(volume).reading.lesion
            for who in (OUTPOST, ONNX)
        ]
    both = np.count_nonzero(found[0] & found[1])
    assert 2 * both / (np.count_nonzero(found[0]) + np.count_nonzero(found[1])) > 0.9


@pytest.mark.slow
def test_mirrored_windows_add_up_to_what_the_network_says_of_each() -> None:
    import torch  # noqa: PLC0415 - only this slow test loads it

    from tests.bench.torch_contenders import _one_pass, network_of  # noqa: PLC0415 - the same

    plan = Plan((16, 16), ((3, 3),) * 3, ((1, 1), (2, 2), (2, 2)))
    network = network_of(plan)
    image = np.random.default_rng(1).random((1, 16, 16), dtype=np.float32)
    answer = np.zeros((2, 1, 16, 16), dtype=np.float32)
    place = (slice(0, 1), slice(0, 16), slice(0, 16))
    _one_pass(network, image, answer, place, ())
    plain = answer.copy()
    _one_pass(network, image, answer, place, (-1,))
    with torch.inference_mode():
        turned = network(torch.from_numpy(image[None, :, :, ::-1].copy())).softmax(dim=1).flip((-1,))[0].numpy()
        straight = network(torch.from_numpy(image[None])).softmax(dim=1)[0].numpy()
    np.testing.assert_allclose((answer - plain)[:, 0] * straight, plain[:, 0] * turned, rtol=1e-4)
