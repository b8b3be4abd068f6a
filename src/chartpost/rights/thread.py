"""Messages between a person and the office about a request, notes among staff, letters read."""

from django.db import transaction

from chartpost.identity.services import event
from chartpost.identity.types import Actor
from chartpost.kernel import clock
from chartpost.ledger import services as ledger
from chartpost.rights import log
from chartpost.rights.errors import Incomplete
from chartpost.rights.models import Letter, Message, Note
from chartpost.rights.steps import locked
from chartpost.rights.telling import tell

LONGEST = 10_000


@transaction.atomic
def write_message(ref: str, text: str, actor: Actor) -> Message:
    """Add a message to the thread of a request; raises Incomplete when it is empty or very long."""
    request = locked(ref)
    _check(text)
    from_office = actor.kind == "staff"
    assert actor.account_id is not None
    row = Message.objects.create(
        request=request, from_office=from_office, by_account=actor.account_id, by_name=actor.name, text=text.strip()
    )
    ledger.append(event(actor, "message.send", request.person_id, f"request:{request.ref}"))
    if from_office:
        tell(request, "message")
    return row


def _check(text: str) -> None:
    """Raise Incomplete for a text nobody can read, or that cannot be kept."""
    if not 0 < len(text.strip()) <= LONGEST:
        seen = "an empty message" if not text.strip() else f"{len(text)} characters"
        raise Incomplete("text", seen, f"1 to {LONGEST} characters", "Write your message, then send it.")
    if "\0" in text:
        raise Incomplete(
            "text", "a character without meaning (NUL)", "plain text", "Type the text again, then send it."
        )


@transaction.atomic
def read_messages(ref: str, actor: Actor) -> None:
    """Mark the other side's messages as read."""
    rows = Message.objects.filter(request__ref=ref, from_office=actor.kind != "staff", read_at=None)
    rows.update(read_at=clock.now())


@transaction.atomic
def write_note(ref: str, text: str, actor: Actor) -> None:
    """Add a note only staff see; an empty one is not kept. Raises Incomplete when it is very long."""
    request = locked(ref)
    if text.strip():
        _check(text)
        assert actor.account_id is not None
        Note.objects.create(request=request, by_account=actor.account_id, by_name=actor.name, text=text.strip())
        log.to_ledger(request, "note", actor, request.state)


def read_letter(ref: str) -> None:
    """Keep when a person first opened a letter."""
    Letter.objects.filter(ref=ref, read_at=None).update(read_at=clock.now())
