"""The count of branches is judged by branches alone, and a report of nothing does not pass."""

from __future__ import annotations

import json

from covered_branches import counts_of, enough, sentence_of


def report(*taken_of: tuple[int, int]) -> str:
    files = {
        f"appliance/{number}.py": {"summary": {"num_branches": of, "covered_branches": taken, "percent_covered": 99.0}}
        for number, (taken, of) in enumerate(taken_of)
    }
    return json.dumps({"files": files})


def test_ninety_five_in_a_hundred_branches_are_enough_and_fewer_are_not() -> None:
    assert enough(counts_of(report((95, 100))))
    assert enough(counts_of(report((100, 100), (90, 100))))
    assert not enough(counts_of(report((100, 100), (89, 100))))
    assert not enough(counts_of(report()))


def test_where_most_are_not_taken_stands_first() -> None:
    told = sentence_of(counts_of(report((99, 100), (10, 20), (5, 5)))).splitlines()
    assert told[0] == "114 of 125 branches taken: 91.20 %"
    assert [line.split()[0] for line in told[1:]] == ["10", "1"]
