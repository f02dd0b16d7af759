"""Babel: the numbers and dates of the languages that reports are written in, of a thousand that it has."""

from pathlib import Path

from PyInstaller.utils.hooks import get_package_paths

from appliance.settings import LANGUAGES

_folder = Path(get_package_paths("babel")[1])
datas = [(str(_folder / "global.dat"), "babel")] + [
    (str(_folder / "locale-data" / f"{name}.dat"), "babel/locale-data") for name in ("root", *LANGUAGES)
]
hiddenimports = ["babel.dates", "babel.localedata", "babel.numbers", "babel.plural"]
excludedimports = ["babel.messages"]
