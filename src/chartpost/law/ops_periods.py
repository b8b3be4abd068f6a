"""The evaluations about other legal periods: JSON values in, JSON values out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import periods
from .access import is_reviewable
from .given import Given
from .ops_dates import iso
from .timers import timer

Answer = dict[str, Any]


def infeasibility_due(given: Given) -> Answer:
    """Answer op infeasibility_due (45 CFR 171.204(b))."""
    extra = given.days("extra_holidays")
    return {"respond_by": iso(timer("infoblock.reason").due(given.day("received"), extra))}


def _extendable(name: str) -> Callable[[Given], Answer]:
    def answer(given: Given) -> Answer:
        found = periods.extendable(name, given.day("received"))
        return {"initial_due": iso(found.initial_due), "max_extended_due": iso(found.max_extended_due)}

    return answer


def accounting_window(given: Given) -> Answer:
    """Answer op accounting_window."""
    first, last = periods.accounting_window(given.day("requested"), given.text("regime", "hipaa"))
    return {"from": iso(first), "to": iso(last)}


def accounting_fee_due(given: Given) -> Answer:
    """Answer op accounting_fee_due."""
    chargeable = periods.accounting_chargeable(given.days("previous_requests"), given.day("requested"))
    return {"chargeable": chargeable}


def le_suspension(given: Given) -> Answer:
    """Answer op le_suspension."""
    until = periods.suspended_until(given.text("statement"), given.day("date"), given.day_or_none("specified_until"))
    return {"suspend_until": iso(until)}


def ocr_deadline(given: Given) -> Answer:
    """Answer op ocr_deadline (45 CFR 160.306(b)(3))."""
    return {"file_by": iso(timer("complaint.ocr").due(given.day("knew")))}


def breach_deadlines(given: Given) -> Answer:
    """Answer op breach_deadlines."""
    states = given.part_or_none("residents_by_state")
    residents = {state: states.whole(state) for state in states.values} if states else {}
    found = periods.breach_deadlines(given.day("discovered"), given.whole("affected"), residents)
    return {
        "individual_by": iso(found.individual_by),
        "hhs_by": iso(found.hhs_by),
        "hhs_mode": found.hhs_mode,
        "media_states": list(found.media_states),
    }


def breach_clock_start(given: Given) -> Answer:
    """Answer op breach_clock_start."""
    start = periods.breach_clock_start(given.day("ba_discovered"), given.flag("ba_is_agent"), given.day("ce_notified"))
    return {"clock_start": iso(start), "individual_by": iso(timer("breach.individual").due(start))}


def retention_until(given: Given) -> Answer:
    """Answer op retention_until."""
    kept = periods.retention_until(given.day("created"), given.day_or_none("last_effective"))
    return {"keep_through": iso(kept)}


def decedent_phi(given: Given) -> Answer:
    """Answer op decedent_phi."""
    return {"is_phi": periods.is_decedent_phi(given.day("death"), given.day("on"))}


def authorization_active(given: Given) -> Answer:
    """Answer op authorization_active."""
    expires = given.day_or_none("expires")
    return {"active": periods.authorization_active(given.day("signed"), expires, given.day("on"))}


def external_review_deadline(given: Given) -> Answer:
    """Answer op external_review_deadline."""
    return {"file_by": iso(periods.external_review_by(given.day("notice_received")))}


def review_assignment(given: Given) -> Answer:
    """Answer op review_assignment."""
    valid, _ = periods.review_assignment(
        given.flag("reviewer_licensed"),
        given.flag("reviewer_participated"),
        is_reviewable(given.text("ground")),
    )
    return {"valid": valid}


OPS: dict[str, Callable[[Given], Answer]] = {
    "infeasibility_due": infeasibility_due,
    "amendment_due": _extendable("amend.act"),
    "accounting_due": _extendable("accounting.act"),
    "accounting_window": accounting_window,
    "accounting_fee_due": accounting_fee_due,
    "le_suspension": le_suspension,
    "ocr_deadline": ocr_deadline,
    "breach_deadlines": breach_deadlines,
    "breach_clock_start": breach_clock_start,
    "retention_until": retention_until,
    "decedent_phi": decedent_phi,
    "authorization_active": authorization_active,
    "external_review_deadline": external_review_deadline,
    "review_assignment": review_assignment,
}
