"""Wrapping one key under another: AES-256-GCM (NIST SP 800-38D), random nonce, context as associated data."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chartpost.kernel.keys.errors import UnwrapError

NONCE_BYTES = 12


def seal(key: bytes, secret: bytes, context: bytes) -> bytes:
    """Wrap `secret` under a 32-byte key: nonce (12) || ciphertext || tag (16)."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, context)


def unseal(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """Undo `seal`; raises UnwrapError when key, context or bytes differ."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
    except (InvalidTag, ValueError) as error:
        raise UnwrapError(
            seen="a wrapped key that does not open",
            expected="a key wrapped by this key ring for this use",
            todo="check that keys and data belong to the same home",
        ) from error


def hkdf(secret: bytes, info: str, length: int = 32, salt: bytes | None = None) -> bytes:
    """HKDF-SHA-256 (RFC 5869) of `secret` for the purpose `info`."""
    return HKDF(hashes.SHA256(), length, salt, info.encode()).derive(secret)
