"""A table that hides what was extrapolated, or a command that writes outside its markers, would mislead a reader."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import pytest

from appliance.contracts import Geometry
from tests.bench.against import ORDER, Row, rows_of, show
from tests.bench.against_table import chart_of, duration, table_of
from tests.bench.marked import with_block
from tests.bench.published_plan import as_published, mirrorings, places, plan_2d, plan_3d
from tests.bench.record import REPOSITORY, machine_in_words, read_record, write_record

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [
    Row("outpost", "a scan", 1.0, 2.0, 400.0, 1.2, None),
    Row("teacher", "a scan", 20.0, 40.0, 900.0, 1.9, None),
    Row("nnunet-2d", "a scan", 6.0, 12.0, 800.0, 120.0, (8, 8)),
    Row("nnunet-3d", "a scan", 1200.0, 2400.0, 3000.0, 125.0, (1, 144)),
]
MACHINE = {"measured_on": "2026-01-02", "processor": "A processor", "cores": 2, "busy_cores_at_the_start": 0.05}


def test_only_what_lies_between_the_markers_is_written() -> None:
    page = "before\n<!-- x -->\nold\n<!-- /x -->\nafter\n"
    assert with_block(page, "x", "new\n") == "before\n<!-- x -->\nnew\n<!-- /x -->\nafter\n"
    assert with_block(with_block(page, "x", "new"), "x", "new") == with_block(page, "x", "new")


@pytest.mark.parametrize("page", ["no markers\n", "<!-- x -->\nnever closed\n", "<!-- /x -->\n<!-- x -->\n"])
def test_a_page_without_the_place_is_not_touched(page: str) -> None:
    with pytest.raises(ValueError, match="no place"):
        with_block(page, "x", "new")


def test_the_table_names_what_was_extrapolated_and_only_that() -> None:
    lines = table_of(ROWS, MACHINE).splitlines()
    assert [line.count(" ²") for line in lines if line.startswith("| a scan")] == [0, 0, 0, 1]
    (note,) = [line for line in lines if line.startswith("² Extrapolated")]
    assert note == "² Extrapolated: timed were 1 of 144 passes (a scan, 3D)."
    assert "its weights are random, so only time and memory mean anything" in "\n".join(lines)


def test_nothing_is_called_extrapolated_where_all_was_timed() -> None:
    assert "²" not in table_of(ROWS[:3], MACHINE)


def test_ratios_are_to_outpost_on_the_same_scan() -> None:
    other = [Row("outpost", "b", 1.0, 4.0, 1.0, 1.0, None), Row("teacher", "b", 1.0, 10.0, 1.0, 1.0, None)]
    table = table_of([*ROWS, *other], MACHINE)
    assert "| 40.00 s | 20.0 |" in table
    assert "| 10.00 s | 2.5 |" in table


def test_a_busy_machine_is_said() -> None:
    assert "other work" not in machine_in_words(MACHINE)
    assert "1.4 cores busy" in machine_in_words(MACHINE | {"busy_cores_at_the_start": 1.4})
    earlier = {key: value for key, value in MACHINE.items() if key != "busy_cores_at_the_start"}
    assert "load 7" in machine_in_words(earlier | {"waiting_at_the_start": 7.0})
    assert "other work" not in machine_in_words(earlier | {"waiting_at_the_start": 0.4})


def test_seconds_become_minutes_where_there_are_many() -> None:
    assert (duration(1.234), duration(119.0), duration(1200.0)) == ("1.23 s", "119.00 s", "20 min")


def test_the_same_figures_draw_the_same_chart() -> None:
    assert chart_of(ROWS) == chart_of(ROWS)
    assert chart_of(ROWS) != chart_of(ROWS[:2])


def test_what_is_kept_is_what_is_shown(tmp_path: Path) -> None:
    write_record("against", MACHINE, {"rows": [asdict(row) for row in ROWS]}, tmp_path)
    assert rows_of(read_record("against", tmp_path)) == ROWS
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n<!-- against -->\n<!-- /against -->\nend\n", encoding="utf-8")
    show(tmp_path, readme)
    first = readme.read_text(encoding="utf-8")
    show(tmp_path, readme)
    assert readme.read_text(encoding="utf-8") == first
    assert first.startswith("# Title\n<!-- against -->\n| scan |")
    assert (tmp_path / "against.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_the_readme_shows_what_is_kept() -> None:
    record = read_record("against")
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert with_block(readme, "against", table_of(rows_of(record), record)) == readme
    assert {row.contender for row in rows_of(record)} == set(ORDER)
    assert str(REPOSITORY) not in json.dumps(record)


def test_a_fine_scan_gets_the_published_cube_and_a_thick_one_flat_kernels_first() -> None:
    fine = plan_3d((172, 256, 256), (1.0, 1.0, 1.0))
    assert fine.window == (128, 128, 128)
    assert fine.strides == ((1, 1, 1), *((2, 2, 2),) * 5)
    thick = plan_3d((20, 256, 256), (6.5, 0.9, 0.9))
    assert thick.window == (20, 256, 256)
    assert thick.kernels[:3] == ((1, 3, 3),) * 3
    assert [step[0] for step in thick.strides] == [1, 1, 1, 2, 2, 1]
    assert plan_2d((20, 256, 256)).strides == ((1, 1), *((2, 2),) * 6)


@pytest.mark.parametrize("thickness_mm", [3.0, 6.5])
def test_the_network_for_a_thick_scan_fits_any_number_of_slices(thickness_mm: float) -> None:
    """Thirty-six slices were halved to nine and then to four, and the network's halves did not fit together."""
    for slices in range(5, 70):
        scan = Scan()
        scan.voxels = np.arange(40 * 40 * slices, dtype=np.int32).reshape(40, 40, slices)
        scan.geometry = Geometry(np.diag([0.5, 0.5, thickness_mm, 1.0]), scan.voxels.shape)
        image, spacing = as_published(scan)
        plan = plan_3d(image.shape, spacing)
        assert not np.any(np.mod(plan.window, np.prod(plan.strides, axis=0))), slices
        assert plan.window <= image.shape, slices


@pytest.mark.parametrize(("shape", "window"), [((172, 256, 256), (128, 128, 128)), ((7, 64, 64), (64, 64))])
def test_windows_cover_the_scan_and_stay_in_it(shape: tuple[int, ...], window: tuple[int, ...]) -> None:
    seen = np.zeros(shape, dtype=np.uint8)
    for place in places(shape, window):
        assert seen[place].size == np.prod(window)
        seen[place] += 1
    assert seen.min() == 1
    assert seen.sum() / np.prod(window) == (18 if len(window) == 3 else 7)


def test_every_mirror_is_seen_once() -> None:
    assert len(set(mirrorings(3))) == 8
    assert mirrorings(2) == [(), (-2,), (-1,), (-2, -1)]


class Scan:
    """Stands for a volume: 5 thick slices, in a file that has them last."""

    voxels = np.arange(200 * 300 * 5, dtype=np.int16).reshape(200, 300, 5)
    geometry = Geometry(np.diag([0.9, 0.8, 6.0, 1.0]), (200, 300, 5))


def test_slices_come_first_and_a_window_fits() -> None:
    image, spacing = as_published(Scan())
    assert image.shape == (8, 256, 320)
    assert spacing == pytest.approx((6.0, 0.9, 0.8))
    assert image[:5, :200, :300].mean() == pytest.approx(0.0, abs=1e-3)
