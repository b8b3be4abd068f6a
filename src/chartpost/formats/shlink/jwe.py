"""Files of a link: JWE compact serialization, alg dir, enc A256GCM, zip DEF (RFC 7516, RFC 7518 4.5, 5.3, 4.1.3)."""

import json
import os
import zlib
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chartpost.formats.shlink.errors import JweError, TooBigError
from chartpost.formats.shlink.text import b64u, unb64u

NONCE, TAG = 12, 16
MOST = 256 * 1024 * 1024
"""Bytes a file may unpack to."""
_RAW_DEFLATE = -15


def encrypt(data: bytes, key: bytes, content_type: str) -> str:
    """A file as compact JWE under a fresh random nonce; `key` is 32 bytes, `content_type` becomes `cty`."""
    header = {"alg": "dir", "enc": "A256GCM", "zip": "DEF", "cty": content_type}
    protected = b64u(json.dumps(header, separators=(",", ":")).encode())
    packer = zlib.compressobj(wbits=_RAW_DEFLATE)
    nonce = os.urandom(NONCE)
    sealed = AESGCM(key).encrypt(nonce, packer.compress(data) + packer.flush(), protected.encode())
    return f"{protected}..{b64u(nonce)}.{b64u(sealed[:-TAG])}.{b64u(sealed[-TAG:])}"


def decrypt(text: str, key: bytes, most: int = MOST) -> tuple[bytes, str]:
    """A file's bytes and its content type (empty when not stated).

    Raises JweError when it was changed or is made otherwise, TooBigError when it unpacks to more than `most` bytes.
    """
    parts = text.strip().split(".")
    if len(parts) != 5 or parts[1]:
        raise _changed("a text that is no compact JWE with a direct key", "five parts, the second one empty")
    header = _header(parts[0])
    nonce, body, tag = (unb64u(part) or b"" for part in parts[2:])
    if len(nonce) != NONCE or len(tag) != TAG or len(key) != 32:
        raise _changed("a nonce, tag or key of a wrong length", "12, 16 and 32 bytes")
    try:
        data = AESGCM(key).decrypt(nonce, body + tag, parts[0].encode())
    except InvalidTag:
        raise _changed("a file that does not fit the key", "the file as it was encrypted") from None
    content_type = header.get("cty")
    plain = _unpacked(data, most) if header.get("zip") == "DEF" else data
    if len(plain) > most:
        raise _too_big(most)
    return plain, content_type if isinstance(content_type, str) else ""


def _header(encoded: str) -> dict[str, Any]:
    try:
        header = json.loads(unb64u(encoded) or b"")
    except (ValueError, RecursionError):
        header = None
    known = isinstance(header, dict) and (header.get("alg"), header.get("enc")) == ("dir", "A256GCM")
    if not known or "crit" in header or header.get("zip", "DEF") != "DEF":
        raise _changed("another kind of encryption", "alg dir, enc A256GCM, zip DEF or none")
    assert isinstance(header, dict)
    return header


def _unpacked(data: bytes, most: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=_RAW_DEFLATE)
    try:
        plain = unpacker.decompress(data, most + 1)
    except zlib.error:
        raise _changed("a file that does not unpack", "raw DEFLATE (RFC 1951)") from None
    if len(plain) > most:
        raise _too_big(most)
    if not unpacker.eof:
        raise _changed("a file that ends too early", "raw DEFLATE (RFC 1951)")
    return plain


def _changed(seen: str, expected: str) -> JweError:
    return JweError(seen=seen, expected=expected, todo="Fetch the file again; if it stays so, ask for a new link")


def _too_big(most: int) -> TooBigError:
    return TooBigError(seen="a larger file", expected=f"at most {most:,} bytes", todo="Ask for less in one link")
