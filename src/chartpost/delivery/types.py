"""Plain values of the delivery room."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

FORMATS = {"pdf": "PDF", "ccda": "C-CDA", "fhir": "FHIR", "document": "Original document"}


@dataclass(frozen=True)
class PartView:
    """One file of a package; `size` in bytes."""

    ref: str
    format: str
    name: str
    media_type: str
    sha256: str
    size: int
    pages: int | None


@dataclass(frozen=True)
class PackageView:
    """A package and its files; `state` is waiting, ready or failed."""

    ref: str
    request_ref: str
    person_id: int
    state: str
    formats: tuple[str, ...]
    entries: int
    withheld: tuple[str, ...]
    problem: str
    made_at: datetime
    ready_at: datetime | None
    parts: tuple[PartView, ...]


@dataclass(frozen=True)
class ReceiptView:
    """Evidence about a delivery."""

    kind: str
    by_name: str
    sha256: str
    at: datetime
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class DeliveryView:
    """A delivery with its receipts, oldest first."""

    ref: str
    package: PackageView
    person_id: int
    channel: str
    state: str
    recipient: Mapping[str, str]
    tracking: str
    released_at: datetime
    posted_on: date | None
    asked_at: datetime | None
    confirmed_at: datetime | None
    problem: str
    receipts: tuple[ReceiptView, ...]


@dataclass(frozen=True)
class Channel:
    """A way for a package to reach somebody: its first state, and what is known to have happened by then."""

    name: str
    first_state: str
    on_release: Callable[[str], None] = field(default=lambda _: None)
