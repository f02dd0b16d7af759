"""Model packages: what they say of themselves, and whether that is true.

    model.json ─ exact_json, agreement ─► ModelSpec ─ package ─► ModelPackage ─ opening ─► Network ─► engine

Nothing of a package reaches a runtime before all of it was checked.
"""

from appliance.models.opening import explainer_of, network_of
from appliance.models.package import ModelPackage, load_package
from appliance.models.selftest import Tested, self_test
from appliance.models.shelf import load_shelf, package_folders
from appliance.models.spec import ModelSpec

__all__ = [
    "ModelPackage",
    "ModelSpec",
    "Tested",
    "explainer_of",
    "load_package",
    "load_shelf",
    "network_of",
    "package_folders",
    "self_test",
]
