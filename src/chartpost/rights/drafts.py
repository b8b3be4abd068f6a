"""Answers of a request form not yet sent: kept for each account and person, and sent once."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from chartpost.identity.types import Actor
from chartpost.kernel import clock
from chartpost.rights import services
from chartpost.rights.errors import NotNow
from chartpost.rights.models import AccessRequest, Draft
from chartpost.rights.types import Ask


@dataclass(frozen=True)
class DraftView:
    """A draft: `ref` is also the idempotency key of the request it becomes."""

    ref: str
    person_id: int
    answers: dict[str, Any]


def of(account_id: int, person_id: int) -> DraftView | None:
    """The draft of an account for a person, if there is one."""
    row = Draft.objects.filter(account_id=account_id, person_id=person_id).first()
    return _view(row) if row else None


def started(account_id: int) -> list[DraftView]:
    """The drafts of an account that hold answers, newest first."""
    rows = Draft.objects.filter(account_id=account_id).exclude(answers={}).order_by("-updated_at")
    return [_view(row) for row in rows]


@transaction.atomic
def save(account_id: int, person_id: int, answers: dict[str, Any]) -> DraftView:
    """Add answers to the draft, made on first use; answers given before under other names stay."""
    row, _ = Draft.objects.select_for_update().get_or_create(account_id=account_id, person_id=person_id)
    row.answers = {**row.answers, **answers}
    row.updated_at = clock.now()
    row.save()
    return _view(row)


def discard(account_id: int, person_id: int) -> None:
    """Throw a draft away."""
    Draft.objects.filter(account_id=account_id, person_id=person_id).delete()


def sent(key: str, account_id: int) -> str:
    """The reference of the request an account made of a draft, or empty."""
    rows = AccessRequest.objects.filter(idempotency_key=key, requester_account_id=account_id)
    return (rows.values_list("ref", flat=True).first() or "") if key else ""


@transaction.atomic
def send(ask: Ask, actor: Actor) -> AccessRequest:
    """Make the draft named by `ask.key` a request and drop it. The same key twice gives the same request.

    Raises Incomplete as `services.submit` does, and NotNow for a key that is nobody's draft.
    """
    account_id = actor.account_id or 0
    row = Draft.objects.select_for_update().filter(ref=ask.key, account_id=account_id).first()
    known = sent(ask.key, account_id)
    if row is None and not known:
        raise NotNow(seen="answers that are gone", expected="a form in progress", todo="Start the form again.")
    request = AccessRequest.objects.get(ref=known) if known else services.submit(ask, actor)
    if row is not None:
        row.delete()
    return request


def _view(row: Draft) -> DraftView:
    return DraftView(row.ref, row.person_id, dict(row.answers))
