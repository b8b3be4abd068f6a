"""Plain values the identity room hands out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Literal

ActorKind = Literal["anonymous", "person", "staff", "system", "app", "code"]
ROLES = ("clerk", "approver", "reviewer", "privacy", "imaging", "admin")
BASES = ("parent", "guardian", "health_care_agent", "executor", "caregiver")
ALL_CATEGORIES = -1


@dataclass(frozen=True)
class Authority:
    """What a representative may do for one person, and until when.

    `beside`: the references of further rights this holds something of, where it is made of several.
    """

    ref: str
    person_id: int
    basis: str
    categories: int
    may_request: bool
    hides_minor_confidential: bool
    starts_on: date
    ends_on: date | None
    beside: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it covers everything the person may see."""
        return self.categories == ALL_CATEGORIES and not self.hides_minor_confidential

    def in_force(self, on: date) -> bool:
        """Whether the authority holds on a day; the last day counts."""
        return self.starts_on <= on and (self.ends_on is None or on <= self.ends_on)

    def covers(self, other: "Authority") -> bool:
        """Whether everything of the record that `other` shows may be seen by this one."""
        stricter = self.hides_minor_confidential and not other.hides_minor_confidential
        return not stricter and not other.categories & ~self.categories


def _gives_most(one: Authority) -> tuple[bool, int, bool, int]:
    """What sorts rights by what they give; of two that give the same, what the person's own word alone gave is later.

    A caregiver was let in by the person; the others decide in the person's place (45 CFR 164.502(g)).
    """
    sections = (one.categories & (1 << 63) - 1).bit_count()
    until = (one.ends_on or date.max).toordinal()
    return one.hides_minor_confidential, -sections, one.basis == "caregiver", -until


def together(held: Sequence[Authority]) -> Authority | None:
    """What several rights over one record give, as one right; None of none.

    That is the one that gives all the others give. Where there is none: the sections of each, without what any of them
    hides, until the first of them ends. So nothing is given that none of them gives.
    """
    if len(held) < 2:
        return next(iter(held), None)
    best = sorted(held, key=_gives_most)
    hides = any(one.hides_minor_confidential for one in held)
    named = next(one for one in best if one.hides_minor_confidential == hides)
    joined = replace(
        named,
        categories=reduce(or_, (one.categories for one in held)),
        starts_on=max(one.starts_on for one in held),
        ends_on=min((one.ends_on for one in held if one.ends_on), default=None),
        beside=tuple(one.ref for one in best if one is not named),
    )
    return next((one for one in best if one.covers(joined)), joined)


@dataclass(frozen=True)
class Representative:
    """Somebody who acts for a person or did: what the right gives and until when, whose account it is, on what paper.

    `ended_at` is when somebody ended it; `closed` tells that the account was closed.
    """

    authority: Authority
    name: str
    evidence: str
    ended_at: datetime | None
    closed: bool

    def acts(self, on: date) -> bool:
        """Whether they act for the person on a day."""
        return self.ended_at is None and not self.closed and self.authority.in_force(on)

    def over(self, on: date) -> bool:
        """Whether it is behind them on a day; false for what is still to begin."""
        last = self.authority.ends_on
        return self.ended_at is not None or self.closed or (last is not None and last < on)


@dataclass(frozen=True)
class Actor:
    """Who is acting: built once per session, given to every policy.

    `today`: the office's day, by which rights begin and end; `zone`: where the account's own pages set their clocks.
    `fresh`: proved itself within the last five minutes. `second_factor`: has the second sign-in step it needs.
    `sign_in`: what its sessions rest on; another one once its password was set anew (Django's session hash).
    """

    kind: ActorKind
    account_id: int | None = None
    ref: str = ""
    name: str = ""
    own_persons: frozenset[int] = frozenset()
    authorities: tuple[Authority, ...] = ()
    roles: frozenset[str] = frozenset()
    today: date = field(default_factory=lambda: date.min)
    fresh: bool = False
    second_factor: bool = True
    zone: str = "UTC"
    language: str = "en"
    sign_in: str = field(default="", compare=False, repr=False)

    @property
    def label(self) -> str:
        """How the ledger names the actor: kind and opaque reference."""
        return f"{self.kind}:{self.ref or '-'}"

    def authority_for(self, person_id: int | None, asks: bool = False) -> Authority | None:
        """What the rights in force for a person give together, if there are any.

        `asks`: those alone by which records may be asked for, so that none of the others widens what is asked for.
        """
        held = [one for one in self.authorities if one.person_id == person_id and one.in_force(self.today)]
        return together([one for one in held if one.may_request or not asks])


