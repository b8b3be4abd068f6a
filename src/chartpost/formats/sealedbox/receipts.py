"""Proofs that somebody who holds link and password opened the whole share."""

import hmac
from hashlib import sha256

from chartpost.formats.sealedbox.keys import Keys


def opened_proof(keys: Keys, manifest: bytes) -> bytes:
    """What a reader shows the server after everything was decrypted; `manifest` is the plaintext as padded."""
    return hmac.digest(keys.receipt, b"opened" + sha256(manifest).digest(), "sha256")


def receipt_check(keys: Keys, manifest: bytes) -> bytes:
    """What the sender registers, so that the server knows the proof when it sees it: its SHA-256."""
    return sha256(opened_proof(keys, manifest)).digest()


def receipt_mac(keys: Keys, grant: str, manifest: bytes) -> bytes:
    """The proof of one opening, bound to its grant; the sender can check it later."""
    return hmac.digest(keys.receipt, grant.encode("ascii") + sha256(manifest).digest(), "sha256")
