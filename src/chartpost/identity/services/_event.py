"""How this room's ledger entries and codes are made."""

import hashlib

from chartpost.identity.types import Actor
from chartpost.ledger.types import Event


def event(
    actor: Actor,
    action: str,
    person_id: int | None = None,
    object: str = "",
    why: str = "",
    where: str = "",
    **detail: str | int,
) -> Event:
    """An event with this actor's name on it."""
    return Event(
        actor=actor.label,
        actor_name=actor.name,
        actor_kind=actor.kind,
        action=action,
        person_id=person_id,
        object=object,
        why=why,
        where=where,
        detail=detail,
    )


def code_hash(code: str) -> str:
    """What is kept of a code: SHA-256 of it without separators, upper case."""
    return hashlib.sha256(code.replace("-", "").replace(" ", "").upper().encode()).hexdigest()
