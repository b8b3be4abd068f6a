"""The fee of a request: facts of the request and the office in, a quote of `law` out (45 CFR 164.524(c)(4))."""

from typing import Any

from chartpost.identity import queries as identity
from chartpost.law import fees as law
from chartpost.law.fee_types import FeeInput, FeeQuote, Supply
from chartpost.law.state_fees import free_when
from chartpost.rights.models import AccessRequest

FREE_CHANNELS = frozenset({"portal"})


def quote(request: AccessRequest, facts: dict[str, Any]) -> FeeQuote:
    """Work out the fee; `facts` may hold method, labor_minutes, pages, per_page_cents,
    postage_cents, supplies [(item, cents)], maintained, flat_cents, waived, free_when [first_copy, ssi_ssdi_appeal,
    public_benefit_appeal].

    What is opened in the portal is free; so is looking at the record at the office. The quote is worked out as one told
    in advance: the fee letter is that notice, and no fee stands on a request without it (rulebook FEE-11).
    """
    office = identity.office()
    assert office is not None
    facility = identity.facility(request.facility_id)
    method = str(facts.get("method") or office.fee_method)
    supplies = tuple(Supply(str(i), int(c), requested_by_individual=True) for i, c in facts.get("supplies", ()))
    return law.quote(
        FeeInput(
            copy=_copy(request, facts),
            method=method,
            advance_notice_given=True,
            labor_minutes=_whole(facts, "labor_minutes"),
            rate_cents_per_hour=office.labor_cents_per_hour,
            average_labor_cents=office.average_labor_cents,
            flat_cents=int(facts.get("flat_cents", office.flat_cents)),
            supplies=supplies,
            postage_cents=int(facts.get("postage_cents", 0)),
            mail_requested=request.delivery_channel in {"post", "media"},
            pages=_whole(facts, "pages"),
            per_page_cents=_whole(facts, "per_page_cents"),
            maintained=str(facts.get("maintained") or "electronic"),
            state=facility.state,
            facts=frozenset(str(f) for f in facts.get("free_when", ())),
            waived=bool(facts.get("waived", False)),
        )
    )


def keep(result: FeeQuote, facts: dict[str, Any]) -> dict[str, Any]:
    """What is stored of a quote: amounts, lines, reasons, rules and the facts it rests on."""
    return {
        "allowed": result.allowed,
        "total_cents": result.total_cents,
        "lines": [
            {
                "item": x.item,
                "kind": x.kind,
                "cents": x.cents,
                "how": x.calculation,
                "rule": x.citation.rule_id,
                "cite": x.citation.cite,
            }
            for x in result.lines
        ],
        "dropped": [{"item": x.item, "cents": x.cents, "rule": x.citation.rule_id} for x in result.dropped],
        "reasons": list(result.reasons),
        "rules": [[c.rule_id, c.cite] for c in result.citations],
        "facts": facts,
    }


def agreed_cents(request: AccessRequest) -> int:
    """What the person was told in advance and agreed to pay; 0 without both (rulebook FEE-11)."""
    fee = request.fee
    told = fee.get("told_at") and fee.get("accepted_at")
    return int(fee.get("total_cents") or 0) if told and not fee.get("waived") else 0


def charged(request: AccessRequest) -> dict[str, Any]:
    """The fee as it stands at release: what is charged, which may be nothing; nothing is added later."""
    return {**request.fee, "charged_cents": request.fee.get("charged_cents", agreed_cents(request))}


def settled(request: AccessRequest) -> bool:
    """Whether a fee was charged or paid: it stays what it was, whatever follows."""
    return bool(request.fee.get("charged_cents") or request.fee.get("payments"))


def free_facts(request: AccessRequest) -> tuple[str, ...]:
    """What would make the copy free by the law of the facility's state, as codes of `law.state_fees`."""
    return free_when(identity.facility(request.facility_id).state)


def unpaid(request: AccessRequest) -> int:
    """What is still to be paid of a charged fee, in cents."""
    paid = sum(int(p["cents"]) for p in request.fee.get("payments", ()))
    return int(request.fee.get("charged_cents") or 0) - paid


def _whole(facts: dict[str, Any], name: str) -> int | None:
    value = facts.get(name)
    return int(value) if value not in {None, ""} else None


def _copy(request: AccessRequest, facts: dict[str, Any]) -> str:
    """What the copy is by the fee rules; pages handed over on paper cost as paper, like pages in the mail."""
    if request.mode == "inspect":
        return "inspect"
    if request.delivery_channel in FREE_CHANNELS:
        return "portal"
    printed = bool(facts.get("pages")) or any(item == "paper" for item, _ in facts.get("supplies", ()))
    by_hand = request.delivery_channel == "hand_over" and printed
    return "paper" if request.delivery_channel == "post" or by_hand else "electronic"
