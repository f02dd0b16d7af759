"""The publisher's keys: Ed25519, one encrypted file each; the root that names them, made and rotated.

    PUBLISHER/keys/       root-1.pem, root-2.pem, root-3.pem, targets.pem, snapshot.pem, timestamp.pem
    PUBLISHER/metadata/   1.root.json, 2.root.json, …: the chain of roots, public keys only

Two of the three root keys must sign a root, so that one may be lost or stolen. Keys are made and encrypted by the
``cryptography`` library, signatures by ``securesystemslib``, metadata by python-tuf.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp
from tuf.api.serialization.json import JSONSerializer

from appliance.atomic import write_whole
from appliance.errors import Misuse

if TYPE_CHECKING:
    from pathlib import Path

ONLINE = (Targets.type, Snapshot.type, Timestamp.type)
ROOT_KEYS = ("root-1", "root-2", "root-3")
THRESHOLD = 2
ROOT_DAYS = 3 * 365
NAME_FIELD = "x-outpost-name"
"""Says in the root which key file a public key belongs to, for when that file is lost."""
READABLE = JSONSerializer(compact=False)


def make_keys(publisher: Path, passphrase: bytes) -> Path:
    """Make all keys and the first root; return the root's file."""
    if any((publisher / "keys").glob("*.pem")):
        raise Misuse("There are keys in this folder already.", advice="Choose another, or rotate these: rotate-root.")
    signers = {name: new_key(publisher, name, passphrase) for name in (*ROOT_KEYS, *ONLINE)}
    root = Root(expires=_in_days(ROOT_DAYS), consistent_snapshot=False)
    for name, signer in signers.items():
        root.add_key(signer.public_key, role_of(name))
    root.roles[Root.type].threshold = THRESHOLD
    return write_root(publisher, Metadata(root), [signers[name] for name in ROOT_KEYS])


def rotate_root(publisher: Path, replaced: list[str], old: list[CryptoSigner], passphrase: bytes) -> Path:
    """Replace keys by new ones in a new root, signed by the root keys that are given; return the root's file."""
    metadata = Metadata[Root].from_file(str(newest_root(publisher)))
    root = metadata.signed
    signers = list(old)
    for name in replaced:
        keyid = keyid_of(root, name)
        if (path := key_path(publisher, name)).exists():
            path.rename(path.with_name(f"{name}.until-{root.version}.pem"))
        signer = new_key(publisher, name, passphrase)
        root.revoke_key(keyid, role_of(name))
        root.add_key(signer.public_key, role_of(name))
        signers += [signer] if role_of(name) == Root.type else []
    root.version += 1
    root.expires = _in_days(ROOT_DAYS)
    metadata.signatures.clear()
    return write_root(publisher, metadata, signers)


def new_key(publisher: Path, name: str, passphrase: bytes) -> CryptoSigner:
    """Make one key; its private half is written encrypted."""
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
    path = key_path(publisher, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, pem)
    path.chmod(0o600)
    signer = CryptoSigner(private)
    signer.public_key.unrecognized_fields[NAME_FIELD] = name
    return signer


def load_key(path: Path, passphrase: bytes) -> CryptoSigner:
    """Open an encrypted key file."""
    try:
        private = load_pem_private_key(path.read_bytes(), passphrase)
    except OSError as error:
        raise Misuse(f"The key {path.name} cannot be read ({error.strerror}).", advice="Check its path.") from error
    except (ValueError, TypeError) as error:
        raise Misuse(f"The key {path.name} cannot be opened.", advice="Check the passphrase.") from error
    return CryptoSigner(private)


def add_root_signature(publisher: Path, signers: list[CryptoSigner]) -> Path:
    """Add signatures to the newest root, as its second holder does; return its file."""
    path = newest_root(publisher)
    return write_root(publisher, Metadata[Root].from_file(str(path)), signers)


def write_root(publisher: Path, metadata: Metadata[Root], signers: list[CryptoSigner]) -> Path:
    """Sign a root with the keys that are given and write it."""
    for signer in signers:
        metadata.sign(signer, append=True)
    path = publisher / "metadata" / f"{metadata.signed.version}.root.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, metadata.to_bytes(READABLE))
    return path


def newest_root(publisher: Path) -> Path:
    """Find the root that holds now."""
    roots = roots_of(publisher)
    if not roots:
        raise Misuse("There is no root in this folder.", advice="Make keys first: bundle.py keys FOLDER.")
    return roots[-1]


def roots_of(publisher: Path) -> list[Path]:
    """List the chain of roots."""
    return sorted((publisher / "metadata").glob("*.root.json"), key=lambda path: int(path.name.partition(".")[0]))


def keyid_of(root: Root, name: str) -> str:
    """Find the public key that a root names so."""
    for keyid, key in root.keys.items():
        if key.unrecognized_fields.get(NAME_FIELD) == name:
            return keyid
    raise Misuse(f"The root knows no key called {name}.", advice=f"Use one of {', '.join((*ROOT_KEYS, *ONLINE))}.")


def key_path(publisher: Path, name: str) -> Path:
    """Say where a key lies."""
    return publisher / "keys" / f"{name}.pem"


def role_of(name: str) -> str:
    """Say which role a key signs for."""
    return Root.type if name in ROOT_KEYS else name


def _in_days(days: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
