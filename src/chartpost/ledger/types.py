"""Plain values of the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

NAMED_AT_MOST = 50
"""Things that an entry about several names in its detail `entries`."""
OWN = "own access"
"""The purpose of who reads, or has an app read, their own record."""
NAMES_BETWEEN = ","


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: who did what, to whose record, why and from where (45 CFR 164.312(b)).

    `actor` is kind and opaque reference (`staff:01h...`), `object` the thing acted on (`request:01h...`), `why` the
    purpose, `where` an address or door. `detail` holds short codes and numbers only, under the keys of
    `ledger.encoding.DETAIL_KEYS`; never names, dates of birth or anything clinical. `entries` are the first of several
    things acted on, as Type/id.
    """

    actor: str
    actor_name: str
    actor_kind: str
    action: str
    person_id: int | None = None
    object: str = ""
    why: str = ""
    where: str = ""
    detail: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry as a person reads it; `what`, `role` and `why` are words in the reader's language.

    `purpose` is why as it is written.
    """

    ref: str
    at: datetime
    who: str
    role: str
    what: str
    why: str
    where: str
    action: str
    object: str
    person_id: int | None
    detail: Mapping[str, str | int]
    sequence: int | None
    actor: str = ""
    purpose: str = ""

    @property
    def by_own_app(self) -> bool:
        """Whether an app did it that the person let in, not somebody who acts for them or works here."""
        return self.actor.startswith("app:") and self.purpose == OWN

    @property
    def app(self) -> str:
        """The reference of the app it is about: one that was let in, blocked or stopped; empty when it is none."""
        kind, _colon, ref = self.object.partition(":")
        return ref if kind == "app" else ""

    @property
    def objects(self) -> tuple[str, ...]:
        """What it is about: its object, and of a deed on several things the first of them."""
        names = str(self.detail.get("entries", ""))
        return self.object, *(names.split(NAMES_BETWEEN) if names else ())


@dataclass(frozen=True, slots=True)
class Filter:
    """What a privacy officer looks for; None or empty means any. Times are aware; `until` is exclusive.

    `merged` are those who by now are one with the person of `person_id`: entries keep whom they were written about.
    """

    person_id: int | None = None
    merged: frozenset[int] = frozenset()
    actor: str = ""
    action: str = ""
    object: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def persons(self) -> frozenset[int] | None:
        """Whose entries fit; None for anybody's."""
        return None if self.person_id is None else self.merged | {self.person_id}
