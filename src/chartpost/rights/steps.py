"""Taking one step of the state table."""

from typing import Any

from django.db import transaction

from chartpost.identity.types import Actor
from chartpost.kernel import clock
from chartpost.rights import clocks, effects, guards, items, log, states
from chartpost.rights.errors import NotNow
from chartpost.rights.models import AccessRequest
from chartpost.rights.telling import tell

NOTICES = {
    "ask_info": "message",
    "extend": "letter",
    "quote_fee": "letter",
    "release": "package",
    "deny": "letter",
    "no_records": "letter",
    "redirect": "letter",
    "review_upheld": "letter",
    "review_granted": "letter",
}
"""Steps the person is told of by mail, with the kind of notice; a mail never says what is new."""


def transition(ref: str, name: str, actor: Actor, **facts: Any) -> AccessRequest:
    """Take one step of the state table; raises NotNow or GuardFailed and changes nothing then."""
    with transaction.atomic():
        request = locked(ref)
        step(request, name, actor, **facts)
        if name in NOTICES:
            tell(request, NOTICES[name])
    return request


def locked(ref: str) -> AccessRequest:
    """The request, locked until the caller's transaction ends."""
    return AccessRequest.objects.select_for_update().get(ref=ref)


def step(request: AccessRequest, name: str, actor: Actor, **facts: Any) -> None:
    """The step itself, inside the caller's transaction, on a locked row."""
    row = states.find(name, request.state)
    if row is None:
        possible = ", ".join(states.events_from(request.state)) or "none"
        raise NotNow(seen=f"{name} while {request.state}", expected=f"one of: {possible}", todo="Reload the request.")
    for guard in row.guards:
        guards.check(guard, name, request, facts, actor)
    before, after = request.state, _target(request, row)
    effects.apply(name, request, facts, actor)
    _enter(request, after)
    request.save()
    log.write(request, name, before, after, actor, str(facts.get("reason", "")), **_kept(facts))


def _target(request: AccessRequest, row: states.Transition) -> str:
    if row.target == states.SAME:
        return request.state
    if row.target == states.BACK:
        asked = request.steps.filter(to_state=request.state).exclude(from_state=request.state).order_by("-pk").first()
        return asked.from_state if asked else "received"
    if row.event == "review_upheld" and request.decision.get("outcome") == "partly granted" and items.held(request):
        return "delivered"  # what a state's hold keeps back follows when it ends
    return row.target


def _enter(request: AccessRequest, state: str) -> None:
    """Set the state and all that follows from it: the clock runs in open states and nowhere else."""
    request.state = state
    if state in states.OPEN:
        request.acted_on = None
    elif request.acted_on is None:
        request.acted_on = clocks.local_day(request)
    request.open = state in states.OPEN or state in states.WATCHED
    request.closed_at = clock.now() if state == "closed" else None


def _kept(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of a step as they are logged: short plain values; the reason has its own place."""
    plain = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in facts.items()}
    return {n: v for n, v in plain.items() if n != "reason" and isinstance(v, str | int | bool | None)}
