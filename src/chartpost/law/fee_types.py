"""Values that go into and come out of a fee quote. All money is whole cents of US dollars."""

from __future__ import annotations

from dataclasses import dataclass, fields
from fractions import Fraction

from .citation import Citation
from .errors import LawInputError
from .state_fees import StateSchedule

PATHWAYS = ("individual_access", "third_party_directive", "authorization", "accounting")
MAINTAINED = ("electronic", "paper", "mixed")
COPIES = ("electronic", "paper", "summary", "inspect", "portal", "api")
METHODS = ("actual", "average", "schedule", "flat", "per_page", "invoice")
FEE_PROFILES = ("ciox_2020", "guidance_2016")
POLICIES = ("cost_based", "free_for_individuals", "cap_650", "flat_is_cap")
FLAT_LIMIT_CENTS = 650


@dataclass(frozen=True, slots=True)
class Supply:
    """Paper, toner, a disc or a stick, with its cost in cents."""

    item: str
    cents: int
    requested_by_individual: bool = False


@dataclass(frozen=True, slots=True)
class ExcludedCost:
    """A cost that may never be charged for access, kept so that the quote can show it was dropped."""

    item: str
    cents: int


@dataclass(frozen=True, slots=True)
class SummaryWork:
    """Work on a summary and whether the person agreed to it and to its fee in advance."""

    minutes: int | Fraction
    rate_cents_per_hour: int
    agreed: bool = False
    fee_agreed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeInput:
    """The facts of one fee (rulebook 2). Minutes may be fractions; `pages` is the number of pages copied.

    `state_cap_cents` overrides the state table; otherwise `state`, `pages` and `facts` (first_copy,
    ssi_ssdi_appeal, public_benefit_appeal) find the cap there. Raises LawInputError for a value out of range.
    """

    pathway: str = "individual_access"
    maintained: str = "electronic"
    copy: str = "electronic"
    method: str = "actual"
    advance_notice_given: bool = False
    labor_minutes: int | Fraction | None = None
    rate_cents_per_hour: int | None = None
    average_labor_cents: int | None = None
    flat_cents: int | None = None
    per_page_cents: int | None = None
    pages: int | None = None
    microfilm_pages: int = 0
    invoice_cents: int | None = None
    supplies: tuple[Supply, ...] = ()
    postage_cents: int = 0
    mail_requested: bool = False
    summary: SummaryWork | None = None
    excluded: tuple[ExcludedCost, ...] = ()
    state: str | None = None
    facts: frozenset[str] = frozenset()
    state_cap_cents: int | None = None
    state_schedule: StateSchedule | None = None
    waived: bool = False
    entity_cap_cents: int | None = None
    flat_is_cap: bool = False
    flat_limit_cents: int = FLAT_LIMIT_CENTS
    policy: str = "cost_based"
    profile: str = "ciox_2020"
    chargeable: bool = True

    def __post_init__(self) -> None:
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise LawInputError.of(name, getattr(self, name), f"one of {', '.join(allowed)}")
        for holder in (self, *self.supplies, *self.excluded, self.summary, self.state_schedule):
            _refuse_negative(holder)


_CHOICES = {
    "pathway": PATHWAYS,
    "maintained": MAINTAINED,
    "copy": COPIES,
    "method": METHODS,
    "profile": FEE_PROFILES,
    "policy": POLICIES,
}


def _refuse_negative(holder: object) -> None:
    if holder is None:
        return
    for field in fields(holder):  # type: ignore[arg-type]  # every holder is one of the dataclasses above
        value = getattr(holder, field.name)
        if isinstance(value, int | Fraction) and value < 0:
            raise LawInputError.of(field.name, value, "0 or more")


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One line of a quote: what it is, how it was worked out, and the rule behind it.

    `kind` is labor, supply, summary, postage, flat, per_page, schedule, state_cap, entity_cap, invoice_cap or
    excluded. A reduction has negative cents. For a dropped line `cents` is what is not charged.
    """

    kind: str
    item: str
    cents: int
    calculation: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class FeeQuote:
    """The answer: whether a fee may be charged, the total (the sum of the lines), and why.

    `total_cents` is None when the fee is refused. `dropped` lists costs left out. `reasons` are sorted codes.
    """

    allowed: bool
    total_cents: int | None
    lines: tuple[FeeLine, ...]
    reasons: tuple[str, ...]
    citations: tuple[Citation, ...]
    dropped: tuple[FeeLine, ...] = ()
