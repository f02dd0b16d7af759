"""The line from data to packages goes on where it stopped, and fits the time that it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from appliance.errors import OutputFailed
from compression.arguments import parser
from compression.line import Inputs, Step, carry_out, left, shares, steps
from training.arguments import parser as training_parser

if TYPE_CHECKING:
    from pathlib import Path

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


def test_nothing_follows_a_step_that_failed(here: Path) -> None:
    line = [Step(here / "never", ("no_such_module",)), writing(here / "after")]
    with pytest.raises(OutputFailed, match="no_such_module"):
        carry_out(line, 1.0)
    assert not (here / "after").exists()


def test_every_step_is_a_command_that_exists(tmp_path: Path) -> None:
    parsers = {"training": training_parser("-"), "compression": parser("-")}
    for step in steps(Inputs(tmp_path, tmp_path, tmp_path, 0.35)):
        module, *arguments = step.command(1.0)
        parsers[module].parse_args(arguments)


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser("what it is").parse_args(["--help"])
    said = capsys.readouterr().out
    assert all(verb in said for verb in ("distil", "prune", "measure", "package", "models", "frontier"))
