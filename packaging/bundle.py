"""The publisher's side of updates: keys, bundles, signatures. ``python packaging/bundle.py --help``; docs/updates.md.

    keys PUBLISHER                          make all keys and the first root
    make PUBLISHER OUT --models … --key …   make a bundle; OUT with an ending is one file, without one a folder
    sign BUNDLE|PUBLISHER --key …           sign a bundle's folder, or the newest root (--root), with more keys
    inspect BUNDLE --root ROOT              verify a bundle as a clinic does, and say what is in it
    rotate-root PUBLISHER NAME … --key …    replace keys: those lost, stolen or old

Passphrases come from the terminal, or from the file that ``--passphrase-file`` names.
"""

from __future__ import annotations

import argparse
import sys
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from bundle_inspect import looked_into, size_of
from bundle_keys import ONLINE, ROOT_KEYS, add_root_signature, load_key, make_keys, rotate_root
from bundle_make import DAYS, Order, make_bundle, pack, sign_bundle

from appliance import __version__
from appliance.errors import Misuse, OutpostError
from appliance.models.slots import FACTORY
from appliance.update.machine import platform_name
from appliance.update.release import Program
from appliance.update.trust import EMBEDDED_ROOT
from appliance.words import megabytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from securesystemslib.signer import CryptoSigner

SHORTEST_PASSPHRASE = 12


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command."""
    options = _parser().parse_args(arguments)
    try:
        for line in options.command(options):
            print(line)
    except OutpostError as error:
        print(f"bundle: {error}", file=sys.stderr)
        return int(error.exit_code)
    return 0


def _keys(options: argparse.Namespace) -> list[str]:
    root = make_keys(options.publisher, _new_passphrase(options))
    return [
        f"The keys lie in {options.publisher / 'keys'}, encrypted. Two of the three root keys sign a root:",
        "keep each in another place, none of them with the others, none on a machine with a network.",
        f"Build programs that trust this publisher with: cp {root} appliance/update/{EMBEDDED_ROOT.name}",
    ]


def _make(options: argparse.Namespace) -> list[str]:
    programs = ()
    if options.program:
        program = Program(options.platform, options.program_version, options.start)
        programs = ((program, options.program),)
    order = Order(
        models=tuple(options.models or _packages(FACTORY)),
        notes=options.notes.read_text(encoding="utf-8"),
        base=options.base,
        programs=programs,
        days=options.days,
    )
    out = make_bundle(options.publisher, order, _signers(options), options.out)
    return [f"{out} was made: {megabytes(size_of(out))}."]


def _sign(options: argparse.Namespace) -> list[str]:
    if options.root:
        return [f"{add_root_signature(options.folder, _signers(options))} has one signature more."]
    sign_bundle(options.folder, _signers(options))
    return [f"{pack(options.folder, options.out) if options.out else options.folder} is signed."]


def _inspect(options: argparse.Namespace) -> list[str]:
    return list(looked_into(options.bundle, options.root.read_bytes()).lines())


def _rotate(options: argparse.Namespace) -> list[str]:
    path = rotate_root(options.publisher, options.names, _signers(options), _new_passphrase(options))
    return [f"{path} was made. It travels in every bundle from now on; build new programs with it."]


def _packages(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if (path / "model.json").is_file())


def _signers(options: argparse.Namespace) -> list[CryptoSigner]:
    return [load_key(path, _passphrase(options, f"Passphrase of {path.name}: ")) for path in options.key]


def _new_passphrase(options: argparse.Namespace) -> bytes:
    passphrase = _passphrase(options, "Passphrase for the new keys: ")
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise Misuse(f"A passphrase has {SHORTEST_PASSPHRASE} characters or more.", advice="Choose a longer one.")
    return passphrase


def _passphrase(options: argparse.Namespace, prompt: str) -> bytes:
    if options.passphrase_file:
        return Path(options.passphrase_file).read_bytes().strip()
    return getpass(prompt).encode("utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bundle.py", description="Make update bundles that clinics can trust.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    keys = commands.add_parser("keys", help="make all keys and the first root")
    keys.add_argument("publisher", type=Path, help="a folder that never leaves the publisher")
    keys.set_defaults(command=_keys)

    make = commands.add_parser("make", help="make a bundle of models, and of a program")
    make.add_argument("publisher", type=Path)
    make.add_argument("out", type=Path, help="with an ending one file, without one a folder")
    make.add_argument("--models", type=Path, nargs="+", metavar="PACKAGE", help="packages; else those of the factory")
    make.add_argument("--notes", type=Path, required=True, metavar="FILE", help="what is new, for the clinic")
    make.add_argument("--base", type=Path, metavar="BUNDLE", help="carry only what this earlier bundle has not")
    make.add_argument("--days", type=int, default=DAYS, help=f"how long it is good for (default: {DAYS})")
    make.add_argument("--program", type=Path, metavar="FOLDER", help="a program folder to carry too")
    make.add_argument("--program-version", default=__version__, metavar="N.N.N")
    make.add_argument("--platform", default=platform_name(), help="the system that the program is for")
    make.add_argument("--start", default="outpost", help="the file in it that is started")
    make.set_defaults(command=_make)

    sign = commands.add_parser("sign", help="add signatures to a bundle's folder, or to the newest root")
    sign.add_argument("folder", type=Path)
    sign.add_argument("--root", action="store_true", help="FOLDER is the publisher's: sign its newest root")
    sign.add_argument("--out", type=Path, help="where to write the signed bundle; else in place")
    sign.set_defaults(command=_sign)

    inspect = commands.add_parser("inspect", help="verify a bundle as a clinic does, and say what is in it")
    inspect.add_argument("bundle", type=Path)
    inspect.add_argument("--root", type=Path, default=EMBEDDED_ROOT, help="else the one that programs are built with")
    inspect.set_defaults(command=_inspect)

    rotate = commands.add_parser("rotate-root", help="replace keys in a new root")
    rotate.add_argument("publisher", type=Path)
    rotate.add_argument("names", nargs="+", choices=(*ROOT_KEYS, *ONLINE), metavar="NAME", help="which keys")
    rotate.set_defaults(command=_rotate)

    for each in (make, sign, rotate):
        each.add_argument("--key", type=Path, nargs="+", default=[], metavar="FILE", help="encrypted keys to sign with")
    for each in (keys, make, sign, rotate):
        each.add_argument("--passphrase-file", type=Path, metavar="FILE")
    return parser


if __name__ == "__main__":
    sys.exit(main())
