"""Links to a share and to a drop. The part after `#` never leaves the reader's machine."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from chartpost.formats.sealedbox.errors import LinkError
from chartpost.formats.sealedbox.text import b64u, is_id, unb64u

SECRET = 32
VERSION = "1"
# What mail gateways make of "#": encoded once, or again on each hop.
_MANGLED = re.compile(r"%(?:25)*23")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")


@dataclass(frozen=True)
class Link:
    """The link of one recipient: where, which recipient, and 32 secret bytes."""

    origin: str
    recipient: str
    secret: bytes = field(repr=False)
    mangled: bool = False

    def render(self) -> str:
        """The link as text."""
        return f"{self.origin}/s/{self.recipient}#{VERSION}.{b64u(self.secret)}"


@dataclass(frozen=True)
class DropLink:
    """The link of a drop box: where, which drop, and the SHA-256 of its public key."""

    origin: str
    drop: str
    fingerprint: bytes
    mangled: bool = False

    def render(self) -> str:
        """The link as text."""
        return f"{self.origin}/s/d/{self.drop}#{VERSION}.{b64u(self.fingerprint)}"


def parse_link(text: str) -> Link:
    """Read a recipient's link, mending a `#` that a mail gateway turned into `%23` or `%2523`; raises LinkError.

    White space of wrapped lines and a query, which pages add for their language, say nothing.
    """
    origin, ident, secret, mangled = _take_apart(text, "/s/")
    return Link(origin, ident, secret, mangled)


def parse_drop_link(text: str) -> DropLink:
    """Read a drop link, mended as by `parse_link`; raises LinkError."""
    origin, ident, fingerprint, mangled = _take_apart(text, "/s/d/")
    return DropLink(origin, ident, fingerprint, mangled)


def _take_apart(text: str, path: str) -> tuple[str, str, bytes, bool]:
    whole = "".join(text.split())
    mangled = "#" not in whole
    if mangled:
        whole = _MANGLED.sub("#", whole, count=1)
    place, _, fragment = whole.partition("#")
    if mangled:
        fragment = unquote(fragment)
    try:
        parts = urlsplit(place)
        origin = f"{parts.scheme}://{parts.netloc}"
    except ValueError as error:
        raise _not_ours("an address that cannot be read") from error
    ident = parts.path.removeprefix(path)
    if not _ORIGIN.fullmatch(origin) or not parts.path.startswith(path) or not is_id(ident):
        raise _not_ours("an address of another shape")
    version, _, secret = fragment.partition(".")
    if version != VERSION:
        raise _not_ours("no version 1 secret after the #")
    try:
        return origin, ident, unb64u(secret, SECRET), mangled
    except ValueError as error:
        raise _not_ours("a secret of another length") from error


def _not_ours(seen: str) -> LinkError:
    return LinkError(
        seen=seen,
        expected="the whole link as it was sent: https://, /s/, 22 letters, #1. and 43 letters",
        todo="copy the whole link again, or ask the sender for a new one",
    )
