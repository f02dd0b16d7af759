"""Builds the program folder dist/outpost with PyInstaller, and says how large it is.

    make executable                                      builds it, on Linux or on Windows, for that system
    python packaging/executable.py --measure             packs dist/outpost with zstd -19 and weighs both
    python packaging/executable.py --gpu-pack FOLDER     lays the GPU pack in FOLDER (see gpu_pack.py)

What is frozen is a copy of the sources with the typefaces made into it, and nothing that lies in the working tree
beside it. It runs in an environment of its own (.venv-packaging), so that no library gets in that the clinic does
not install. Afterwards symbols and blanks are taken out (slimming.py), and the folder is sealed.

The Windows branch (icon, version resource, no symbols to strip) has not been run: see README.md beside this file.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGING = REPOSITORY / "packaging"
BUILD = REPOSITORY / "build" / "executable"
PROGRAM = REPOSITORY / "dist" / "outpost"
FOR_THE_SPEC = {
    "OUTPOST_SOURCE": "source",
    "OUTPOST_SOURCES": "sources.txt",
    "OUTPOST_VERSION_FILE": "version.txt",
    "OUTPOST_ICON": "outpost.ico",
}
"""Its only arguments: variables of the environment, and what they name below BUILD."""
COMPILED_SMALL = {
    "PYTHONHASHSEED": "0",
    "PYTHONNODEBUGRANGES": "1",
    "PYINSTALLER_ZLIB_COMPRESSION_LEVEL": "9",
}
"""The same order in every archive; lines but no columns in tracebacks; as packed as it goes."""
NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.po", "*.pot", "babel.cfg", "typefaces")
MEGA = 1_000_000
sys.path.insert(0, str(REPOSITORY))


def build() -> Path:
    """Make the program folder anew; an old one stays until the new one is whole."""
    from slimming import slim  # noqa: PLC0415 - measuring needs none of this

    from appliance.seal import begin, finish  # noqa: PLC0415 - the repository is on the path only now

    source, made = BUILD / FOR_THE_SPEC["OUTPOST_SOURCE"], BUILD / "dist"
    shutil.rmtree(BUILD, ignore_errors=True)
    shutil.copytree(REPOSITORY / "appliance", source / "appliance", ignore=NOT_COPIED)
    _make_typefaces(source)
    _freeze(made)
    print(f"{slim(made / 'outpost') / MEGA:.0f} MB of symbols and blanks taken out")
    begin(made / "outpost")
    _take_inventory(made / "outpost")
    finish(made / "outpost")
    shutil.rmtree(PROGRAM, ignore_errors=True)
    PROGRAM.parent.mkdir(exist_ok=True)
    (made / "outpost").replace(PROGRAM)
    return PROGRAM


def unpacked_bytes(folder: Path) -> int:
    """Count what the files of a folder hold together."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def packed_bytes(folder: Path) -> int:
    """Pack a folder as it would travel, tar and zstd -19, and weigh it; takes minutes."""
    packer = shutil.which("zstd")
    if packer is None:
        sys.exit("zstd is not installed: apt-get install zstd, or see its home page for Windows.")
    archive = BUILD / f"{folder.name}.tar"
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "w") as tar:
        tar.add(folder, folder.name)
    packed = archive.with_suffix(".tar.zst")
    subprocess.run([packer, "-19", "--quiet", "--force", "-o", str(packed), str(archive)], check=True)  # noqa: S603
    archive.unlink()
    return packed.stat().st_size


def _make_typefaces(source: Path) -> None:
    """Make them once, which takes minutes; and only those of the packages, not what this machine happens to have."""
    from appliance.report.font_making import MADE, WEIGHTS, make_one  # noqa: PLC0415 - measuring needs none of this

    made = REPOSITORY / "build" / f"typefaces-{_hash_of('appliance/report/font_making.py', 'constraints.txt')}"
    for face in MADE:
        for weight in WEIGHTS:
            make_one(face, weight, made)
    shutil.copytree(made, source / "appliance" / "report" / "typefaces")


def _hash_of(*names: str) -> str:
    content = b"".join((REPOSITORY / name).read_bytes() for name in names)
    return hashlib.sha256(content).hexdigest()[:12]


def _freeze(made: Path) -> None:
    told = {name: BUILD / file for name, file in FOR_THE_SPEC.items()}
    if sys.platform == "win32":
        from windows_looks import draw_icon, version_resource  # noqa: PLC0415 - only there

        told["OUTPOST_VERSION_FILE"].write_text(version_resource(), encoding="utf-8")
        draw_icon(told["OUTPOST_ICON"])
    _run(
        "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN",
        "--distpath", str(made), "--workpath", str(BUILD / "work"), str(PACKAGING / "outpost.spec"),
        environment={name: str(path) for name, path in told.items()},
    )  # fmt: skip


def _take_inventory(program: Path) -> None:
    """Lay licences and SBOM beside what they speak of."""
    from inventory import LICENCES, SBOM, parts_of, sbom, write_licences  # noqa: PLC0415 - measuring needs none of this

    from appliance import __version__  # noqa: PLC0415 - the repository is on the path only now

    sources = (BUILD / FOR_THE_SPEC["OUTPOST_SOURCES"]).read_text(encoding="utf-8").splitlines()
    parts = parts_of(Path(source) for source in sources)
    write_licences(parts, program / LICENCES)
    shutil.copyfile(REPOSITORY / "LICENSE", program / LICENCES / "outpost-LICENSE.txt")
    (program / SBOM).write_text(sbom(parts, __version__), encoding="utf-8")


def _run(*arguments: str, cwd: Path = REPOSITORY, environment: dict[str, str] | None = None) -> None:
    """Run this interpreter so that what it compiles is small, and the same in every build."""
    told = {**os.environ, **COMPILED_SMALL, **(environment or {})}
    subprocess.run([sys.executable, *arguments], cwd=cwd, env=told, check=True)  # noqa: S603


def main() -> int:
    """Do what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--measure", action="store_true", help="only weigh what was built")
    parser.add_argument("--gpu-pack", type=Path, metavar="FOLDER", help="only lay the GPU pack in this folder")
    options = parser.parse_args()
    if options.gpu_pack:
        from gpu_pack import lay  # noqa: PLC0415 - only for this

        print(f"The GPU pack in {lay(options.gpu_pack)} has {unpacked_bytes(options.gpu_pack) / MEGA:,.0f} MB")
    elif options.measure:
        print(f"unpacked {unpacked_bytes(PROGRAM) / MEGA:.1f} MB, packed {packed_bytes(PROGRAM) / MEGA:.1f} MB")
    else:
        print(f"{build()} has {unpacked_bytes(PROGRAM) / MEGA:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
