"""What a release may say of itself, what a plan makes of it, and which names and dates are doubtful: all pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from appliance.errors import UpdateRefused
from appliance.exact_json import NotAsAgreed
from appliance.models.slots import is_newer, numbers_of
from appliance.update.doubts import doubts_about
from appliance.update.names import check_no_clash, is_harmless
from appliance.update.plan import Here, plan_for
from appliance.update.release import release_from

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HERE = Here("0.1.0", 1, "2026.4.1", "linux-x86_64", ("brain-lesions-1.0.0", "spine-axial-1.0.0"), "")


def said(**changes: object) -> bytes:
    value = {
        "schema": 1,
        "number": 3,
        "made_at": "2026-11-20T12:00:00+00:00",
        "notes": "",
        "needs": {"app": "0.1.0", "model_schema": 1, "openvino": "2026.0"},
        "models": ["brain-lesions-1.1.0"],
        "also": ["spine-axial-1.0.0"],
        "programs": [],
    }
    return json.dumps(value | changes).encode()


def program(**changes: str) -> dict[str, str]:
    return {"platform": "linux-x86_64", "version": "0.2.0", "start": "outpost"} | changes


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff", "not UTF-8"),
        (b"[]", "another version"),
        (said(schema=2), "another version"),
        (said(surprise=1), "surprise is not known"),
        (said(number="3"), "number"),
        (said(made_at="2026-11-20T12:00:00"), "no time zone"),
        (said(models=["../evil"]), "cannot be a package"),
        (said(models=["brain-lesions-1.1"]), "cannot be a package"),
        (said(models=["brain-lesions-1.1.0", "brain-lesions-1.2.0"]), "two packages for one task"),
        (said(also=["brain-lesions-1.0.0"]), "two packages for one task"),
        (said(needs={"app": "new", "model_schema": 1, "openvino": "2026.0"}), "a version that is none"),
        (said(programs=[program(version="0.2.x")]), "a version that is none"),
        (said(programs=[program(start="../outpost")]), "file to start"),
        (said(programs=[program(platform="../..")]), "file to start"),
    ],
)
def test_a_release_that_says_what_cannot_be_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(NotAsAgreed, match=why):
        release_from(content)


def test_only_what_is_newer_is_installed_and_the_rest_is_kept() -> None:
    plan = plan_for(release_from(said()), HERE)
    assert (plan.models, plan.kept) == (("brain-lesions-1.1.0",), ("spine-axial-1.0.0",))
    assert plan_for(release_from(said(models=["brain-lesions-1.0.0"])), HERE).is_empty


def test_models_of_another_format_are_refused() -> None:
    needs = {"app": "0.1.0", "model_schema": 2, "openvino": "2026.0"}
    with pytest.raises(UpdateRefused, match="models of format 2, and this program reads format 1"):
        plan_for(release_from(said(needs=needs)), HERE)


@pytest.mark.parametrize(("version", "taken"), [("0.2.0", True), ("0.1.0", False), ("0.0.9", False)])
def test_a_program_is_taken_only_if_it_is_newer(version: str, taken: bool) -> None:  # noqa: FBT001 - a parameter
    plan = plan_for(release_from(said(programs=[program(version=version)])), HERE)
    assert (plan.program is not None) is taken


@pytest.mark.parametrize(
    ("now", "newest", "ran_out", "doubts"),
    [
        (NOON, None, None, 0),
        (NOON - DAY, None, None, 0),
        (NOON - 3 * DAY, None, None, 1),
        (NOON, NOON + 9 * DAY, None, 1),
        (NOON, None, NOON - DAY, 1),
        (NOON, NOON + 9 * DAY, NOON - DAY, 2),
    ],
)
def test_dates_that_a_person_is_asked_about(
    now: datetime, newest: datetime | None, ran_out: datetime | None, doubts: int
) -> None:
    assert len(doubts_about(now, NOON, newest, ran_out)) == doubts


@pytest.mark.parametrize(
    "name",
    [
        "a/../b",
        "/a",
        "a//b",
        "a/",
        "",
        ".",
        "a\\b",
        "a:b",
        "a\x00b",
        "ä",
        "con",
        "a/NUL.txt",
        "a.",
        "a ",
        " a",
        "a" * 121,
        "/".join("a" * 17),
        "/".join(["a" * 100] * 3),
    ],
)
def test_names_that_are_not_harmless(name: str) -> None:
    assert not is_harmless(name)


def test_names_that_are_one_name_somewhere() -> None:
    check_no_clash(["a/b", "a/c", "ab"])
    for names in (["a/b", "A/B"], ["a", "a/b"], ["a/B/c", "a/b"]):
        with pytest.raises(NotAsAgreed):
            check_no_clash(names)


def test_versions_are_compared_by_number() -> None:
    assert is_newer(["a-b-1.10.0"], ["a-b-1.9.0"])
    assert not is_newer(["a-b-1.9.0"], ["a-b-1.10.0"])
    assert is_newer(["c-1.0.0"], ["a-b-1.0.0"])
    assert not is_newer(["notes", "a-1"], [])
    assert numbers_of("1.x") == ()
