"""Work out a fee in the order of rulebook 2.2 (45 CFR 164.524(c)(4), 164.528(c)(2))."""

from __future__ import annotations

from . import fee_lines
from .citation import Citation
from .fee_types import (
    FLAT_LIMIT_CENTS,
    ExcludedCost,
    FeeInput,
    FeeLine,
    FeeQuote,
    SummaryWork,
    Supply,
)
from .rules import cite
from .state_fees import StateCap, StateSchedule, state_cap, third_party_schedule

__all__ = [
    "ExcludedCost",
    "FeeInput",
    "FeeLine",
    "FeeQuote",
    "StateSchedule",
    "SummaryWork",
    "Supply",
    "quote",
]

FREE_COPIES = {"inspect": "INSPECTION_FREE", "portal": "PORTAL_FREE", "api": "PORTAL_FREE"}
REASON_RULES = {
    "ENTITY_CAP_APPLIED": "FEE-8",
    "ENTITY_WAIVER": "FEE-12",
    "EXCLUDED_COSTS_DROPPED": "FEE-3",
    "FIRST_ACCOUNTING_FREE": "FEE-19",
    "FLAT_NOT_AVAILABLE": "FEE-8",
    "FLAT_OVER_LIMIT": "FEE-8",
    "INSPECTION_FREE": "FEE-10",
    "NO_ADVANCE_NOTICE": "FEE-11",
    "NO_COST_BASIS": "FEE-1",
    "PER_PAGE_NOT_ALLOWED": "FEE-9",
    "PORTAL_FREE": "FEE-10",
    "STATE_CAP_APPLIED": "FEE-14",
    "SUMMARY_NOT_AGREED": "FMT-8",
}
"""Every reason code a quote can carry, with the rule behind it."""


def quote(fee: FeeInput) -> FeeQuote:
    """Return the fee that may be charged, line by line, in cents (rulebook 2.2; 45 CFR 164.524(c)(4)).

    A refused fee has `allowed` False, no total and the codes of REASON_RULES that refuse it; a free copy has
    a total of 0 and the code that makes it free. The lines always add up to the total.
    """
    if fee.pathway == "accounting":
        return _accounting(fee)
    if _is_third_party(fee):
        return _third_party(fee)
    return _individual(fee)


def _is_third_party(fee: FeeInput) -> bool:
    if fee.pathway == "third_party_directive":
        return fee.profile != "guidance_2016"
    return fee.pathway == "authorization"


def _individual(fee: FeeInput) -> FeeQuote:
    if fee.copy in FREE_COPIES:
        return _free(FREE_COPIES[fee.copy])
    if fee.waived or fee.policy == "free_for_individuals":
        return _free("ENTITY_WAIVER")
    refusals = _refusals(fee)
    if refusals:
        return _refused(*refusals)
    lines = _flat_lines(fee) if fee.method == "flat" else _cost_lines(fee)
    reasons = {"EXCLUDED_COSTS_DROPPED"} if fee.excluded else set()
    reasons |= _apply_caps(fee, lines)
    if fee.method != "flat":
        lines += fee_lines.postage(fee)
    dropped = fee_lines.dropped(fee) if fee.method != "flat" else _dropped_from_flat(fee)
    return _priced(lines, reasons, (cite("FEE-1"),), dropped)


def _refusals(fee: FeeInput) -> list[str]:
    """Return why no fee may be charged: the first step of 2.2 that fails, with every fault found there."""
    if not fee.advance_notice_given:
        return ["NO_ADVANCE_NOTICE"]
    if not _summary_agreed(fee):
        return ["SUMMARY_NOT_AGREED"]
    if fee.method == "flat":
        return _flat_faults(fee)
    if fee.method == "per_page" and fee.maintained != "paper":
        return ["PER_PAGE_NOT_ALLOWED"]
    return [] if _has_cost_basis(fee) else ["NO_COST_BASIS"]


def _summary_agreed(fee: FeeInput) -> bool:
    if fee.summary is None:
        return fee.copy != "summary"
    return fee.summary.agreed and fee.summary.fee_agreed


def _flat_cents(fee: FeeInput) -> int:
    return fee.flat_limit_cents if fee.flat_cents is None else fee.flat_cents


def _flat_faults(fee: FeeInput) -> list[str]:
    faults = []
    if _flat_cents(fee) > min(fee.flat_limit_cents, FLAT_LIMIT_CENTS):
        faults.append("FLAT_OVER_LIMIT")
    if fee.maintained != "electronic" or fee.copy != "electronic":
        faults.append("FLAT_NOT_AVAILABLE")
    return faults


def _has_cost_basis(fee: FeeInput) -> bool:
    if fee.method == "flat":
        return False
    if fee_lines.LABOR[fee.method](fee):
        return True
    if fee.method == "invoice":
        return False
    return bool(fee.summary or fee.supplies or fee_lines.postage(fee))


def _flat_lines(fee: FeeInput) -> list[FeeLine]:
    return [FeeLine("flat", "flat fee", _flat_cents(fee), "one price for everything", cite("FEE-8"))]


