"""Invitations: one-time codes that tie an account to a person, a representation or staff roles."""

from datetime import date, timedelta
from typing import Any

from django.db import transaction

from chartpost.identity import models
from chartpost.identity.errors import InvitationRefused
from chartpost.identity.services._event import code_hash, event
from chartpost.identity.services.accounts import give_role, link_own, represent
from chartpost.identity.services.persons import follow_merges
from chartpost.identity.types import Actor
from chartpost.kernel import clock
from chartpost.kernel.ids import new_code
from chartpost.ledger import services as ledger

INVITATION_DAYS = 30


@transaction.atomic
def invite(kind: str, actor: Actor, person_id: int | None = None, **terms: Any) -> str:
    """Make a one-time code; `kind`: self, caregiver, representative (terms: basis, ends_on) or staff (terms: roles).

    With the term `email` only the account of that address can use the code.
    """
    code = new_code(groups=4, length=4)
    row = models.Invitation.objects.create(
        code_hash=code_hash(code),
        kind=kind,
        person_id=person_id,
        terms={k: v.isoformat() if isinstance(v, date) else v for k, v in terms.items()},
        created_by_id=actor.account_id,
        expires_at=clock.now() + timedelta(days=INVITATION_DAYS),
    )
    ledger.append(event(actor, "invitation.make", person_id, f"invitation:{row.ref}", kind=kind))
    return code


@transaction.atomic
def accept_invitation(code: str, account: models.Account, actor: Actor) -> str:
    """Use a code for a signed-in account; returns its kind. Raises InvitationRefused."""
    row = models.Invitation.objects.select_for_update().filter(code_hash=code_hash(code)).first()
    if row is None or row.used_at is not None or row.expires_at < clock.now() or not _meant_for(row, account):
        raise InvitationRefused(
            seen="a code that is not known, was used, or is too old",
            expected="the newest code from the records office",
            todo="Check each letter, or ask the office for a new code.",
        )
    row.used_at, row.used_by = clock.now(), account
    row.save(update_fields=["used_at", "used_by"])
    ledger.append(event(actor, "invitation.use", row.person_id, f"invitation:{row.ref}", kind=row.kind))
    _apply(row, account, actor)
    return row.kind


def _meant_for(row: models.Invitation, account: models.Account) -> bool:
    return str(row.terms.get("email", account.email)).casefold() == account.email.casefold()


def _apply(row: models.Invitation, account: models.Account, actor: Actor) -> None:
    if row.kind == "staff":
        account.is_staff_account = True
        account.save(update_fields=["is_staff_account"])
        for role in row.terms.get("roles", ()):
            give_role(account, role, actor)
        return
    assert row.person_id is not None
    if row.kind == "self":
        made = link_own(account, row.person_id, "invitation_code", actor)
        if made is not None:
            follow_merges(made, "own_links")
    else:
        terms = {name: value for name, value in row.terms.items() if name != "email"}
        basis = terms.pop("basis", "caregiver")
        if terms.get("ends_on"):
            terms["ends_on"] = date.fromisoformat(terms["ends_on"])
        represent(account, row.person_id, basis, actor, **terms)
