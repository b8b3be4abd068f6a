"""The evaluations about corrections, restrictions and confidential communication: JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import amendments, restrictions
from .given import Given

Answer = dict[str, Any]


def amendment(given: Given) -> Answer:
    """Answer op amendment."""
    available = given.flag("originator_available", default=True)
    return {"may_deny": amendments.may_deny(given.text("finding"), available)}


def amendment_attach(given: Given) -> Answer:
    """Answer op amendment_attach."""
    attach = amendments.attachment(
        given.flag("statement_filed"),
        given.flag("individual_asked_inclusion"),
        given.text("policy", "on_request"),
    )
    return {"attach": attach}


def amendment_rebuttal(given: Given) -> Answer:
    """Answer op amendment_rebuttal."""
    found = amendments.rebuttal(given.flag("rebuttal"))
    return {"copy_to_individual": found.copy_to_individual, "link": list(found.link)}


def restriction(given: Given) -> Answer:
    """Answer op restriction."""
    agree = restrictions.must_agree(
        given.text("recipient"),
        given.text("purpose"),
        given.flag("paid_in_full_out_of_pocket"),
        given.flag("required_by_law"),
    )
    return {"must_agree": agree}


def restriction_termination(given: Given) -> Answer:
    """Answer op restriction_termination."""
    return {"effective_for": restrictions.termination_reach(given.flag("mandatory"), given.text("by"))}


def confidential_communication(given: Given) -> Answer:
    """Answer op confidential_communication."""
    entity = given.text("entity")
    accommodate = restrictions.must_accommodate(
        entity, given.flag("reasonable", default=True), given.flag("endangerment_stated")
    )
    return {"must_accommodate": accommodate, "may_ask_reason": restrictions.may_ask_reason(entity)}


OPS: dict[str, Callable[[Given], Answer]] = {
    "amendment": amendment,
    "amendment_attach": amendment_attach,
    "amendment_rebuttal": amendment_rebuttal,
    "restriction": restriction,
    "restriction_termination": restriction_termination,
    "confidential_communication": confidential_communication,
}
