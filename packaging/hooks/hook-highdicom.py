"""highdicom: the colour profile, and of the standard's tables what concerns the kinds of objects made here.

The whole table says of 175 kinds of objects which attributes each may have, in 16 MB; the program writes four kinds
and reads MR images.
"""

import json
from pathlib import Path

from PyInstaller.config import CONF
from PyInstaller.utils.hooks import collect_data_files, get_package_paths

KINDS = (
    "comprehensive-3d-sr",
    "encapsulated-pdf",
    "enhanced-mr-image",
    "mr-image",
    "secondary-capture-image",
    "segmentation",
)
TABLE = "module_attribute_map.json"

_folder = Path(get_package_paths("highdicom")[1]) / "_standard"
_modules_of = json.loads((_folder / "iod_module_map.json").read_text(encoding="utf-8"))
_whole = json.loads((_folder / TABLE).read_text(encoding="utf-8"))
_needed = {module["key"] for kind in KINDS for module in _modules_of[kind]}
_smaller = Path(CONF["workpath"]) / TABLE
_smaller.write_text(json.dumps({key: _whole[key] for key in _whole if key in _needed}), encoding="utf-8")

datas = [
    *collect_data_files("highdicom", includes=["_standard/*.json", "_icc_profiles/*.icc"], excludes=[f"**/{TABLE}"]),
    (str(_smaller), "highdicom/_standard"),
]
