"""PINs: what one must look like, and how it is kept, only as a salted scrypt hash. Touches no disk."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from appliance.errors import Misuse
from appliance.workplace.tongue import say

SHORTEST_PIN = 4
COST, BLOCK, WAYS = 2**14, 8, 1
"""About 50 ms a try, 16 MB."""


def trouble_with_pin(pin: str) -> str:
    """Say what is wrong with a PIN that somebody wants; nothing if it will do."""
    if pin.isascii() and pin.isdigit() and len(pin) >= SHORTEST_PIN:
        return ""
    return say("A PIN has at least {number} digits and nothing else.", number=SHORTEST_PIN)


def kept_pin(pin: str) -> str:
    """Turn a PIN into what is kept: salt and hash, both hexadecimal, with a colon between them."""
    if trouble := trouble_with_pin(pin):
        raise Misuse(trouble, advice=say("Choose another one."))
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{_hash(pin, salt)}"


def is_pin(pin: str, kept: str) -> bool:
    """Say whether it is the PIN that was kept."""
    salt, _, digest = kept.partition(":")
    try:
        return hmac.compare_digest(digest, _hash(pin, bytes.fromhex(salt)))
    except ValueError:
        return False


def _hash(pin: str, salt: bytes) -> str:
    return hashlib.scrypt(pin.encode(), salt=salt, n=COST, r=BLOCK, p=WAYS).hex()
