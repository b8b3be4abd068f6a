"""The two logs of a request: its own steps, and the ledger."""

from typing import Any

from chartpost.identity.services import event
from chartpost.identity.types import Actor
from chartpost.ledger import services as ledger
from chartpost.rights.models import AccessRequest, Note, Step

LEDGER_WORDS = {
    "tie_person": "request.edit",
    "way_changed": "request.edit",
    "authority_checked": "request.verify",
    "fee_quoted": "request.work",
    "charge_paid": "request.work",
    "ground_chosen": "request.decide",
    "item_decided": "request.item",
    "assigned": "request.assign",
    "note": "request.note",
}
"""Steps whose action in the ledger has another name than `request.<step>`."""


def write(
    request: AccessRequest, name: str, before: str, after: str, actor: Actor, reason: str = "", **facts: Any
) -> None:
    """Log one step in the caller's transaction: a `Step` row and a ledger entry."""
    Step.objects.create(
        request=request,
        event=name,
        from_state=before,
        to_state=after,
        by_account=actor.account_id,
        by_name=actor.name or "Chartpost",
        reason=reason[:500],
        facts=facts,
    )
    to_ledger(request, name, actor, after)


def here(request: AccessRequest, name: str, actor: Actor, reason: str = "", **facts: Any) -> None:
    """Log work that leaves the state as it is."""
    write(request, name, request.state, request.state, actor, reason, **facts)


def to_ledger(request: AccessRequest, name: str, actor: Actor, state: str) -> None:
    """Write the ledger's entry of a step."""
    if name == "received":
        action = "request.submit" if request.channel == "portal" else "request.intake"
    else:
        action = LEDGER_WORDS.get(name, f"request.{name}")
    about = f"request:{request.ref}"
    ledger.append(event(actor, action, request.person_id, about, request.number, state=state, step=name))


def note(request: AccessRequest, text: str) -> None:
    """Leave staff a note from the program itself."""
    Note.objects.create(request=request, by_account=None, by_name="Chartpost", text=text)
