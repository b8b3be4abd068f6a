"""Cursors of pages: where the next page begins, sealed, so that nobody reads or changes it.

A cursor holds the whole query, so that a next link carries no search values in the address. It is AES-256-GCM over
JSON with a key of this home, bound to the grant and the address it was made for.
"""

import base64
import binascii
import os
from functools import lru_cache
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chartpost.gateways.fhir.http import FhirError
from chartpost.kernel import keys

_NONCE = 12


def seal(place: dict[str, Any], grant_ref: str, address: str) -> str:
    """A place in a list as opaque text; `address` is what follows /fhir/, of which it is a place."""
    nonce = os.urandom(_NONCE)
    sealed = _cipher().encrypt(nonce, orjson.dumps(place), _bound(grant_ref, address))
    return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")


def unseal(text: str, grant_ref: str, address: str) -> dict[str, Any]:
    """The place a cursor holds; 400 when it was changed, cut, or made for another app, address or home."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        value = orjson.loads(_cipher().decrypt(raw[:_NONCE], raw[_NONCE:], _bound(grant_ref, address)))
    except (binascii.Error, InvalidTag, ValueError):
        raise FhirError(400, "invalid", "This page link is not one of ours. Begin the search again.") from None
    found: dict[str, Any] = value
    return found


def _bound(grant_ref: str, address: str) -> bytes:
    return f"{grant_ref} {address}".encode()


@lru_cache(maxsize=1)
def _cipher() -> AESGCM:
    return AESGCM(keys.derive("fhir cursor", 32))