ANONYMOUS = Actor(kind="anonymous")
SYSTEM = Actor(kind="system", ref="system", name="Chartpost")


@dataclass(frozen=True)
class RowFilter:
    """What part of a record may be seen; applied inside every query.

    `hidden_labels` is a mask of `Label`; a row with any of them is not shown. `categories` is a mask of
    `1 << Category` (-1: all). Dates are inclusive and local to the record.
    """

    hidden_labels: int = 0
    categories: int = ALL_CATEGORIES
    date_from: date | None = None
    date_to: date | None = None

    @property
    def all_but_labels(self) -> bool:
        """Whether nothing but labels keeps a row from being seen."""
        return self.categories == ALL_CATEGORIES and self.date_from is None and self.date_to is None

    def covers(self, other: "RowFilter") -> bool:
        """Whether everything `other` shows may be seen through this one."""
        if self.hidden_labels & ~other.hidden_labels or other.categories & ~self.categories:
            return False
        if self.date_from and not (other.date_from and other.date_from >= self.date_from):
            return False
        return not self.date_to or bool(other.date_to and other.date_to <= self.date_to)


@dataclass(frozen=True)
class Subject:
    """What is acted on, as plain facts; `ref` where one thing alone is meant."""

    kind: str
    person_id: int | None = None
    owner_id: int | None = None
    decided_by: int | None = None
    prepared_by: int | None = None
    two_person: bool = False
    state: str = ""
    ref: str = ""
    rows: RowFilter | None = None
    """What part of the record it was made of, where it holds some of it: a reader who may see less may not open it."""


@dataclass(frozen=True)
class Verdict:
    """The answer of a policy, with its reason in plain words and the rule behind it."""

    allow: bool
    reason: str
    rule: str = ""


@dataclass(frozen=True)
class PersonView:
    """A person as pages show them."""

    id: int
    ref: str
    given: str
    family: str
    birth_date: date | None
    sex: str
    address_line: str
    city: str
    state: str
    postal_code: str
    phone: str
    email: str
    language: str
    deceased_on: date | None
    identifiers: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given} {self.family}".strip()

    @property
    def address(self) -> tuple[str, ...]:
        """The lines of a postal address."""
        town = f"{self.city}, {self.state} {self.postal_code}".strip(" ,")
        return tuple(line for line in (self.address_line, town) if line)


@dataclass(frozen=True)
class OfficeView:
    """The office: name, contacts, fee settings, release rule."""

    name: str
    address: str
    phone: str
    email: str
    complaint_name: str
    complaint_phone: str
    complaint_email: str
    fee_method: str
    flat_cents: int
    labor_cents_per_hour: int
    average_labor_cents: int
    two_person_release: bool
    set_up_at: datetime | None
    recovery_key_shown_at: datetime | None
    npi: str = ""


@dataclass(frozen=True)
class FacilityView:
    """A place of the office."""

    id: int
    ref: str
    name: str
    state: str
    zone: str
    address: str
    phone: str
    npi: str = ""


@dataclass(frozen=True)
class AccountView:
    """An account as pages show it."""

    id: int
    ref: str
    name: str
    email: str
    is_staff: bool
    is_active: bool
    roles: tuple[str, ...] = ()


ScopeLevel = Literal["patient", "user", "system"]


@dataclass(frozen=True)
class Scope:
    """One resource scope of SMART App Launch 2 (https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html).

    `type` is an R4 type or `*`; `actions` letters of "cruds"; `only` the granular restriction, (parameter,
    "system|code") pairs that must all hold (none: the whole type).
    """

    level: ScopeLevel
    type: str
    actions: frozenset[str]
    only: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Access:
    """What one access token may do, worked out once when the token is first seen.

    `actor` is whom the app acts for (kind "app" for a backend client); `person_id` and `patient_id` the person in
    context and their Patient id, if any; `persons` whom the token reaches and what of each; `everyone` is set when
    it reaches the whole office, and is for all but these. `expires_at` is in seconds since 1970, `fhir_user` a
    relative reference or empty; `user` is whose record that one resource is part of where it is the user's own, and
    what of it may be seen.
    """

    grant_ref: str
    client_id: str
    client_name: str
    actor: Actor
    scopes: tuple[Scope, ...]
    persons: Mapping[int, RowFilter]
    everyone: RowFilter | None = None
    person_id: int | None = None
    patient_id: str = ""
    expires_at: float = 0.0
    fhir_user: str = ""
    user: Mapping[int, RowFilter] = field(default_factory=dict)
    worked_out: dict[str, object] = field(default_factory=dict, compare=False, repr=False)
    """What doors worked out of the scopes, so that it is done once a token."""
