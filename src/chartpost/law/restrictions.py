"""Restrictions and confidential communication (45 CFR 164.522; rulebook 4.2)."""

from __future__ import annotations

PLAN_PURPOSES = frozenset({"payment", "operations"})
ENDED_BY_PERSON = frozenset({"individual", "individual_request", "individual_written", "individual_oral", "agreement"})


def must_agree(recipient: str, purpose: str, paid_in_full: bool, required_by_law: bool) -> bool:
    """Say whether the office must agree to a restriction (45 CFR 164.522(a)(1)(vi)).

    Only for a disclosure to a health plan for payment or operations, of care paid in full by or for the person,
    that no other law requires.
    """
    to_plan = recipient == "health_plan" and purpose in PLAN_PURPOSES
    return to_plan and paid_in_full and not required_by_law


def termination_reach(mandatory: bool, by: str) -> str:
    """Return what the end of a restriction covers: all_phi, phi_after_notice or none (45 CFR 164.522(a)(2)).

    The office's own notice reaches only what comes after it, and never ends a mandatory restriction.
    """
    if by in ENDED_BY_PERSON:
        return "all_phi"
    return "none" if mandatory or by != "entity_notice" else "phi_after_notice"


def must_accommodate(entity: str, reasonable: bool, endangerment_stated: bool) -> bool:
    """Say whether another address or means must be used (45 CFR 164.522(b)(1)).

    A provider must when the request is reasonable; a plan also needs the statement of danger.
    """
    return reasonable and (entity != "plan" or endangerment_stated)


def may_ask_reason(entity: str) -> bool:
    """Say whether the reason may be asked: never by a provider (45 CFR 164.522(b)(2)(iii)-(iv))."""
    return entity == "plan"
