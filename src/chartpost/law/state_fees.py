"""State limits and state price lists for copies (rulebook 2.3; 45 CFR 160.203). Amounts are whole cents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .citation import Citation, as_mark
from .tables import table

Tiers = tuple[tuple[int | None, int], ...]
"""Page prices: (last page of the tier, cents per page); a last page of None means all further pages."""


@dataclass(frozen=True, slots=True)
class StateSchedule:
    """A state's price list for copies to third parties: base, tiers per page, at most `max_cents`."""

    pages: int
    base_cents: int = 0
    tiers: Tiers = ()
    max_cents: int | None = None

    def total(self) -> int:
        """Return the price in cents."""
        cents = self.base_cents + tiered(self.tiers, self.pages)
        return cents if self.max_cents is None else min(cents, self.max_cents)


@dataclass(frozen=True, slots=True)
class StateCap:
    """The most a state allows for the person's own copy, in cents."""

    cents: int
    citation: Citation


def tiered(tiers: Tiers, pages: int) -> int:
    """Price a number of pages by tiers, in cents."""
    cents = done = 0
    for last, price in tiers:
        end = pages if last is None else min(last, pages)
        cents += max(0, end - done) * price
        done = max(done, end)
    return cents


def state_cap(
    state: str, copy: str, pages: int | None, microfilm_pages: int = 0, facts: frozenset[str] = frozenset()
) -> StateCap | None:
    """Return what a state's law caps the person's copy at, or None where the table holds no cap that fits.

    Page prices cap paper copies alone. `facts` are conditions that make a copy free: first_copy,
    ssi_ssdi_appeal, public_benefit_appeal.
    """
    row = _row(state)
    if row is None:
        return None
    citation = Citation("FEE-14", row["cite"], as_mark(row["mark"]))
    if facts.intersection(row.get("free_when", ())):
        return StateCap(0, citation)
    if copy != "paper" or pages is None or "tiers" not in row:
        return None
    return StateCap(tiered(_tiers(row), pages) + microfilm_pages * row.get("microfilm_cents", 0), citation)


def free_when(state: str) -> tuple[str, ...]:
    """Return the facts that make a copy free in a state, as codes."""
    row = _row(state)
    return tuple(row.get("free_when", ())) if row else ()


def third_party_schedule(state: str, pages: int) -> StateSchedule | None:
    """Return the state's price list for third parties, search fee included, where the table holds one."""
    row = _row(state)
    if row is None or "search_fee_cents" not in row:
        return None
    return StateSchedule(pages, row["search_fee_cents"], _tiers(row))


def state_fee_rows() -> list[Mapping[str, Any]]:
    """Return the table's rows, for pages and documents that show it."""
    return list(table("state_fee_caps")["row"])


def _row(state: str) -> Mapping[str, Any] | None:
    return next((row for row in state_fee_rows() if row["state"] == state), None)


def _tiers(row: Mapping[str, Any]) -> Tiers:
    return tuple((last or None, cents) for last, cents in row["tiers"])
