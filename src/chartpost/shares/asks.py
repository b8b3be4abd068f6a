"""What the API and the pages are asked for, as JSON, turned into checked values; raises Malformed naming the member."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from chartpost.kernel import clock
from chartpost.kernel.config import config
from chartpost.kernel.parts import LEAST
from chartpost.shares import ids
from chartpost.shares.errors import Malformed, TooLarge

Json = Mapping[str, Any]
MOST_RECIPIENTS = 100
MOST_OBJECTS = 10_001
MOST_OPENS = 10_000
WRAPPED = 60
"""Bytes of a wrapped share key: nonce 12, key 32, tag 16."""
_PARAMS = re.compile(r"1\.(\d{6,8})|2\.(\d{5,7})\.(\d{1,2})\.(\d)")
_PBKDF2 = range(600_000, 10_000_001)
_MEMORY, _TIME, _LANES = range(19_456, 1_048_577), range(2, 17), range(1, 9)
_LABEL = re.compile(r"[0-9]{0,4}")


@dataclass(frozen=True)
class RecipientAsk:
    """A link to be added."""

    recipient: str
    params: str
    salt: bytes
    verifier: bytes
    wrapped: bytes
    receipt_check: bytes
    label: str
    max_opens: int | None


@dataclass(frozen=True)
class ShareAsk:
    """A share to be made."""

    share: str
    expires_at: datetime
    max_opens: int | None
    recipients: tuple[RecipientAsk, ...]


@dataclass(frozen=True)
class ObjectAsk:
    """An object to be uploaded."""

    object: str
    index: int
    size: int


def share(value: Json) -> ShareAsk:
    """A share: {share, expires_at?, max_opens?, recipients?}."""
    links = value.get("recipients") or []
    if not isinstance(links, list) or len(links) > MOST_RECIPIENTS:
        raise _bad("recipients", f"a list of at most {MOST_RECIPIENTS}")
    most = _opens(value)
    found = tuple(recipient(one, most) for one in links)
    return ShareAsk(_id(value, "share"), ends(value), most, found)


def recipient(value: object, most: int | None = None) -> RecipientAsk:
    """A link: {recipient, params, salt, verifier, wrapped, receipt_check, label?, max_opens?}."""
    if not isinstance(value, Mapping):
        raise _bad("recipient", "an object")
    label = value.get("label", "")
    if not isinstance(label, str) or not _LABEL.fullmatch(label):
        raise _bad("label", "a number of at most four digits; names stay with the sender")
    return RecipientAsk(
        recipient=_id(value, "recipient"),
        params=params(value),
        salt=data(value, "salt", 16),
        verifier=data(value, "verifier", 32),
        wrapped=data(value, "wrapped", WRAPPED),
        receipt_check=data(value, "receipt_check", 32),
        label=label,
        max_opens=_opens(value) or most,
    )


def an_object(value: Json) -> ObjectAsk:
    """An object: {object, index, size}."""
    index, size = value.get("index"), value.get("size")
    if not _whole(index) or not 0 <= index < MOST_OBJECTS:
        raise _bad("index", f"a whole number below {MOST_OBJECTS:,}")
    if not _whole(size) or size < LEAST:
        raise _bad("size", f"the bytes of the sealed object, at least {LEAST}")
    largest = config().share_gb * 10**9
    if size > largest:
        raise TooLarge(
            seen=f"a file of {size:,} bytes", expected=f"at most {largest:,} bytes", todo="Send it in smaller pieces."
        )
    return ObjectAsk(_id(value, "object"), index, size)


def ends(value: Json) -> datetime:
    """When a share or drop ends: `expires_at` (ISO 8601 with zone), else after the days the settings say."""
    given, moment = value.get("expires_at"), clock.now()
    if given is None:
        return moment + timedelta(days=config().share_days)
    latest = moment + timedelta(days=config().share_most_days)
    try:
        found = datetime.fromisoformat(given)
    except (TypeError, ValueError):
        raise _bad("expires_at", "a moment with its zone, such as 2026-12-24T12:00:00Z") from None
    if found.tzinfo is None or not moment < found <= latest + timedelta(minutes=5):
        raise _bad("expires_at", f"a moment with its zone, at most {config().share_most_days} days from now")
    return found


def params(value: Json) -> str:
    """The key derivation of a link, within the limits every reader keeps to."""
    found = value.get("params")
    match = _PARAMS.fullmatch(found) if isinstance(found, str) else None
    if match is None or not _within([int(n) for n in match.groups() if n]):
        raise _bad("params", "1.ITERATIONS (600,000 to 10,000,000) or 2.MEMORY.TIME.LANES within its limits")
    return str(found)


def data(value: Json, name: str, length: int, most: int = 0) -> bytes:
    """A member of exactly `length` bytes (or up to `most`) as base64url without padding."""
    try:
        found = ids.decode(value[name])
    except (KeyError, TypeError, ValueError):
        raise _bad(name, "base64url without padding") from None
    if not length <= len(found) <= max(length, most):
        raise _bad(name, f"{length} bytes as base64url" if not most else f"{length} to {most} bytes as base64url")
    return found


def digest(header: str, name: str = "Content-Digest") -> bytes:
    """The SHA-256 of a Content-Digest or Repr-Digest header: `sha-256=:base64:` (RFC 9530 2 and 3)."""
    import base64
    import binascii

    found = re.search(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):", header)
    if not found:
        raise _bad(name, "sha-256=:BASE64: (RFC 9530)")
    try:
        return base64.b64decode(found[1], validate=True)
    except binascii.Error:
        raise _bad(name, "sha-256=:BASE64: (RFC 9530)") from None


def offset(header: str) -> int:
    """An Upload-Offset header: where the bytes that follow begin (draft-ietf-httpbis-resumable-upload)."""
    if not (header.isascii() and header.isdigit() and len(header) < 16):
        raise _bad("Upload-Offset", "a whole number of bytes")
    return int(header)


def _within(numbers: list[int]) -> bool:
    if len(numbers) == 1:
        return numbers[0] in _PBKDF2
    return all(n in allowed for n, allowed in zip(numbers, (_MEMORY, _TIME, _LANES), strict=True))


def _id(value: Json, name: str) -> str:
    found = value.get(name)
    if not ids.is_id(found):
        raise _bad(name, "16 random bytes as base64url, 22 letters")
    return str(found)


def _opens(value: Json) -> int | None:
    found = value.get("max_opens")
    if found is None:
        return None
    if not _whole(found) or not 1 <= found <= MOST_OPENS:
        raise _bad("max_opens", f"a whole number from 1 to {MOST_OPENS:,}, or none")
    return int(found)


def _whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _bad(name: str, expected: str) -> Malformed:
    return Malformed(seen=f"a request whose {name} does not fit", expected=expected, todo="Mend it and send it again.")
