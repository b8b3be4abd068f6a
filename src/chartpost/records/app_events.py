"""Ledger entries of apps: in the app's name, and with the account's where a member of staff uses it."""

from chartpost.identity.types import Access, Actor
from chartpost.ledger.types import Event

_WHY = {"staff": "treatment", "app": "operations", "system": "operations"}


def event(access: Access, action: str, person_id: int | None, thing: str, /, **detail: str | int) -> Event:
    """An event of an app, acting for whoever let it."""
    actor = access.actor
    return Event(
        actor=f"app:{access.client_id}",
        actor_name=access.client_name if actor.kind != "staff" else f"{actor.name}, {access.client_name}",
        actor_kind="app" if actor.kind != "staff" else "staff",
        action=action,
        person_id=person_id,
        object=thing,
        why=_why(actor, person_id),
        where="fhir",
        detail=detail,
    )


def _why(actor: Actor, person_id: int | None) -> str:
    if actor.kind == "person":
        return "own access" if person_id in actor.own_persons else "representative access"
    return _WHY.get(actor.kind, "operations")
