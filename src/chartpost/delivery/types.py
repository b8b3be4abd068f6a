"""Plain values of the delivery room."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from chartpost.identity.types import ALL_CATEGORIES, RowFilter

FORMATS = {
    "pdf": "PDF",
    "summary": "Summary as PDF",
    "ccda": "C-CDA",
    "ccda_files": "C-CDA with files",
    "referral": "C-CDA referral note",
    "discharge": "C-CDA discharge summary",
    "transfer": "C-CDA transfer summary",
    "fhir": "FHIR",
    "xdm": "XDM package",
    "document": "Original document",
    "about": "About this package",
}
OWN_DAYS = 7
"""Days that a copy a person made for themselves is kept."""


@dataclass(frozen=True)
class Referral:
    """Why somebody is sent on, and to whom: what a referral note and a transfer summary say beside the record."""

    reason: str = ""
    given: str = ""
    family: str = ""
    organization: str = ""
    phone: str = ""
    npi: str = ""

    @property
    def named(self) -> bool:
        """Whether it says to whom."""
        return bool(self.given or self.family or self.organization)


REFERRING = frozenset({"referral", "transfer"})
"""Formats that say why somebody is sent on, and to whom."""


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
    """A package and its files; `state` is waiting, ready, failed, expired or withdrawn.

    Only a ready package has files to open; `expires_at` is set for copies people made for themselves. `made_by` is
    the account that asked for it, `rows` the part of the record that account could see then.
    """

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
    language: str = "en"
    expires_at: datetime | None = None
    made_by: int | None = None
    rows: RowFilter = field(default_factory=RowFilter)


def rows_to_json(rows: RowFilter) -> dict[str, Any]:
    """A row filter as plain values for keeping."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(rows).items()}


def rows_from_json(kept: Mapping[str, Any]) -> RowFilter:
    """The row filter kept by `rows_to_json`; where none was kept, one that hides nothing."""
    first, last = (date.fromisoformat(kept[name]) if kept.get(name) else None for name in ("date_from", "date_to"))
    return RowFilter(kept.get("hidden_labels", 0), kept.get("categories", ALL_CATEGORIES), first, last)


@dataclass(frozen=True)
class ReceiptView:
    """Evidence about a delivery: when and by whom.

    `kind` is opened, posted, handed_over, arrived or problem; `part_ref` and `sha256` name the file that was opened.
    """

    kind: str
    by_name: str
    sha256: str
    at: datetime
    detail: Mapping[str, Any]
    part_ref: str = ""


WAITING = frozenset({"to_post", "to_hand_over", "to_make", "made"})
"""States of a delivery that is still in the house: on paper, a stick or a disc, or to be put there."""


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
    zone: str = "UTC"

    @property
    def waits(self) -> bool:
        """Whether the copies are still in the house."""
        return self.state in WAITING


@dataclass(frozen=True)
class CodeView:
    """An access code; `state` is open, locked or ended, `call_asked_at` since when its reader waits for a call."""

    state: str
    made_at: datetime
    ends_at: datetime
    call_asked_at: datetime | None
    opened_at: datetime | None


@dataclass(frozen=True)
class BoxView:
    """The newest offline box of a delivery: bytes of its archive, SHA-256 (hexadecimal) of the page and of records.cps.

    `blob` names the archive, and is empty once it was deleted.
    """

    blob: str
    size: int
    page_sha256: str
    box_sha256: str
    made_at: datetime


@dataclass(frozen=True)
class Channel:
    """A way for a package to reach somebody.

    `first_state` is the delivery's state after release. `check` gets the recipient and raises BadRecipient before
    anything is released; `on_release` gets the delivery's reference inside the release's transaction, `on_close` when
    no way may lead to it any more.
    """

    name: str
    first_state: str
    check: Callable[[Mapping[str, Any]], None] = field(default=lambda _: None)
    on_release: Callable[[str], None] = field(default=lambda _: None)
    on_close: Callable[[str], None] = field(default=lambda _: None)
