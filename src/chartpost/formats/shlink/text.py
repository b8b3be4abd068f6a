"""base64url without padding (RFC 7515 section 2)."""

import base64
import binascii
import re

_LETTERS = re.compile(r"[A-Za-z0-9_-]*")


def b64u(data: bytes) -> str:
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64u(text: str) -> bytes | None:
    """The bytes of a text, or None when it is not base64url; padding at its end is allowed for."""
    letters = text.rstrip("=")
    if len(text) - len(letters) > 2 or not _LETTERS.fullmatch(letters) or len(letters) % 4 == 1:
        return None
    try:
        return base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4))
    except binascii.Error:
        return None
