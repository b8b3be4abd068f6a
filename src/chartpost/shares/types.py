"""Plain values of the shares room."""

from dataclasses import dataclass, field
from datetime import datetime

ENDED = frozenset({"revoked", "expired", "lost"})
MOST_FAILURES = 10
"""Wrong proofs after which a link is locked."""
DEFAULT_PARAMS = "1.1000000"
"""What an unknown link claims as its key derivation: PBKDF2 with a million rounds, as most real ones."""


@dataclass(frozen=True)
class Made:
    """A new share: its id, the token it is filled with (shown once), and when it ends."""

    share: str
    upload_token: str
    expires_at: datetime


@dataclass(frozen=True)
class RecipientView:
    """One link of a share as its sender sees it; times oldest first."""

    recipient: str
    label: str
    opens: int
    max_opens: int | None
    failures: int
    locked: bool
    ended: bool
    opened: tuple[datetime, ...]
    received: tuple[datetime, ...]
    seen_at: datetime | None = None
    """When the link, secret and all, came to the server by way of a mail gateway."""


@dataclass(frozen=True)
class ObjectView:
    """One sealed object: bytes of its ciphertext, and the parts that came as (number, SHA-256, bytes)."""

    object: str
    index: int
    size: int
    complete: bool
    parts: tuple[tuple[int, bytes, int], ...] = ()


@dataclass(frozen=True)
class ShareView:
    """A share as its sender sees it; `state` is uploading, ready, revoked, expired or lost, `size` in bytes."""

    share: str
    state: str
    made_at: datetime
    ready_at: datetime | None
    expires_at: datetime
    ended_at: datetime | None
    zero_knowledge: bool
    person_id: int | None
    size: int
    files: int
    recipients: tuple[RecipientView, ...]
    objects: tuple[ObjectView, ...] = ()
    drop: str = ""


@dataclass(frozen=True)
class Header:
    """What is needed to derive keys from link and password."""

    params: str
    salt: bytes


@dataclass(frozen=True)
class Opened:
    """What a proved holder of a link gets; `grant` is the bearer token of the downloads, `grant_id` its name."""

    grant: str
    grant_id: str
    share: str
    wrapped: bytes
    objects: tuple[ObjectView, ...]
    ends_at: datetime
    expires_at: datetime
    sender: str
    zero_knowledge: bool
    opens_left: int | None = None


@dataclass(frozen=True)
class Range:
    """Bytes of an object that a grant may read."""

    name: str
    size: int


@dataclass(frozen=True)
class TokenView:
    """A shell token as its owner sees it."""

    ref: str
    label: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class DropView:
    """A request for files as its owner sees it."""

    drop: str
    suite: int
    public_key: bytes
    params: str
    salt: bytes
    wrapped: bytes
    made_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    most: int | None
    by: str
    arrivals: tuple["Arrival", ...] = ()


@dataclass(frozen=True)
class Arrival:
    """Something that came into a drop: the share and its key, sealed to the drop's public key."""

    share: str
    state: str
    arrived_at: datetime | None
    expires_at: datetime
    size: int
    sealed_key: bytes = field(repr=False)
    read_at: datetime | None = None
