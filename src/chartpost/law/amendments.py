"""Requests to correct a record (45 CFR 164.526; rulebook 3)."""

from __future__ import annotations

from dataclasses import dataclass

DENIAL_FINDINGS = ("not_created_here", "not_in_drs", "not_accessible", "accurate_and_complete")
"""The closed list of findings that let an office refuse a correction (45 CFR 164.526(a)(2))."""

OTHER_WORDS = {
    "accurate_complete": "accurate_and_complete",
    "accurate": "accurate_and_complete",
    "not_open_to_inspection": "not_accessible",
    "not_available_for_inspection": "not_accessible",
    "not_accessible_under_524": "not_accessible",
}


@dataclass(frozen=True, slots=True)
class Rebuttal:
    """Whether the person gets a copy of a rebuttal, and what is linked to the disputed record."""

    copy_to_individual: bool
    link: tuple[str, ...]


def may_deny(finding: str, originator_available: bool = True) -> bool:
    """Say whether a finding lets the office refuse a correction (45 CFR 164.526(a)(2)).

    A record made elsewhere must be corrected here when its originator can no longer act.
    """
    known = OTHER_WORDS.get(finding, finding)
    if known == "not_created_here":
        return originator_available
    return known in DENIAL_FINDINGS


def attachment(statement_filed: bool, individual_asked: bool, policy: str = "on_request") -> str:
    """Return what goes with future disclosures of a disputed record (45 CFR 164.526(d)(5)).

    It is dispute_packet_or_summary, request_and_denial_or_summary or none. Policy always_include sends the
    request and the denial even when nobody asked.
    """
    if statement_filed:
        return "dispute_packet_or_summary"
    if individual_asked or policy == "always_include":
        return "request_and_denial_or_summary"
    return "none"


def rebuttal(written: bool) -> Rebuttal:
    """Return what follows a statement of disagreement (45 CFR 164.526(d)(3)-(4))."""
    links = ("request", "denial", "statement")
    return Rebuttal(written, (*links, "rebuttal") if written else links)
