"""The clinic's program knows nothing of how its models were made, checked on what really gets loaded."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

import appliance

if TYPE_CHECKING:
    from pathlib import Path

NEVER = {"torch", "monai", "lightning", "training", "compression", "captum", "nncf", "pandas", "sklearn"}
ONLY_FOR_COHORTS = {"matplotlib"}


def loaded_after(code: str, *arguments: str) -> set[str]:
    """Run code in a fresh interpreter and say which top-level modules it brought in.

    It runs away from the checkout, as in a clinic: from Python 3.14 on, libraries look for a package named
    ``compression`` in the standard library, and in the checkout they would find ours.
    """
    script = f"import sys, json, io\n{code}\nprint(json.dumps(sorted({{n.partition('.')[0] for n in sys.modules}})))"
    run = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
        cwd=tempfile.gettempdir(),
    )
    return set(json.loads(run.stdout.splitlines()[-1]))


def test_importing_every_module_of_the_appliance_loads_nothing_of_the_workshop() -> None:
    names = [module.name for module in pkgutil.walk_packages(appliance.__path__, "appliance.")]
    assert "appliance.volumes" in names
    imports = "\n".join(f"import {name}" for name in names if not name.endswith("__main__"))
    assert not loaded_after(imports) & NEVER


def test_making_a_sample_patient_and_reading_it_loads_nothing_of_the_workshop(tmp_path: Path) -> None:
    code = """
from pathlib import Path
from appliance.__main__ import main
from appliance.sample.clinic import make_clinic
from appliance.sample.clinic_visits import ravis_cd
clinic = make_clinic(Path(sys.argv[1]), visits=(ravis_cd,))
main(['run', str(clinic.scans / 'CD 2024-11-02'), '-o', sys.argv[2], '--device', 'cpu'])
"""
    loaded = loaded_after(code, str(tmp_path / "clinic"), str(tmp_path / "results"))
    assert list((tmp_path / "results").glob("*/findings.json"))
    assert {"pydicom", "openvino"} <= loaded
    assert not loaded & (NEVER | ONLY_FOR_COHORTS)


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["list", "--help"]])
def test_asking_for_help_does_not_load_the_heavy_libraries(arguments: list[str]) -> None:
    code = f"from appliance.__main__ import main\ntry: main({arguments!r})\nexcept SystemExit: pass"
    assert not loaded_after(code) & {"numpy", "scipy", "pydicom", "highdicom", "nibabel"}


def test_the_scripts_folder_never_shadows_the_registrys_packaging(repository: Path) -> None:
    assert not (repository / "packaging" / "__init__.py").exists()
