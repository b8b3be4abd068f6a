"""Shell tokens: what a program sends files with in the name of an account. Only the hash is kept."""

from datetime import timedelta

from django.db import transaction

from chartpost.identity import queries as identity
from chartpost.identity.types import Actor
from chartpost.kernel import clock
from chartpost.shares import ids, models, telling
from chartpost.shares.errors import Conflict, NotAllowed, NotThere

DAYS = 365
MOST = 20
PREFIX = "cps_"
"""So that scanners for leaked secrets know one when they see it."""


def make_token(actor: Actor, label: str = "", days: int = DAYS, where: str = "") -> str:
    """A new shell token of an account, shown once; raises NotAllowed, Conflict beyond 20."""
    if actor.account_id is None:
        raise NotAllowed(seen="nobody signed in", expected="an account", todo="Sign in first.")
    token, now = PREFIX + ids.new_secret(), clock.now()
    with transaction.atomic():
        if (
            models.ShellToken.objects.filter(account_id=actor.account_id, ended_at=None, expires_at__gt=now).count()
            >= MOST
        ):
            raise Conflict(
                seen=f"{MOST} tokens in use", expected="fewer", todo="End one you no longer use.", code="wrong_state"
            )
        row = models.ShellToken.objects.create(
            account_id=actor.account_id,
            label=label.strip()[:40],
            token_hash=ids.hashed(token),
            made_at=now,
            expires_at=now + timedelta(days=min(max(days, 1), DAYS)),
        )
        telling.note("share.token", None, actor, where, thing=f"token:{row.ref}")
    return token


def end_token(ref: str, actor: Actor, where: str = "") -> None:
    """End a shell token of an account; raises NotThere."""
    with transaction.atomic():
        rows = models.ShellToken.objects.filter(ref=ref, account_id=actor.account_id or 0)
        if not rows.exists():
            raise NotThere(seen="no such token", expected="one of this account", todo="Choose it from the list.")
        if rows.filter(ended_at=None).update(ended_at=clock.now()):
            telling.note("share.token_end", None, actor, where, thing=f"token:{ref}")


def end_tokens_of(account_id: int) -> None:
    """End every shell token of an account that was reset: who was in it may hold some."""
    models.ShellToken.objects.filter(account_id=account_id, ended_at=None).update(ended_at=clock.now())


def account_of_token(token: str) -> Actor:
    """Whom a shell token acts for; raises NotAllowed, also for staff who work here no more."""
    now = clock.now()
    row = models.ShellToken.objects.filter(token_hash=ids.hashed(token), ended_at=None, expires_at__gt=now).first()
    actor = identity.actor_by_id(row.account_id) if row else None
    if row is None or actor is None or (actor.kind == "staff" and not actor.roles):
        raise NotAllowed(
            seen="no shell token that is good",
            expected="Authorization: Bearer with a token of an account",
            todo="Make a token under My shares, then send it.",
        )
    if row.used_at is None or now - row.used_at > timedelta(hours=1):
        models.ShellToken.objects.filter(pk=row.pk).update(used_at=now)
    return actor