def _dropped_from_flat(fee: FeeInput) -> tuple[FeeLine, ...]:
    return tuple(line for line in fee_lines.dropped(fee) if line.kind == "excluded")


def _cost_lines(fee: FeeInput) -> list[FeeLine]:
    lines = fee_lines.LABOR[fee.method](fee) + fee_lines.supplies(fee) + fee_lines.summary_work(fee)
    if fee.method == "invoice" and fee.invoice_cents is not None:
        _cap(lines, fee.invoice_cents, "invoice_cap", "not above the invoice", cite("FEE-1"))
    return lines


def _apply_caps(fee: FeeInput, lines: list[FeeLine]) -> set[str]:
    """Lower the lines to the state's and then the office's cap; return the reason codes."""
    reasons = set()
    state = _state_cap(fee)
    if state and _cap(lines, state.cents, "state_cap", "state limit", state.citation):
        reasons.add("STATE_CAP_APPLIED")
    own = _entity_cap(fee)
    if own is not None and _cap(lines, own, "entity_cap", "limit of this office", cite("FEE-8")):
        reasons.add("ENTITY_CAP_APPLIED")
    return reasons


def _state_cap(fee: FeeInput) -> StateCap | None:
    if fee.state_cap_cents is not None:
        return StateCap(fee.state_cap_cents, cite("FEE-14"))
    if fee.state is None:
        return None
    return state_cap(fee.state, fee.copy, fee.pages, fee.microfilm_pages, fee.facts)


def _entity_cap(fee: FeeInput) -> int | None:
    caps = [] if fee.entity_cap_cents is None else [fee.entity_cap_cents]
    flat_fits = fee.maintained == "electronic" and fee.copy == "electronic"
    if fee.policy == "cap_650" or (flat_fits and (fee.flat_is_cap or fee.policy == "flat_is_cap")):
        caps.append(fee.flat_limit_cents)
    return min(caps, default=None)


def _cap(lines: list[FeeLine], cap: int, kind: str, why: str, citation: Citation) -> bool:
    over = sum(line.cents for line in lines) - cap
    if over <= 0:
        return False
    lines.append(FeeLine(kind, why, -over, f"at most {fee_lines.dollars(cap)}", citation))
    return True


def _third_party(fee: FeeInput) -> FeeQuote:
    """Price a copy for a third party: the state's list, else the cost of preparing and sending (FEE-15)."""
    if fee.waived:
        return _free("ENTITY_WAIVER")
    schedule = fee.state_schedule or _known_schedule(fee)
    cites = (cite("FEE-15"), cite("TPD-3"))
    if schedule:
        text = f"state price list, {schedule.pages} pages"
        line = FeeLine("schedule", "state price list", schedule.total(), text, cite("FEE-15"))
        return _priced([line], set(), cites)
    if fee.method == "per_page" or not _has_cost_basis(fee):
        return _refused("NO_COST_BASIS")
    reasons = {"EXCLUDED_COSTS_DROPPED"} if fee.excluded else set()
    return _priced(_cost_lines(fee) + fee_lines.postage(fee), reasons, cites, fee_lines.dropped(fee))


def _known_schedule(fee: FeeInput) -> StateSchedule | None:
    if fee.state is None or fee.pages is None:
        return None
    return third_party_schedule(fee.state, fee.pages)


def _accounting(fee: FeeInput) -> FeeQuote:
    """Price an accounting of disclosures (45 CFR 164.528(c)(2)): the first in twelve months is free."""
    if not fee.chargeable:
        return _free("FIRST_ACCOUNTING_FREE")
    if fee.waived:
        return _free("ENTITY_WAIVER")
    if not fee.advance_notice_given:
        return _refused("NO_ADVANCE_NOTICE")
    if not _has_cost_basis(fee):
        return _refused("NO_COST_BASIS")
    reasons = {"EXCLUDED_COSTS_DROPPED"} if fee.excluded else set()
    lines = _cost_lines(fee) + fee_lines.postage(fee)
    return _priced(lines, reasons, (cite("FEE-19"),), fee_lines.dropped(fee))


def _free(reason: str) -> FeeQuote:
    return FeeQuote(True, 0, (), (reason,), (cite(REASON_RULES[reason]),))


def _refused(*reasons: str) -> FeeQuote:
    codes = tuple(sorted(reasons))
    return FeeQuote(False, None, (), codes, _unique([cite(REASON_RULES[code]) for code in codes]))


def _priced(
    lines: list[FeeLine], reasons: set[str], base: tuple[Citation, ...], dropped: tuple[FeeLine, ...] = ()
) -> FeeQuote:
    codes = tuple(sorted(reasons))
    why = [cite(REASON_RULES[code]) for code in codes]
    cites = _unique([*base, *(line.citation for line in lines), *why])
    return FeeQuote(True, sum(line.cents for line in lines), tuple(lines), codes, cites, dropped)


def _unique(citations: list[Citation]) -> tuple[Citation, ...]:
    return tuple(dict.fromkeys(citations))
