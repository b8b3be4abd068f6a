"""Identifiers and secrets as they travel: base64url without padding (RFC 4648 5)."""

import base64
import hashlib
import re
import secrets

_ID = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
ID_LENGTH = 22


def is_id(text: object) -> bool:
    """Whether `text` is an identifier: 16 bytes as 22 letters, in the one canonical form."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def decode(text: str) -> bytes:
    """The bytes of base64url without padding; ValueError for anything else, other forms of the same bytes included."""
    found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) if _BASE64URL.fullmatch(text) else b""
    if encode(found) != text:
        message = "not base64url without padding"
        raise ValueError(message)
    return found


def encode(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def new_secret() -> str:
    """A bearer token of 256 random bits."""
    return encode(secrets.token_bytes(32))


def new_id() -> str:
    """An identifier of 128 random bits."""
    return encode(secrets.token_bytes(16))


def hashed(token: str) -> bytes:
    """What is kept of a token: its SHA-256."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def object_name(object_id: str) -> str:
    """The name of an object in the part store: 32 hexadecimal letters."""
    return decode(object_id).hex()
