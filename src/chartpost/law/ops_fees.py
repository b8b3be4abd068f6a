"""The evaluation about fees: the facts as JSON values in, the quote as JSON values out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import LawInputError
from .fee_types import ExcludedCost, FeeInput, SummaryWork, Supply
from .fees import quote
from .given import Given
from .state_fees import StateSchedule

WAIVER_KEYS = ("waived", "entity_waiver", "waiver", "fee_waived", "waived_by_entity")
FREE_FACTS = ("first_copy", "ssi_ssdi_appeal", "public_benefit_appeal")
COPY_WORDS = {
    "inspection": "inspect",
    "portal_view": "portal",
    "portal_download": "portal",
    "view_download_transmit": "portal",
    "fhir_api": "api",
}
PATHWAY_WORDS = {
    "individual": "individual_access",
    "personal_representative": "individual_access",
    "third_party": "third_party_directive",
    "attorney_authorization": "authorization",
}


def fee_input(given: Given) -> FeeInput:
    """Read the facts of a fee from JSON values; raises LawInputError for a wrong kind or range."""
    copy = given.text("copy", "electronic")
    pathway = given.text("pathway", "individual_access")
    profile = given.text("profile", "ciox_2020")
    return FeeInput(
        pathway=PATHWAY_WORDS.get(pathway, pathway),
        maintained=given.text("maintained", "electronic"),
        copy=COPY_WORDS.get(copy, copy),
        method=given.text("method", "actual"),
        profile="ciox_2020" if profile == "current" else profile,
        policy=given.text("policy", "cost_based"),
        advance_notice_given=given.flag("advance_notice_given"),
        waived=given.any_flag(*WAIVER_KEYS) or False,
        chargeable=given.flag("chargeable", default=True),
        state=given.text_or_none("state"),
        facts=frozenset(key for key in FREE_FACTS if given.flag(key)),
        supplies=tuple(_supply(part) for part in given.parts("supplies")),
        excluded=tuple(ExcludedCost(p.text("item", "other"), p.whole("cents", 0)) for p in given.parts("excluded")),
        summary=_summary(given.part_or_none("summary")),
        state_schedule=_schedule(given.part_or_none("state_schedule")),
        mail_requested=given.flag("mail_requested"),
        **_amounts(given),
    )


def _amounts(given: Given) -> dict[str, Any]:
    optional = (
        "rate_cents_per_hour",
        "average_labor_cents",
        "flat_cents",
        "per_page_cents",
        "pages",
        "invoice_cents",
        "state_cap_cents",
        "entity_cap_cents",
    )
    amounts: dict[str, Any] = {key: given.whole_or_none(key) for key in optional}
    amounts["labor_minutes"] = given.amount_or_none("labor_minutes")
    amounts["postage_cents"] = given.whole("postage_cents", 0)
    amounts["microfilm_pages"] = given.whole("microfilm_pages", 0)
    amounts["flat_limit_cents"] = given.whole("flat_limit_cents", 650)
    amounts["flat_is_cap"] = given.flag("flat_is_cap")
    return amounts


def _supply(part: Given) -> Supply:
    return Supply(part.text("item", "other"), part.whole("cents"), part.flag("requested_by_individual"))


def _summary(part: Given | None) -> SummaryWork | None:
    if part is None:
        return None
    return SummaryWork(
        part.amount_or_none("minutes") or 0,
        part.whole("rate_cents_per_hour", 0),
        part.flag("agreed"),
        part.flag("fee_agreed"),
    )


def _schedule(part: Given | None) -> StateSchedule | None:
    if part is None:
        return None
    tiers = tuple(_tier(part, row) for row in part.rows("tiers"))
    return StateSchedule(part.whole("pages", 0), part.whole("base_cents", 0), tiers, part.whole_or_none("max_cents"))


def _tier(part: Given, row: object) -> tuple[int | None, int]:
    match row:
        case [int() | None as last, int() as cents]:
            return last, cents
        case _:
            raise LawInputError.of(f"{part.path}.tiers", row, "pairs of [last page or null, cents per page]")


def fee_quote(given: Given) -> dict[str, Any]:
    """Answer op fee_quote: whether a fee may be charged, the total in cents, and the reason codes."""
    answer = quote(fee_input(given))
    return {"allowed": answer.allowed, "total_cents": answer.total_cents, "reasons": list(answer.reasons)}


OPS: dict[str, Callable[[Given], dict[str, Any]]] = {"fee_quote": fee_quote}
