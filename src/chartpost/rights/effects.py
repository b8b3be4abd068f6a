"""What a step of the state table changes on its request, besides the state."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from chartpost.delivery import services as delivery
from chartpost.identity import queries as identity
from chartpost.identity.types import Actor
from chartpost.kernel import clock
from chartpost.law.timers import timer
from chartpost.rights import clocks, fees, items, letters, said
from chartpost.rights.models import AccessRequest

Facts = dict[str, Any]
Effect = Callable[[AccessRequest, Facts, Actor], None]


def apply(name: str, request: AccessRequest, facts: Facts, actor: Actor) -> None:
    """Make the changes of a step on a locked row; the caller stores it."""
    effect = EFFECTS.get(name)
    if effect:
        effect(request, facts, actor)


def _extend(request: AccessRequest, facts: Facts, actor: Actor) -> None:
    promised: date = facts["promised"]
    request.extension = {
        "sent_on": clocks.local_day(request).isoformat(),
        "reason": facts["reason"],
        "promised": promised.isoformat(),
        "by": actor.account_id,
    }
    request.due_on = promised
    request.warn_on = clocks.next_warning(request.received_on, request.due_on, clocks.local_day(request))
    _send(request, actor, ("extension",))


def _release(request: AccessRequest, _: Facts, actor: Actor) -> None:
    _decided(request, "partly granted" if items.denied(request) else "granted", actor)
    recipient = {"name": request.requester_name, **request.delivery_address}
    zone = identity.facility(request.facility_id).zone
    request.delivery_ref = delivery.deliver(request.package_ref, request.delivery_channel, recipient, actor, zone=zone)
    request.fee = fees.charged(request)
    _send(request, actor, said.with_copies(request))


def _deny(request: AccessRequest, _: Facts, actor: Actor) -> None:
    _decided(request, "refused", actor)
    _send(request, actor, ("denial",))


def _decided(request: AccessRequest, outcome: str, actor: Actor) -> None:
    at = clock.now().isoformat()
    request.decision = {**request.decision, "outcome": outcome, "decided_by": actor.account_id, "decided_at": at}


def _sender(*kinds: str) -> Effect:
    return lambda request, _, actor: _send(request, actor, kinds)


def _send(request: AccessRequest, actor: Actor, kinds: Iterable[str]) -> None:
    """Mark the letters of a step, and an acknowledgement still waiting, as sent."""
    waiting = request.letters.filter(sent_at=None, kind__in=[*kinds, "acknowledgement"])
    for row in waiting:
        letters.mark_sent(row, request, actor)


def _tell_fee(request: AccessRequest, _: Facts, actor: Actor) -> None:
    request.fee = {**request.fee, "told_at": clock.now().isoformat()}
    _send(request, actor, ("fee_estimate",))


def _accept_fee(request: AccessRequest, _: Facts, actor: Actor) -> None:
    request.fee = {**request.fee, "accepted_at": clock.now().isoformat(), "accepted_by": actor.account_id}


def _decline_fee(request: AccessRequest, _: Facts, __: Actor) -> None:
    """The person takes the free way instead: the portal (rulebook FEE-10)."""
    kept = {**request.fee, "declined_at": clock.now().isoformat(), "total_cents": 0}
    request.fee = kept
    request.delivery_channel = "portal"
    request.delivery_address = {}


def _waive_fee(request: AccessRequest, _: Facts, actor: Actor) -> None:
    request.fee = {**request.fee, "waived": True, "waived_by": actor.account_id, "total_cents": 0}


def _ask_denial_review(request: AccessRequest, facts: Facts, _: Actor) -> None:
    request.review = {"asked_on": clocks.local_day(request).isoformat(), "reason": str(facts.get("reason", ""))}


def _review_upheld(request: AccessRequest, facts: Facts, actor: Actor) -> None:
    _reviewed(request, "upheld", facts, actor)


def _review_granted(request: AccessRequest, facts: Facts, actor: Actor) -> None:
    """The office must follow the reviewer: what was refused on a ground of harm goes out (45 CFR 164.524(d)(4))."""
    _reviewed(request, "granted", facts, actor)
    items.overturn(request, actor)
    kept = {
        "reviewed_ground": request.decision.get("ground", ""),
        "first_decided_by": request.decision.get("decided_by"),
    }
    request.decision = kept
    request.package_ref = ""
    today = clocks.local_day(request)
    request.due_on = max(request.due_on, timer("review.notify").due(today))
    request.warn_on = None


def _reviewed(request: AccessRequest, outcome: str, facts: Facts, actor: Actor) -> None:
    reason = str(facts.get("reason", "")).strip()
    request.review = {
        **request.review,
        "outcome": outcome,
        "by": actor.account_id,
        "by_name": actor.name,
        "outcome_reason": reason,
        "decided_on": clocks.local_day(request).isoformat(),
        "decided_at": clock.now().isoformat(),
    }
    request.save()
    row = letters.make(request.ref, "review_outcome", request.language, actor, outcome=outcome, reason=reason)
    letters.mark_sent(row, request, actor)


def _delivery_failed(request: AccessRequest, _: Facts, __: Actor) -> None:
    if request.delivery_ref:
        delivery.close(request.delivery_ref)


def _stop(request: AccessRequest, _: Facts, __: Actor) -> None:
    """Copies of a request that is over and that never left the house stay here."""
    if request.delivery_ref:
        delivery.stop(request.delivery_ref)


def _send_more(request: AccessRequest, _: Facts, __: Actor) -> None:
    request.package_ref = ""


def _withdraw(request: AccessRequest, facts: Facts, actor: Actor) -> None:
    """A withdrawal the person tells staff is logged with how they said it."""
    _stop(request, facts, actor)
    how = str(facts.get("how") or ("portal" if actor.kind == "person" else "told staff"))
    request.decision = {**request.decision, "withdrawn_by": actor.account_id, "withdrawn_how": how}


EFFECTS: dict[str, Effect] = {
    "ask_info": _sender("more_information"),
    "extend": _extend,
    "release": _release,
    "deny": _deny,
    "no_records": _sender("not_held"),
    "redirect": _sender("redirect"),
    "quote_fee": _tell_fee,
    "accept_fee": _accept_fee,
    "decline_fee": _decline_fee,
    "waive_fee": _waive_fee,
    "ask_denial_review": _ask_denial_review,
    "review_upheld": _review_upheld,
    "review_granted": _review_granted,
    "delivery_failed": _delivery_failed,
    "send_more": _send_more,
    "withdraw": _withdraw,
    "close": _stop,
}
