"""Plain values of this room."""

from dataclasses import dataclass, field
from datetime import datetime

from chartpost.records.types import Selection

TRIES = 10
"""Wrong passcodes in the life of a link."""
OPEN_STATES = ("making", "ready", "failed")


@dataclass(frozen=True)
class Asked:
    """What somebody wants a link to be; `once` names the form it came from, so that it counts one time.

    `formats` may hold pdf, ccda and originals, which go into the FHIR Bundle. `passcode` may be empty, `max_uses` None.
    """

    person_id: int
    selection: Selection
    formats: tuple[str, ...]
    language: str
    label: str
    days: int
    once: str
    passcode: str = field(default="", repr=False)
    max_uses: int | None = None
    long_term: bool = False
    direct: bool = False


@dataclass(frozen=True)
class Made:
    """A link just made; `link` holds its key and is shown this one time."""

    ref: str
    link: str = field(repr=False)
    ends_at: datetime


@dataclass(frozen=True)
class UseView:
    """One use: when, and what the one who used it calls themselves."""

    at: datetime
    recipient: str


@dataclass(frozen=True)
class LinkView:
    """A link as its maker sees it; `state` is making, ready, failed, used, locked, stopped or expired."""

    ref: str
    person_id: int
    label: str
    state: str
    long_term: bool
    direct: bool
    has_passcode: bool
    failures: int
    max_uses: int | None
    uses: int
    entries: int
    formats: tuple[str, ...]
    made_at: datetime
    built_at: datetime | None
    ends_at: datetime
    ended_at: datetime | None
    last_uses: tuple[UseView, ...]

    @property
    def live(self) -> bool:
        """Whether the link still leads anywhere."""
        return self.state in {"making", "ready", "failed"}


@dataclass(frozen=True)
class Served:
    """What a request got: the encrypted file's blob, its length in characters, and when it was made."""

    ref: str
    blob: str
    size: int
    built_at: datetime
    long_term: bool
    location: str = field(repr=False)
