"""Self sign-up: an account asks to be matched to a person, and staff settle it."""

from typing import Any

from django.db import transaction

from chartpost.identity import models
from chartpost.identity.errors import NotFound
from chartpost.identity.services._event import event
from chartpost.identity.services.accounts import link_own
from chartpost.identity.types import Actor
from chartpost.kernel import clock
from chartpost.ledger import services as ledger


@transaction.atomic
def ask_match(account: models.Account, fields: dict[str, Any], actor: Actor) -> None:
    """Ask the office to find the person behind a self sign-up; one open ask per account."""
    models.MatchRequest.objects.filter(account=account, state="waiting").delete()
    row = models.MatchRequest.objects.create(account=account, **fields)
    ledger.append(event(actor, "account.match_ask", None, f"match:{row.ref}"))


@transaction.atomic
def settle_match(ref: str, person_id: int | None, actor: Actor) -> None:
    """Match a self sign-up to a person, or refuse it (person_id None)."""
    row = models.MatchRequest.objects.select_for_update().filter(ref=ref, state="waiting").first()
    if row is None:
        raise NotFound(seen="a sign-up already settled", expected="one that waits", todo="Reload the inbox.")
    row.state = "matched" if person_id else "refused"
    row.person_id, row.settled_by_id, row.settled_at = person_id, actor.account_id, clock.now()
    row.save()
    ledger.append(event(actor, "account.match_settle", person_id, f"match:{row.ref}", state=row.state))
    if person_id:
        link_own(row.account, person_id, "matched_by_staff", actor)
