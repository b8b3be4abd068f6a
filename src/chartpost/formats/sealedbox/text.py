"""Base64url without padding (RFC 4648 5), strict, and the ids made of it."""

import base64
import binascii
import re
import secrets

ID_BYTES = 16
_ID = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")


def b64u(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64u(text: str, size: int | None = None) -> bytes:
    """The bytes of canonical base64url; raises ValueError for anything else or another `size`."""
    try:
        raw = text.encode("ascii")
        data = base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        message = "the text is not base64url"
        raise ValueError(message) from error
    if b64u(data) != text or (size is not None and len(data) != size):
        message = f"{len(data)} bytes of base64url; expected {size} in canonical form"
        raise ValueError(message)
    return data


def new_id() -> str:
    """A fresh id of a share, an object, a recipient or a drop: 16 random bytes, 22 letters."""
    return b64u(secrets.token_bytes(ID_BYTES))


def is_id(text: str) -> bool:
    """Whether `text` is 16 bytes in canonical base64url."""
    return _ID.fullmatch(text) is not None
