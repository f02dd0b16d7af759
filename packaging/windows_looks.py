"""How outpost.exe looks on Windows: its icon, and what Properties, Details shows. Not run on Windows yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from appliance import __version__

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 256
SIZES = ((16, 16), (24, 24), (32, 32), (48, 48), (64, 64), (256, 256))
GROUND, LIGHT, AMBER = (15, 92, 110), (243, 246, 247), (226, 160, 64)
RESOURCE = """\
VSVersionInfo(
  ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3F, flags=0, OS=0x40004, fileType=1, subtype=0),
  kids=[
    StringFileInfo([
      StringTable("040904B0", [
        StringStruct("CompanyName", "The Outpost authors"),
        StringStruct("FileDescription", "Outpost: an offline second reader for MRI. Not a diagnosis."),
        StringStruct("FileVersion", "{version}"),
        StringStruct("InternalName", "outpost"),
        StringStruct("LegalCopyright", "MIT licence"),
        StringStruct("OriginalFilename", "outpost.exe"),
        StringStruct("ProductName", "Outpost"),
        StringStruct("ProductVersion", "{version}"),
      ])
    ]),
    VarFileInfo([VarStruct("Translation", [1033, 1200])]),
  ],
)
"""


def version_resource(version: str = __version__) -> str:
    """Fill PyInstaller's template; Windows counts in four numbers."""
    numbers = tuple(int(part) for part in version.split("."))
    return RESOURCE.format(version=version, numbers=(*numbers, *(0,) * (4 - len(numbers))))


def draw_icon(path: Path) -> None:
    """Draw a slice with one bright spot, in every size that Windows asks for."""
    icon = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
    pen = ImageDraw.Draw(icon)
    pen.rounded_rectangle((0, 0, SIDE - 1, SIDE - 1), radius=56, fill=GROUND)
    pen.ellipse((58, 36, 198, 220), outline=LIGHT, width=18)
    pen.line((128, 60, 128, 196), fill=LIGHT, width=10)
    pen.ellipse((146, 84, 182, 120), fill=AMBER)
    icon.save(path, sizes=SIZES)
