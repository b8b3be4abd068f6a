"""The link itself: `shlink:/` and a small JSON payload, with the address of a viewer in front or without."""

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from chartpost.formats.shlink.errors import LinkError
from chartpost.formats.shlink.text import b64u, unb64u

SCHEME = "shlink:/"
VERSION = 1
KEY_BYTES = 32
URL_LONGEST = 128
LABEL_LONGEST = 80
LONGEST = 16_384
"""Characters of a link that are looked at; a payload by the rules stays far below."""
READ_URL_LONGEST = 2_048
"""Characters of an address we follow: other makers do not all keep to URL_LONGEST."""
LAST_SECOND = 253_402_300_799
"""The end of the year 9999."""
_START = re.compile(r"shlink(?::|%3A)(?:/|%2F)", re.IGNORECASE)
_PLAIN = re.compile(r"[!-~]+")
_HASH = re.compile(r"%(?:25)*23")
T = TypeVar("T")


@dataclass(frozen=True)
class Payload:
    """What a link says: where the files are, the key they open with, and how to ask for them.

    `key` is 32 bytes and never shown in a repr; `exp` seconds since 1970, a hint; `flag` letters: L stays and may
    change, P wants a passcode, U leads to one file by GET.
    """

    url: str
    key: bytes = field(repr=False)
    exp: int | None = None
    flag: frozenset[str] = frozenset()
    label: str = ""


def render(payload: Payload, viewer: str = "") -> str:
    """The link as text; `viewer` is the address of a page that opens it. Raises LinkError for what is forbidden."""
    if len(payload.url) > URL_LONGEST:
        raise _refused("an address of over 128 characters", "at most 128", "Use a shorter address")
    values: dict[str, Any] = {"url": _url(payload.url), "key": b64u(_key_bytes(payload.key))}
    if payload.exp is not None:
        values["exp"] = payload.exp
    if payload.flag:
        values["flag"] = "".join(sorted(_flag(payload.flag)))
    if len(payload.label) > LABEL_LONGEST:
        raise _refused("a label of over 80 characters", "at most 80", "Use a shorter label")
    if payload.label:
        values["label"] = payload.label
    text = SCHEME + b64u(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode())
    return f"{viewer}#{text}" if viewer else text


def parse(text: str) -> Payload:
    """The payload of a link, however it was wrapped: behind a viewer's address, with blanks, with `#` as %23.

    Properties and flags nobody knows are left aside, as the guide asks. Raises LinkError.
    """
    values = _json(_encoded(text))
    version = values.get("v", VERSION)
    if isinstance(version, bool) or not isinstance(version, int | float) or version != VERSION:
        raise _refused("a link of another version", "version 1", "Open it with a newer program")
    flag = values.get("flag", "")
    return Payload(
        url=_url(_typed(values, "url", str)),
        key=_key_bytes(unb64u(_typed(values, "key", str)) or b""),
        exp=_seconds(values.get("exp")),
        flag=_flag(frozenset(flag) & frozenset("LPU")) if isinstance(flag, str) else frozenset(),
        label=_label(values.get("label")),
    )


def _encoded(text: str) -> str:
    if len(text) > LONGEST:
        raise _refused("a text too long for a link", f"at most {LONGEST:,} characters", "Copy the link alone")
    straight = _HASH.sub("#", "".join(text.split()))
    starts = list(_START.finditer(straight))
    if not starts:
        raise _refused("no shlink:/ in the text", "a SMART Health Link", "Copy the whole link")
    return straight[starts[-1].end() :]


def _json(encoded: str) -> dict[str, Any]:
    data = unb64u(encoded)
    try:
        values = json.loads(data) if data else None
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise _refused("a link that is not whole", "shlink:/ and its payload", "Copy the whole link")
    return values


def _typed(values: dict[str, Any], name: str, kind: type[T]) -> T:
    found = values.get(name)
    if not isinstance(found, kind):
        raise _refused(f"a link without {name}", f"a text called {name}", "Copy the whole link")
    return found


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = (
            parts.scheme == "https"
            and bool(parts.hostname)
            and "@" not in parts.netloc
            and _PLAIN.fullmatch(text) is not None
        )
    except ValueError:
        good = False
    if not good or len(text) > READ_URL_LONGEST:
        raise _refused("an address that is not https", "https://...", "Ask for a new link")
    return text


def _key_bytes(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise _refused(f"a key of {len(key)} bytes", "32 bytes", "Copy the whole link")
    return key


def _seconds(value: object) -> int | None:
    """`exp` is a hint: what is no moment is as if it were not there."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if 0 <= value <= LAST_SECOND else None


def _flag(flag: frozenset[str]) -> frozenset[str]:
    if {"P", "U"} <= flag:
        raise _refused("the flags P and U together", "one of them", "Ask for a new link")
    return flag


def _label(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(c if c.isprintable() else " " for c in text).strip()[:LABEL_LONGEST]


def _refused(seen: str, expected: str, todo: str) -> LinkError:
    return LinkError(seen=seen, expected=expected, todo=todo)
