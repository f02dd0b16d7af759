"""A time that ends at the wrong step, or hides a study that was not read, would be no time of reading."""

from __future__ import annotations

import time
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from appliance.pipeline.events import Ending, StudyEnded, StudyStep
from tests.bench.reading import _line, times_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.pipeline.events import Event


def a_study(ending: Ending, *, before: float = 0.02, after: float = 0.03) -> Iterator[Event]:
    time.sleep(before)
    yield StudyStep("key", "report")
    time.sleep(after)
    yield StudyEnded(1, 1, "key", ending, "a sentence", None, before + after, None)


def test_results_end_where_the_reports_begin() -> None:
    (times,) = times_of(a_study(Ending.READ))
    assert times.results >= 0.02
    assert times.whole - times.results >= 0.03
    assert times.results_cpu <= times.whole_cpu < times.whole


def test_each_study_is_timed_from_the_end_of_the_one_before() -> None:
    first, second = times_of(chain(a_study(Ending.READ, after=0.5), a_study(Ending.READ, after=0.0)))
    assert first.whole >= 0.5
    assert 0.02 <= second.results <= second.whole < first.whole


def test_a_study_that_was_not_read_ends_the_measuring() -> None:
    with pytest.raises(SystemExit, match="a sentence"):
        list(times_of(a_study(Ending.FAILED)))


def test_both_times_are_told() -> None:
    told = {"results": 1.0, "results_cpu": 1.5, "whole": 2.0, "whole_cpu": 2.5, "first": 9.0, "peak_mb": 500.0}
    assert "1.00 s to findings, masks and pictures (1.50 s of processor),   2.00 s with DICOM" in _line(20, told)
