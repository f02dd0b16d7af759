"""The line from data to packages goes on where it stopped, and fits the time that it is given."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from standing_places import REPOSITORY

from appliance.errors import OutputFailed
from compression.arguments import parser
from compression.line import Inputs, Step, carry_out, left, shares, steps
from training.arguments import parser as training_parser

WRITES = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(' '.join(sys.argv[2:]))"


def writing(product: Path, weight: float = 0.0) -> Step:
    return Step(product, ("writer", str(product)), weight)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a module that writes its product, in which commands run."""
    (tmp_path / "writer.py").write_text(WRITES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_budget_is_shared_by_weight_among_what_is_left(tmp_path: Path) -> None:
    done, light, heavy = (tmp_path / name for name in ("done", "light", "heavy"))
    done.write_text("", encoding="utf-8")
    line = [writing(done, 5.0), writing(light, 1.0), writing(heavy, 3.0), writing(tmp_path / "quick")]
    assert shares(left(line), 20.0) == {light: 5.0, heavy: 15.0}


def test_a_step_that_was_done_is_not_done_again(here: Path) -> None:
    (here / "first").write_text("kept", encoding="utf-8")
    carry_out([writing(here / "first"), writing(here / "second", 1.0)], 6.0)
    assert (here / "first").read_text(encoding="utf-8") == "kept"
    assert (here / "second").read_text(encoding="utf-8") == "--minutes 6.00"


def test_what_is_older_than_what_it_was_made_of_is_made_anew_with_all_that_follows(tmp_path: Path) -> None:
    network, record, package = (tmp_path / name for name in ("network", "record", "package"))
    line = [Step(network, ()), Step(record, (), made_of=(network,)), Step(package, (), made_of=(record,))]
    for age, path in enumerate((package, record, network)):
        path.write_text("", encoding="utf-8")
        os.utime(path, (1000 + age, 1000 + age))
    assert left(line) == line[1:]
    for age, step in enumerate(line):
        os.utime(step.product, (2000 + age, 2000 + age))
    assert left(line) == []
    network.unlink()
    assert left(line) == line


@pytest.mark.parametrize(("begun", "found"), [(1000, ["network"]), (3000, ["last.ckpt", "network"])])
def test_a_run_that_learnt_from_older_parts_is_begun_again_and_a_killed_one_goes_on(
    here: Path, begun: int, found: list[str]
) -> None:
    run, teacher = here / "student", here / "teacher"
    run.mkdir()
    for path, age in ((run / "last.ckpt", begun), (teacher, 2000)):
        path.write_text("", encoding="utf-8")
        os.utime(path, (age, age))
    product = run / "network"
    carry_out([Step(product, ("writer", str(product)), made_of=(teacher,), run=run)], 1.0)
    assert sorted(path.name for path in run.iterdir()) == found


def test_committed_packages_do_not_hide_networks_that_are_trained_anew(tmp_path: Path) -> None:
    """On a fresh clone the packages are there and the runs are not: each must be packed from what is trained."""
    given = Inputs(tmp_path / "data", tmp_path / "runs", REPOSITORY / "appliance" / "factory", 0.35, 2, 10)
    todo = {step.arguments[2] for step in left(steps(given)) if step.arguments[:2] == ("compression", "package")}
    assert {"brain-lesions", "brain-anomaly", "spine-sagittal"} <= todo


def test_a_student_is_pruned_and_taught_by_turns_each_time_from_where_it_came(tmp_path: Path) -> None:
    line = steps(Inputs(tmp_path, tmp_path, tmp_path, 0.35, 2, 10))
    taught = [step.arguments for step in line if step.arguments[1] == "prune"]
    taught = [arguments for arguments in taught if arguments[2].startswith("student-all")]
    runs = ["student-all-pruned-1", "student-all-taught-1", "student-all-pruned-2", "student-all"]
    assert [arguments[2] for arguments in taught] == runs
    assert [arguments[6] for arguments in taught] == ["0.35", "0.0", "0.35", "0.0"]
    started_from = [Path(arguments[4]).parent.name for arguments in taught]
    assert started_from == ["teacher-long-all", *runs[:-1]]


def test_what_follows_from_a_failed_step_is_not_tried_and_the_rest_is_done(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A gate that refuses one package must not keep the others from being made."""
    follows = replace(writing(here / "follows"), made_of=(here / "never",))
    last = replace(writing(here / "last"), made_of=(here / "follows",))
    with pytest.raises(OutputFailed, match=r"1 step failed: “no_such_module”"):
        carry_out([Step(here / "never", ("no_such_module",)), follows, writing(here / "other"), last], 1.0)
    assert {path.name for path in here.iterdir()} - {"writer.py", "__pycache__"} == {"other"}
    assert capsys.readouterr().out.count("left out") == 2


def test_every_step_is_a_command_that_exists(tmp_path: Path) -> None:
    parsers = {"training": training_parser("-"), "compression": parser("-")}
    for step in steps(Inputs(tmp_path, tmp_path, tmp_path, 0.35, 2, 10)):
        module, *arguments = step.command(1.0)
        parsers[module].parse_args(arguments)


def test_every_step_is_told_where_data_and_runs_are(tmp_path: Path) -> None:
    """A step that was not told looked for the data where nobody had put them."""
    parsers = {"training": training_parser("-"), "compression": parser("-")}
    for step in steps(Inputs(tmp_path / "data", tmp_path / "runs", tmp_path / "factory", 0.35, 2, 10)):
        module, *arguments = step.command(1.0)
        read = vars(parsers[module].parse_args(arguments))
        elsewhere = {name for name, value in read.items() if str(value).startswith(("runs", "../shared"))}
        assert elsewhere <= ({"brains"} if read.get("heads") else set()), step.name  # heads need no brain network


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser("what it is").parse_args(["--help"])
    said = capsys.readouterr().out
    assert all(verb in said for verb in ("distil", "prune", "measure", "package", "models", "frontier", "shipped"))
